"""The data folder of one installation: where it is, who may use it, what it remembers.

Only the standard library is used here, because the settings read this module before anything else is up.
"""

import base64
import errno
import json
import os
import pwd
import secrets
from pathlib import Path
from typing import IO, Any

from retail_saas.processes import end_leftovers, try_lock, wait_for

CHECKOUT = Path(__file__).resolve().parent.parent


class StackError(RuntimeError):
    """The program cannot start or go on here; the message is one sentence for the person at the keyboard."""


def home() -> Path:
    """The data folder: ``DATA_DIR``, or ``.data`` in the checkout."""
    return Path(os.environ.get("DATA_DIR") or CHECKOUT / ".data").absolute()


def read_environment(home: Path) -> dict[str, str]:
    """What this data folder adds to the environment; ``{}`` when nothing ever ran on it.

    Raises:
        StackError: the folder's ``stack.json`` cannot be read or makes no sense.
    """
    state = read_state(home)
    if not state:
        return {}
    found = {"SECRET_KEY": state["secret_key"], "FIELD_KEYS": state["field_key"]}
    if "postgres_port" in state:
        found["WEBHOOK_ALLOW_PRIVATE"] = "1"  # on one machine, the first receiver people try is on the same machine
        found["DATABASE_URL"] = "postgresql://retail:{postgres_password}@127.0.0.1:{postgres_port}/retail".format(
            **state
        )
        found["REDIS_URL"] = "redis://:{valkey_password}@127.0.0.1:{valkey_port}".format(**state)
    return found


def read_state(home: Path) -> dict[str, Any]:
    """The generated secrets and chosen ports of ``stack.json``; ``{}`` when there is none."""
    path = home / "stack.json"
    try:
        state = json.loads(path.read_text())
        if not {"secret_key", "field_key", "postgres_password", "valkey_password"} <= state.keys():
            raise ValueError
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise explain(problem, home) from problem
    except (ValueError, AttributeError):
        raise StackError(
            f"{path} is damaged: it holds the keys to the databases beside it, so restore it from a backup, "
            f"or move {home} away to begin with an empty shop."
        ) from None
    return dict(state)


def ensure_state(home: Path) -> dict[str, Any]:
    """As `read_state`; on first use the secrets are generated and stored, readable only by this user."""
    state = read_state(home)
    if state:
        return state
    if (home / "databases" / "postgresql").exists():
        raise StackError(
            f"{home} holds a database but its stack.json is missing: restore that file from a backup, "
            f"or move {home} away to begin with an empty shop."
        )
    state = {
        "secret_key": secrets.token_urlsafe(48),
        "field_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "postgres_password": secrets.token_urlsafe(24),
        "valkey_password": secrets.token_urlsafe(24),
    }
    write_state(home, state)
    return state


def write_state(home: Path, state: dict[str, Any]) -> None:
    """Replace ``stack.json`` in one step, so that a crash leaves the old or the new one."""
    new = home / "stack.json.new"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(state, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(home / "stack.json")


def claim(home: Path, address: str = "") -> tuple[IO[str], IO[str]]:
    """Take a data folder for this process; returns two locks, to be kept open until the end.

    The first says that a supervisor runs here. The second is inherited by every child, so it stays taken while any
    of them lives, however its supervisor died: no process id is ever trusted. What an earlier run left is ended.

    Raises:
        StackError: the folder is in use, belongs to someone else, or cannot be written.
    """
    try:
        # Root's databases run as another user, who has to pass through.
        home.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        owner = home.stat().st_uid
        if owner != os.geteuid():
            raise StackError(
                f"The data folder {home} belongs to {_user_name(owner)}: "
                "run as that user, or set DATA_DIR to another folder."
            )
        supervisor = try_lock(home / "supervisor.lock")
        if supervisor is None:
            running = (home / "supervisor.lock").read_text().strip()
            raise StackError(f"Already running for the data in {home}" + (f", see {running}" if running else "") + ".")
        supervisor.truncate(0)
        supervisor.write(address)
        supervisor.flush()
        return supervisor, _children_lock(home)
    except OSError as problem:
        raise explain(problem, home) from problem


def _children_lock(home: Path) -> IO[str]:
    path, below = home / "stack.lock", (home / "databases").resolve()
    # Databases whose supervisor died shut down by themselves; a kill in the middle would only cost recovery time.
    held = wait_for(lambda: try_lock(path), seconds=3)
    held = held or wait_for(lambda: (end_leftovers(home, below), try_lock(path))[1], seconds=10, pause=0.2)
    if held is None:
        raise StackError(f"Processes of an earlier run still use {home}: end them, then start again.")
    return held


def explain(problem: OSError, path: Path) -> StackError:
    """The sentence for an operating-system error about the data folder."""
    # Copying a folder wraps the errors of its files in one without a number.
    number = problem.errno or (errno.ENOSPC if os.strerror(errno.ENOSPC) in str(problem) else 0)
    match number:
        case errno.ENOSPC | errno.EDQUOT:
            return StackError(f"The disk of {path} is full: free some space, then start again.")
        case errno.EACCES | errno.EPERM:
            return StackError(
                f"{problem.filename or path} may not be read or written by this user: "
                "run as its owner, or set DATA_DIR to another folder."
            )
        case _:
            return StackError(f"{problem.filename or path} cannot be used ({problem.strerror or problem}).")


def _user_name(uid: int) -> str:
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user number {uid}"
