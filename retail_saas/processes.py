"""Child processes: started so that none outlives us by surprise, found and ended if one did."""

import ctypes
import errno
import fcntl
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeVar

RUN_MARK = "RETAIL_SAAS_RUN"  # in the environment of everything we start: the data folder it works for
_PR_SET_PDEATHSIG = 1
Found = TypeVar("Found")
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: int | IO[bytes] | None,
    death_signal: signal.Signals,
    hold: IO[str] | None = None,
    user: pwd.struct_passwd | None = None,
    own_session: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that Ctrl-C reaches only us and we end things in order.

    ``death_signal`` is what the kernel sends it when we die (Linux only). The kernel counts the *thread* that
    started it, so call this from the main thread. ``hold`` is a lock file the command keeps open while it lives.
    ``user`` is whom it runs as, None for ourselves.
    """
    parent = os.getpid()

    def tie() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))
            if os.getppid() != parent:  # we died between fork and prctl
                os._exit(1)

    return subprocess.Popen(  # noqa: S603 - the commands are ours
        command,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL if own_session else None,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=own_session,
        preexec_fn=tie,  # noqa: PLW1509 - one libc call, no locks taken
        pass_fds=(hold.fileno(),) if hold else (),
        **run_as(user),
    )


def run_as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """The options of ``subprocess`` that run a command as another user; none for ourselves."""
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a process and its children, which share its session; nothing happens if they are gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def finish(process: subprocess.Popen[bytes], first: signal.Signals, *, within: float, last: signal.Signals) -> None:
    """Ask a process to end with ``first``; what is left of its group after ``within`` seconds gets ``last``."""
    if process.poll() is None:
        process.send_signal(first)
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(within, 0))
    if process.poll() is None:
        signal_group(process, last)
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
    signal_group(process, signal.SIGKILL)
    process.wait()


def try_lock(path: Path) -> IO[str] | None:
    """Take an exclusive lock on a file, or return None when somebody holds it. Never waits."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def end_leftovers(mark: Path, below: Path) -> list[int]:
    """Kill what an earlier run left behind and return the process ids (Linux; elsewhere it finds none).

    Ours are those which carry ``RUN_MARK=mark`` in their environment or work in a folder below ``below`` (the
    databases). Only call this while holding the supervisor's lock: then every one of them is an orphan.
    """
    wanted = f"{RUN_MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid == os.getpid():
            continue
        with suppress(OSError):
            if (entry / "cwd").resolve(strict=True).is_relative_to(below) or wanted in (
                entry / "environ"
            ).read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)
                found.append(pid)
    return found


def listen_trouble(port: int) -> str:
    """Why no server can listen on 127.0.0.1:``port`` now, as the end of a sentence; empty when one can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            return "is taken" if problem.errno == errno.EADDRINUSE else f"cannot be used ({problem.strerror})"
    return ""


def wait_for(ask: Callable[[], Found], *, seconds: float, pause: float = 0.02) -> Found:
    """Ask again and again until the answer is truthy or ``seconds`` are over; returns the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()) and time.monotonic() < deadline:
        time.sleep(pause)
    return answer
