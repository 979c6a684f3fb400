"""The processes of the product, and how one is started, listened to and ended."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from retail_saas.data_folder import CHECKOUT
from retail_saas.processes import finish, spawn

PYTHON = sys.executable
LOG_BYTES = 5_000_000  # a log larger than this is set aside when its process starts
_LOUD = re.compile(r"\b(WARNING|ERROR|CRITICAL|FATAL|Traceback)\b")


@dataclass(frozen=True, slots=True)
class Service:
    """A command of the product. ``ends_by`` is how many seconds into the stop it may still be working."""

    name: str
    command: tuple[str, ...]
    ends_by: float = 1.0


@dataclass(frozen=True, slots=True)
class Product:
    """What a start runs: two steps that end by themselves, then the processes, named in the order they are ended."""

    prepare: Service
    static: Service
    services: tuple[Service, ...]


# Compression per socket would undo "bytes are made once"; clients only ever send a few words.
SOCKETS = "--ws-per-message-deflate false --ws-max-size 65536"


def product(home: Path, port: int) -> Product:
    """The product itself on one data folder."""
    manage = (PYTHON, "manage.py")
    schedule = home / "celerybeat-schedule"
    web = f"uvicorn retail_saas.asgi:application --host 127.0.0.1 --port {port} --workers 1 --lifespan off --ws wsproto"
    worker = (
        "celery --quiet -A retail_saas worker -c 2 --without-gossip --without-mingle -l WARNING -Q fast,slow,webhooks"
    )
    return Product(
        prepare=Service("prepare", (*manage, "prepare")),
        static=Service("static", (*manage, "collectstatic", "--noinput", "-v0")),
        services=(
            Service("web", _module(f"{web} {SOCKETS} --no-access-log --timeout-graceful-shutdown 5"), ends_by=5.0),
            Service(
                "scheduler", (*_module("celery --quiet -A retail_saas beat -l WARNING -s"), str(schedule)), ends_by=5.5
            ),
            Service("relay", (*manage, "relay"), ends_by=6.5),
            Service("worker", _module(worker), ends_by=8.0),
        ),
    )


def _module(words: str) -> tuple[str, ...]:
    return (PYTHON, "-m", *words.split())


@dataclass(frozen=True, slots=True)
class Ended:
    """A process is gone; reported once per process."""

    name: str
    process: subprocess.Popen[bytes]


class Child:
    """One process of a service: its lines go to a log, and to the person when they say that something is wrong."""

    def __init__(self, service: Service, log: Path, say: Callable[[str], None], talkative: bool = False) -> None:
        self.service, self.log = service, log
        self.tail: deque[str] = deque(maxlen=100)
        self._say, self._talkative = say, talkative
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, env: Mapping[str, str], lock: IO[str] | None, report: Callable[[Ended], None]) -> None:
        """Start the process; ``report`` is called from another thread when it has ended."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        self.process = spawn(
            self.service.command,
            env={**env, "PROCESS_ROLE": self._role(), "PYTHONUNBUFFERED": "1"},
            cwd=CHECKOUT,
            output=subprocess.PIPE,
            # Nothing of ours loses work when killed, and a Celery without its broker would ignore a gentler signal.
            death_signal=signal.SIGKILL,
            hold=lock,
        )
        listener = threading.Thread(target=self._listen, args=(self.process,), daemon=True)
        listener.start()
        threading.Thread(target=self._watch, args=(self.process, listener, report), daemon=True).start()

    def stop(self, within: float) -> None:
        """Ask it to end; kill it, and whatever it started, after ``within`` seconds."""
        if self.process:
            finish(self.process, signal.SIGTERM, within=within, last=signal.SIGKILL)

    def _role(self) -> str:
        return self.service.name if self.service.name in ("web", "worker", "scheduler", "relay") else "manage"

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        inside_trace = False
        with self.log.open("ab", buffering=0) as log:
            for raw in process.stdout:
                with suppress(OSError):  # a full disk must not stop us from listening: the process would block
                    log.write(raw)
                line = raw.decode(errors="replace").rstrip()
                self.tail.append(line)
                shown = line if (self._talkative and line[:1] != "{") or inside_trace else worth_showing(line)
                # A traceback is indented but for its last line, which says what happened.
                inside_trace = bool(shown) and (line.startswith("Traceback") or (inside_trace and line[:1] == " "))
                if shown:
                    self._say(f"{self.service.name:<9} | {shown}")

    def _watch(
        self, process: subprocess.Popen[bytes], listener: threading.Thread, report: Callable[[Ended], None]
    ) -> None:
        process.wait()
        listener.join(1)  # its last words first, unless a child of it keeps the line open
        report(Ended(self.service.name, process))


def worth_showing(line: str) -> str:
    """What the person at the keyboard should see of a log line; empty when it is only for the log."""
    if line.startswith("{"):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if isinstance(entry, dict) and "level" in entry:
            if str(entry["level"]).upper() not in ("WARNING", "ERROR", "CRITICAL"):
                return ""
            last_of_trace = str(entry.get("trace", "")).strip().rpartition("\n")[2]
            words = [entry["level"], f"{entry.get('logger', '')}:", entry.get("message", ""), last_of_trace]
            return " ".join(str(word) for word in words if word)
    return line if _LOUD.search(line) else ""
