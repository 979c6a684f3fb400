"""From the command to the first answer: a warm start of the whole product on its own data folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import ROOT, free_port, spread, table, wait_for_web

RUNS = 4


def main() -> None:
    """The first run makes databases and the demo shop; the others find them."""
    folder = Path(tempfile.mkdtemp(prefix="retail-start-"))
    seconds = []
    try:
        for _ in range(RUNS):
            port = free_port()
            kept = {
                k: v
                for k, v in os.environ.items()
                if k not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS")
            }
            began = time.monotonic()
            running = subprocess.Popen(
                [sys.executable, "-m", "retail_saas.supervisor", "run"],
                env={**kept, "DATA_DIR": str(folder), "PORT": str(port)},
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
            )
            try:
                wait_for_web(port, seconds=120, path="/login/", host="demo.localhost")
                seconds.append(time.monotonic() - began)
            finally:
                running.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table(
        ["start", "to the first page of the demo shop, s"],
        [
            ["first: databases, migrations, demo shop", f"{seconds[0]:.1f}"],
            [f"warm, {RUNS - 1} runs", spread(seconds[1:])],
        ],
    )


if __name__ == "__main__":
    main()
