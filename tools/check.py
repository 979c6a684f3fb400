"""The checks and tests behind `make test`, `make lint`, `make check` and `make test-js`, with one verdict at the end.

Run by `python -m retail_saas.supervisor test -- …`, which gives the databases. What cannot run says why in the last
lines, and the run fails.
"""

# ruff: noqa: S603, T201 - it runs the checkers and talks to a person

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import bootstrap

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Command = list[str | Path]

LINT: dict[str, Command] = {
    "style": [BIN / "ruff", "check", "--quiet", "."],
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "imports": [BIN / "lint-imports", "--no-logo"],
    "templates": [BIN / "djlint", "--lint", "--quiet", "templates"],
    "types": [BIN / "mypy", "."],
}
SYSTEM: dict[str, Command] = {
    "system checks": [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
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
    """The Python tests, without those that need a browser when there is none."""
    return {"Python tests": [BIN / "pytest", *([] if browser else ["-m", "not browser"]), *arguments]}


def main(kind: str, arguments: list[str]) -> int:
    """Run the steps of ``kind``; returns 0 when every one ran and passed."""
    browser, missing = chromium(), []
    if kind in ("all", "python") and not browser:
        missing.append(
            "the browser tests: no Chromium was found; install it (Debian: apt-get install chromium) or set CHROMIUM"
        )
    steps = {
        "lint": LINT,
        "system": SYSTEM,
        "js": javascript(),
        "python": python(arguments, browser),
    }
    chosen = [kind] if kind in steps else ["python"] if arguments else list(steps)
    env = {**os.environ, "CHROMIUM": browser or ""}
    verdicts, failed = [], False
    for name, command in [item for key in chosen for item in steps[key].items()]:
        print(f"— {name}", flush=True)
        began = time.monotonic()
        code = subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=False).returncode
        failed = failed or code != 0
        verdicts.append(f"{'ok    ' if code == 0 else 'FAILED'}  {name}, {time.monotonic() - began:.0f} s")
    print("\n".join(["", *verdicts, *(f"NOT RUN {what}." for what in missing)]), flush=True)
    return int(failed or bool(missing))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except bootstrap.SetupError as problem:
        sys.exit(str(problem))
