"""`python -m benchmarks [name …]`: start databases of their own, run the benchmarks one after the other, print tables.

Words after a colon choose parts of one: ``fanout:fan,500``.
"""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.harness import machine
from retail_saas.embedded import Stack, home

NAMES = (
    "startup",
    "checkout",
    "fanout",
    "lateness",
    "webhooks",
    "pushes",
    "imports",
    "reports",
    "bigshop",
    "lookups",
    "past",
    "bulk",
    "onesku",
    "catalogue",
    "camera",
    "stills",
    "offline",
    "pages",
)


def main(chosen: list[str]) -> int:
    """Run the named benchmarks, all by default; answers the number of those that failed."""
    unknown = {word.partition(":")[0] for word in chosen} - set(NAMES)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
        return 2
    print(machine(), flush=True)
    folder = home() / "bench"
    stack = Stack(folder)
    environment = {**os.environ, **stack.start(), "DATA_DIR": str(folder)}
    environment["DJANGO_SETTINGS_MODULE"] = "retail_saas.settings.dev"
    failed = 0
    try:
        subprocess.run(
            [sys.executable, "manage.py", "prepare", "--no-demo"],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], env=environment, check=True)
        for name, _, parts in (word.partition(":") for word in chosen or NAMES):
            print(f"\n## {name}\n", flush=True)
            failed += (
                subprocess.run(
                    [sys.executable, "-m", f"benchmarks.{name}", *filter(None, parts.split(","))],
                    env=environment,
                    check=False,
                    cwd=Path(__file__).parent.parent,
                ).returncode
                != 0
            )
    finally:
        stack.stop()
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
