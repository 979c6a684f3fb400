"""Words to open screens: hints over Redis that may be lost, never facts. The socket processes take them up.

A fact is an event (`core.outbox.services.emit`): numbered, kept, told again to whoever missed it. A hint says to a
screen that is open now that it is worth looking: it is told once, or not at all.
"""

import json
import logging
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from redis.exceptions import RedisError

from core.redis import live_redis
from core.tenancy.models import Tenant

logger = logging.getLogger(__name__)
TOLD: Final = b"told"
ENDED: Final = b"ended"
MOST_BYTES = 8192
_KIND = re.compile(r"[a-z]+([._-][a-z]+)*")


def channel(schema: str) -> str:
    """Where the socket processes hear of a shop.

    It names the Redis database: what is published there is heard in all databases of the server, also by another
    installation whose shops have the same names.
    """
    database = live_redis().connection_pool.connection_kwargs.get("db") or 0
    return f"rs:live:{database}:{schema}"


def tell_user(tenant: Tenant, user_id: UUID, kind: str, data: Mapping[str, Any]) -> None:
    """Tell every open screen of a person, on all devices, ``{"type": "note", "kind": …, "data": …}``.

    Inside a transaction it goes out after the commit, and not at all after a rollback. Nothing is kept: whoever has no
    screen open, or whose line is broken just now, never hears it, so tell only what can be read elsewhere.

    Raises:
        ValueError: ``kind`` is no word such as ``notification.new``, or ``data`` is no JSON of at most 8 kB.
    """
    _tell(tenant, {"user": str(user_id)}, kind, data)


def tell_device(tenant: Tenant, device: str, kind: str, data: Mapping[str, Any]) -> None:
    """As `tell_user`, for one device: a browser's log-in (`core.live.device_of`)."""
    _tell(tenant, {"device": device}, kind, data)


def end_device(tenant: Tenant, device: str) -> None:
    """End the lines of a device whose log-in is over; goes out after the commit."""
    _publish_later(tenant, ENDED, {"device": device})


def device_of(session_key: str) -> str:
    """What a browser's log-in is called where its key must not be known."""
    return sha256(b"device:" + session_key.encode()).hexdigest()[:32] if session_key else ""


def _tell(tenant: Tenant, whom: dict[str, str], kind: str, data: Mapping[str, Any]) -> None:
    if len(kind) > 60 or not _KIND.fullmatch(kind):
        raise ValueError(f"a kind of note is a word such as notification.new, not {kind!r}")
    try:
        text = json.dumps({"type": "note", "kind": kind, "data": dict(data)}, separators=(",", ":"), allow_nan=False)
    except TypeError as problem:
        raise ValueError(f"a note is told as JSON: {problem}") from problem
    if len(text) > MOST_BYTES:
        raise ValueError(f"a note has at most {MOST_BYTES} bytes; tell where more can be read")
    _publish_later(tenant, TOLD, whom, text)


def _publish_later(tenant: Tenant, mark: bytes, whom: dict[str, str], text: str = "") -> None:
    message = b"\n".join([mark, json.dumps(whom).encode(), text.encode()])

    def publish() -> None:
        try:
            live_redis().publish(channel(tenant.schema_name), message)
        except RedisError as problem:
            logger.warning("open screens were not told", extra={"problem": str(problem)})

    transaction.on_commit(publish, robust=True)
