"""The two servers of the embedded stack: how each is prepared, started, asked whether it is ready, and ended."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, ClassVar

from retail_saas.data_folder import StackError
from retail_saas.processes import RUN_MARK, finish, run_as, spawn, wait_for

POSTGRES_MAJOR = "18"  # a newer major needs a dump and a load: the pin in pyproject.toml keeps below it
READY_SECONDS = 600  # crash recovery replays the log since the last checkpoint, which may take minutes
ORPHAN_SECONDS = 20  # how long the children of a killed PostgreSQL may take to notice


@dataclass(kw_only=True)
class Server:
    """One server process of a data folder. ``user`` is whom it runs as, None for ourselves."""

    home: Path
    folder: Path
    programs: Path
    port: int
    password: str
    lock: IO[str]
    durable: bool
    user: pwd.struct_passwd | None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_start: int = field(default=0, init=False)

    name: ClassVar[str]
    key: ClassVar[str]  # in stack.json
    stop_signal: ClassVar[signal.Signals]
    hard_stop_signal: ClassVar[signal.Signals]
    death_signal: ClassVar[signal.Signals]
    complaint: ClassVar[re.Pattern[str]]

    @property
    def log(self) -> Path:
        return self.home / "logs" / f"{self.name.lower()}.log"

    def prepare(self) -> None:
        """Make the folder of its data, on first use."""
        self.folder.mkdir(exist_ok=True, mode=0o700)
        self.give(self.folder)

    def command(self) -> Sequence[str | Path]:
        """The command line that starts it."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it would serve a client now."""
        raise NotImplementedError

    def launch(self) -> None:
        """Start it, without waiting."""
        with self.log.open("ab") as output:
            self._log_start = output.tell()
            self.process = spawn(
                self.command(),
                env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C", RUN_MARK: str(self.home)},
                cwd=self.folder,
                output=output,
                death_signal=self.death_signal,
                hold=self.lock,
                user=self.user,
            )

    def await_ready(self, beat: Callable[[], None]) -> None:
        """Wait until it answers, calling ``beat`` meanwhile.

        Raises:
            StackError: it ended instead, with the reason from its log.
        """

        def settled() -> bool:
            beat()
            return self.ended() or self.answers()

        if not wait_for(settled, seconds=READY_SECONDS):
            raise StackError(f"{self.name} did not become ready within {READY_SECONDS} seconds: see {self.log}.")
        if self.ended():
            raise self.failure(self.log.read_text(errors="replace")[self._log_start :])

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self, within: float) -> None:
        """End it in order; after ``within`` seconds hard, which costs recovery time at the next start but no data."""
        if self.process is not None:
            finish(self.process, self.stop_signal, within=within, last=self.hard_stop_signal)
            self.process = None

    def give(self, path: Path) -> None:
        """Make a file its user's."""
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)

    def failure(self, words: str) -> StackError:
        """The sentence for what it said before it gave up."""
        if "No space left on device" in words:
            return StackError(f"{self.name} found the disk of {self.folder} full: free some space, then start again.")
        found = self.complaint.findall(words)
        reason = found[-1].strip().rstrip(".") if found else "it gave no reason"
        return StackError(
            f"{self.name} did not start on {self.folder} ({reason}): see {self.log}; "
            f"if its files are damaged, restore a backup or move {self.home} away to begin with an empty shop."
        )


class Postgres(Server):
    """PostgreSQL with one role, ``retail``, that owns the database ``retail`` and may create others (for tests)."""

    name, key = "PostgreSQL", "postgres"
    stop_signal = death_signal = signal.SIGINT  # "fast": does not wait for clients to leave
    hard_stop_signal = signal.SIGQUIT
    complaint = re.compile(r"(?:FATAL|PANIC|ERROR|error|^initdb):\s+(?!error:)(.+)", re.MULTILINE)

    settings: ClassVar[dict[str, str]] = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",  # the length of their path is limited, that of a data folder is not
        "max_connections": "100",
        "shared_buffers": "128MB",
        "max_locks_per_transaction": "256",  # a migration touches every table of a shop
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "lc_messages": "C",  # we look for words in the log
    }
    not_durable: ClassVar[dict[str, str]] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

    def prepare(self) -> None:
        """Make the cluster under another name first: a kill half-way leaves nothing that looks finished."""
        if self.folder.exists():
            version = self.folder / "PG_VERSION"
            wrote = version.read_text().strip() if version.exists() else ""
            if not wrote:
                raise StackError(
                    f"{self.folder} is not a PostgreSQL data folder: restore a backup, "
                    f"or move {self.home} away to begin with an empty shop."
                )
            if wrote != POSTGRES_MAJOR:
                raise StackError(
                    f"{self.folder} was written by PostgreSQL {wrote} and this is {POSTGRES_MAJOR}: dump it with the "
                    "version of this program that wrote it and load the dump here (docs/operators.md)."
                )
            return
        new = self.folder.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        # One collation for ever, whatever the system's C library thinks of sorting next year.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        sync = () if self.durable else ("--no-sync",)
        self._tool("initdb", "-D", new, "-U", "postgres", "--auth=trust", *locale, *sync)
        (new / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        self._tool(
            *("postgres", "--single", "-D", new, "postgres"),
            words=f"CREATE ROLE retail LOGIN CREATEDB PASSWORD '{self.password}'\n"
            "CREATE DATABASE retail OWNER retail\n",
        )
        new.rename(self.folder)

    def _tool(self, program: str, *arguments: str | Path, words: str = "") -> None:
        done = subprocess.run(  # noqa: S603 - our own words
            [self.programs / program, *arguments],
            input=words,
            capture_output=True,
            text=True,
            cwd=self.folder.parent,
            check=False,
            **run_as(self.user),
        )
        said = done.stdout + done.stderr
        self.log.write_text(said)
        if done.returncode or "ERROR:" in said:
            raise self.failure(said)

    def command(self) -> Sequence[str | Path]:
        settings = self.settings | ({} if self.durable else self.not_durable) | {"port": str(self.port)}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [self.programs / "postgres", "-D", self.folder, *options]

    def launch(self) -> None:
        # Every server of ours inherits the lock we hold, so the process id in here is stale, or a stranger's by now.
        # Should children of a killed one linger, the memory they share stops the new one, see `await_ready`.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        super().launch()

    def await_ready(self, beat: Callable[[], None]) -> None:
        def alone() -> bool:
            if self.ended():
                self.launch()
            try:
                super(Postgres, self).await_ready(beat)
            except StackError as problem:
                if "pre-existing shared memory" in str(problem):
                    return False
                raise
            return True

        if not wait_for(alone, seconds=ORPHAN_SECONDS, pause=0.2):
            raise StackError(f"Parts of an earlier {self.name} still use {self.folder}: end them, then start again.")

    def answers(self) -> bool:
        """The server writes its state into the eighth line of its pid file; no client library needed."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"


class Valkey(Server):
    """Valkey that keeps an append-only file and refuses writes rather than forgetting keys."""

    name, key = "Valkey", "valkey"
    stop_signal = signal.SIGTERM
    hard_stop_signal = death_signal = signal.SIGKILL  # what it answered is with the kernel already
    complaint = re.compile(r" # (.+)")

    def command(self) -> Sequence[str | Path]:
        settings = self.folder / "valkey.conf"
        lines = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "dir": ".",
            "databases": 16,  # three for the product, and three for each of the tests' workers
            "appendonly": "yes" if self.durable else "no",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "set-proc-title": "no",
        }
        settings.touch(0o600)
        settings.write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
        self.give(settings)
        return [self.programs / "valkey-server", settings]

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
                client.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
                return b"+PONG" in client.makefile("rb").read()
        except OSError:
            return False
