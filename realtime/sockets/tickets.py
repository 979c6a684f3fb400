"""Tickets: how somebody whom the API knows opens a socket. One use, 30 seconds, one shop, one origin."""

import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import cast
from uuid import UUID

from redis.exceptions import RedisError

from core.actors import Actor
from core.redis import live_redis
from core.tenancy.context import current_tenant
from realtime.errors import LiveUnavailable
from realtime.sockets.pace import pace


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whom a redeemed ticket was made for. ``origin`` is empty for programs, which have none, as is ``session``."""

    kind: str
    actor_id: UUID
    origin: str
    session: str = ""


def issue_ticket(*, actor: Actor, origin: str, session: str = "") -> str:
    """Make a ticket of the shop at hand. ``session``: the key of the log-in it ends with, if there is one.

    Raises:
        LiveUnavailable: Redis does not answer; try again later.
    """
    token = secrets.token_urlsafe(32)
    held = json.dumps([actor.kind, str(actor.id), origin, session])
    try:
        live_redis().set(_key(token), held, ex=pace().ticket_seconds)
    except RedisError as problem:
        raise LiveUnavailable from problem
    return token


def redeem_ticket(token: str) -> Ticket | None:
    """Take a ticket of the shop at hand; the second to come gets None, as does one who is late or in another shop.

    Raises:
        LiveUnavailable: Redis does not answer.
    """
    if not token or len(token) > 100:
        return None
    try:
        held = cast("bytes | None", live_redis().getdel(_key(token)))
    except RedisError as problem:
        raise LiveUnavailable from problem
    if held is None:
        return None
    kind, actor_id, origin, *session = json.loads(held)
    return Ticket(kind, UUID(actor_id), origin, *session)


def _key(token: str) -> str:
    """Redis keeps only a hash: who reads it there cannot use it."""
    return f"rs:ticket:{current_tenant().schema_name}:{sha256(token.encode()).hexdigest()}"
