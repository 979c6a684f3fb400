"""Programs on Node that we measure with; among them Socket.IO with its Redis adapter, the reference of our sockets."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from benchmarks.harness import free_port, wait_for_web


def install(name: str) -> Path | None:
    """The folder with a program of ``benchmarks/`` on Node and its packages, below the data folder.

    None where there is no Node, or no registry answers. A repeat installs only what changed.
    """
    if not shutil.which("node") or not shutil.which("npm"):
        return None
    source, folder = Path(__file__).parent / name, Path(os.environ["DATA_DIR"]) / name
    folder.mkdir(exist_ok=True)
    lock = (source / "package-lock.json").read_text()
    done = folder / "installed.lock"
    for file in source.iterdir():
        shutil.copy(file, folder / file.name)
    if not done.exists() or done.read_text() != lock:
        made = subprocess.run(["npm", "ci", "--no-progress"], cwd=folder, capture_output=True, check=False, timeout=300)
        if made.returncode:
            print(f"{name} could not be installed:", made.stderr.decode()[-300:])
            return None
        done.write_text(lock)
    return folder


@contextlib.contextmanager
def socket_io(folder: Path, redis_url: str) -> Iterator[tuple[int, subprocess.Popen[bytes], IO[bytes]]]:
    """The port and the process of a server, and where lines are written that are told to all its sockets."""
    port, environment = free_port(), {**os.environ, "REDIS_URL": redis_url}
    server = subprocess.Popen(["node", "server.mjs", "serve", str(port)], cwd=folder, env=environment)
    teller = subprocess.Popen(["node", "server.mjs", "tell"], cwd=folder, env=environment, stdin=subprocess.PIPE)
    assert teller.stdin is not None
    try:
        wait_for_web(port, path="/")
        yield port, server, teller.stdin
    finally:
        teller.stdin.close()
        for process in (teller, server):
            process.terminate()
            process.wait(10)


def line(payload: dict[str, object]) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode() + b"\n"
