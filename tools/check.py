"""The checks and tests behind `make test`, `make lint`, `make check` and `make test-js`, with one verdict at the end.

Run by `python -m retail_saas.supervisor test -- …`, which gives the databases. What cannot run says why in the last
lines, and the run fails. Two checks run beside each other. What one says stands together; the Python tests, which take
the longest and talk while they run, are last.
"""

# ruff: noqa: S603, T201 - it runs the checkers and talks to a person

import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import bootstrap

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

MOST_WORKERS = 4
"""Tests beside each other; a Redis has room for five (`retail_saas.settings.test`)."""
PYTHON_TESTS = "Python tests"

Command = list[str | Path]

# The types take longest, so they begin first; they take less of the processor than tests that wait for an answer.
LINT: dict[str, Command] = {
    "types": [*(["nice"] if shutil.which("nice") else []), BIN / "mypy", "."],
    "style": [BIN / "ruff", "check", "--quiet", "."],
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "imports": [BIN / "lint-imports", "--no-logo"],
    "templates": [BIN / "djlint", "--lint", "--quiet", "templates"],
}
SYSTEM: dict[str, Command] = {
    "system checks": [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
    "event types": [sys.executable, "manage.py", "event_types"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
}


def chromium() -> str | None:
    """The browser for the browser tests: what ``CHROMIUM`` says, else the first known name on the path."""
    return next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *CHROMIUM_NAMES))), None)


def javascript() -> dict[str, Command]:
    """The JavaScript tests; files are named because Node's versions differ in what a folder means."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "js").rglob("*.test.js"))
    return {"JavaScript tests": [*bootstrap.node()[0], "--test", *files]}


def python(arguments: list[str], browser: str | None) -> dict[str, Command]:
    """The Python tests, without those that need a browser when there is none; all of them on several processors."""
    workers = min((os.cpu_count() or 1) + 1, MOST_WORKERS)  # one more than processors: tests wait for processes
    beside = [] if arguments else ["-n", str(workers), "--durations=40"]
    return {PYTHON_TESTS: [BIN / "pytest", *([] if browser else ["-m", "not browser"]), *beside, *arguments]}


@dataclass
class Run:
    """One run of several steps: their verdicts, and who may talk."""

    env: dict[str, str]
    verdicts: list[str] = field(default_factory=list)
    failed: bool = False
    _talking: threading.Lock = field(default_factory=threading.Lock)

    def step(self, name: str, command: Command) -> None:
        """Run one step to its end; whatever it said is printed in one piece, as soon as nobody else talks."""
        began = time.monotonic()
        words = [str(part) for part in command]
        if name == PYTHON_TESTS:
            with self._talking:
                print(f"— {name}", flush=True)
                code = subprocess.run(words, cwd=ROOT, env=self.env, check=False).returncode
        else:
            done = subprocess.run(
                words, cwd=ROOT, env=self.env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            code = done.returncode
            with self._talking:
                print(f"— {name}\n{done.stdout}", end="", flush=True)
        self.failed = self.failed or code != 0
        self.verdicts.append(f"{'ok    ' if code == 0 else 'FAILED'}  {name}, {time.monotonic() - began:.0f} s")


def main(kind: str, arguments: list[str]) -> int:
    """Run the steps of ``kind``; returns 0 when every one ran and passed."""
    browser, missing = chromium(), []
    if kind in ("all", "python") and not browser:
        missing.append(
            "the browser tests: no Chromium was found; install one (Debian: apt-get install chromium-headless-shell)"
            " or set CHROMIUM"
        )
    steps = {
        "lint": LINT,
        "system": SYSTEM,
        "js": javascript(),
        "python": python(arguments, browser),
    }
    chosen = [kind] if kind in steps else ["python"] if arguments else list(steps)
    run = Run({**os.environ, "CHROMIUM": browser or ""})
    with ThreadPoolExecutor(2) as lanes:
        begun = [lanes.submit(run.step, *step) for key in chosen for step in steps[key].items()]
        try:
            for each in begun:
                each.result()
        except BaseException:  # Ctrl-C: the terminal has told those that run; the others do not begin
            lanes.shutdown(wait=False, cancel_futures=True)
            raise
    print("\n".join(["", *run.verdicts, *(f"NOT RUN {what}." for what in missing)]), flush=True)
    return int(run.failed or bool(missing))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except bootstrap.SetupError as problem:
        sys.exit(str(problem))
