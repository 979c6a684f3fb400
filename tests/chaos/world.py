"""The processes of one run: started, killed and started again by name, all from the main thread."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

from retail_saas.data_folder import CHECKOUT
from retail_saas.embedded import Stack
from retail_saas.processes import finish, signal_group, spawn, wait_for

DATABASES = ("PostgreSQL", "Valkey")
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "web": (
        *("-m", "uvicorn", "retail_saas.asgi:application", "--host", "127.0.0.1", "--port", "{port}"),
        *("--lifespan", "off", "--ws", "wsproto", "--ws-per-message-deflate", "false", "--no-access-log"),
    ),
    "relay 1": ("manage.py", "relay"),
    "relay 2": ("manage.py", "relay"),
    "worker": (
        *("-m", "tests.chaos.worker", "--quiet", "-A", "retail_saas", "worker", "-c", "2"),
        *("--without-gossip", "--without-mingle", "-l", "WARNING", "-Q", "fast,slow,webhooks"),
    ),
    "scheduler": ("-m", "celery", "--quiet", "-A", "retail_saas", "beat", "-l", "WARNING", "-s", "{home}/beat"),
}
MORTAL = ("web", "PostgreSQL", "worker", "relay 1", "Valkey", "relay 2", "scheduler")
"""Whom a run kills, those first that a short one has time for."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class World:
    """PostgreSQL and Valkey of the run's own, as durable as a shop's, and the product's processes on them."""

    def __init__(self, home: Path, port: int, settings: str = "tests.chaos.settings") -> None:
        self.home, self.port, self.settings = home, port, settings
        self.stack = Stack(home)
        self.programs: dict[str, subprocess.Popen[bytes]] = {}
        self.environment: dict[str, str] = {}
        self.log: IO[bytes] = tempfile.TemporaryFile()

    def start_databases(self) -> dict[str, str]:
        """Bring both up; the environment that everything which works on them needs."""
        found = self.stack.start()
        mine = {"DATA_DIR": str(self.home), "PORT": str(self.port), "DJANGO_SETTINGS_MODULE": self.settings}
        self.environment = {**os.environ, **found, **mine}
        return self.environment

    def start(self, *names: str) -> None:
        """Start programs, or databases again; returns when the web server answers, if it is among them."""
        for name in names:
            if name in DATABASES:
                self.stack.restart(name)
                continue
            words = (part.format(port=self.port, home=self.home) for part in PROGRAMS[name])
            role = "relay" if name.startswith("relay") else name
            self.programs[name] = spawn(
                [sys.executable, *words],
                env={**self.environment, "PROCESS_ROLE": role},
                cwd=CHECKOUT,
                output=self.log,
                death_signal=signal.SIGKILL,
            )
        if "web" in names and not wait_for(self._answers, seconds=60):
            raise RuntimeError("the web server does not answer")

    def kill(self, name: str) -> None:
        """As `kill -9`, with everything it started; returns when it is gone."""
        if name in DATABASES:
            process = self.stack.servers[name].process
            assert process is not None
            process.kill()  # PostgreSQL's children notice by themselves, as after a real crash
        else:
            process = self.programs.pop(name)
            signal_group(process, signal.SIGKILL)
        process.wait()

    def dead(self) -> list[str]:
        """What ended without being told to."""
        return [name for name, process in self.programs.items() if process.poll() is not None]

    def stop(self) -> None:
        """End everything in order."""
        for process in self.programs.values():
            finish(process, signal.SIGTERM, within=3, last=signal.SIGKILL)
        self.stack.stop()

    def said(self, last: int = 4000) -> str:
        """The end of what the programs wrote."""
        self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, self.log.tell() - last))
        return self.log.read().decode(errors="replace")

    def _answers(self) -> bool:
        try:
            http = HTTPConnection("127.0.0.1", self.port, timeout=5)
            http.request("GET", "/livez", headers={"Host": "localhost"})
            return http.getresponse().status == 200
        except OSError:
            return False
