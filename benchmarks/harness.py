"""What the benchmarks share: the machine in a line, CPU of process trees, quantiles, tables, servers, a shop."""

import contextlib
import http.client
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parent.parent


def machine() -> str:
    """One line about where the figures come from."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Python {platform.python_version()}, load {load:.1f}"
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(work: Callable[[], object]) -> float:
    """The seconds that some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a Markdown table."""
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(flush=True)


def tree(root: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of a process tree, ended children included."""
    total = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def postgres_pid() -> int:
    """The postmaster of the stack at hand."""
    data = Path(os.environ["DATA_DIR"])
    return int(next(data.rglob("postmaster.pid")).read_text().splitlines()[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(*command: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of the product's processes, ended afterwards."""
    running = subprocess.Popen(
        [sys.executable, *command], env={**os.environ, **env}, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()


@contextlib.contextmanager
def web(kind: str = "gunicorn", **env: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A web server: ``gunicorn`` threads as in production, or ``uvicorn`` as in the one-command default."""
    port = free_port()
    commands = {
        "gunicorn": [
            "-m",
            "gunicorn",
            "retail_saas.wsgi:application",
            "-k",
            "gthread",
            "--threads",
            "8",
            "-b",
            f"127.0.0.1:{port}",
            "--no-control-socket",
            "--log-level",
            "warning",
        ],
        "uvicorn": [
            "-m",
            "uvicorn",
            "retail_saas.asgi:application",
            "--port",
            str(port),
            "--lifespan",
            "off",
            "--ws",
            "wsproto",
            "--ws-per-message-deflate",
            "false",
            "--no-access-log",
            "--log-level",
            "warning",
        ],
    }
    with process(*commands[kind], PROCESS_ROLE="web", **env) as running:
        wait_for_web(port)
        yield port, running


def wait_for_web(port: int, seconds: float = 90, path: str = "/livez", host: str = "localhost") -> float:
    """Wait until the server answers 200 to an address; returns how long it took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with contextlib.suppress(OSError):
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            link.request("GET", path, headers={"Host": host})
            if link.getresponse().status == 200:
                return time.monotonic() - began
        time.sleep(0.02)
    raise TimeoutError(f"no answer on port {port}")


class Works:
    """Pieces of work in this process, each with its seconds and the CPU of Python and PostgreSQL, beside a bar."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []

    def measure(self, name: str, work: Callable[[], object], *, rounds: int = 3, bar: float | None = None) -> None:
        """Do it ``rounds`` times; ``bar`` in seconds, missed if the quickest round misses it."""
        seconds, cpu = [], []
        for _ in range(rounds):
            before = time.process_time() + cpu_seconds(postgres_pid())
            seconds.append(timed(work))
            cpu.append(time.process_time() + cpu_seconds(postgres_pid()) - before)
        told = "-" if bar is None else f"{bar:g}" + " missed" * (min(seconds) > bar)
        self.rows.append([name, spread(seconds, 2), spread(cpu, 2), told])
        print(f"{name}: {', '.join(self.rows[-1][1:])}", flush=True)

    def tell(self) -> None:
        """The table of all of it, and how busy the machine is with other things."""
        print()
        table(["what", "seconds", "CPU seconds, Python + PostgreSQL", "bar, seconds"], self.rows)
        print(f"Medians with the range; a bar is missed where the quickest round misses it. {machine()}")


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median with the range of all runs."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
