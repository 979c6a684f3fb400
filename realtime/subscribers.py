"""What the live side does when the relay has numbered events: one Redis message per portion, and no more."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from redis.exceptions import RedisError

from core.live import channel, device_of, end_device
from core.outbox.models import Event
from core.outbox.relay import after_numbering, when_numbered
from core.redis import live_redis
from core.tenancy.context import current_tenant
from core.tenancy.models import Tenant
from realtime.notices.kinds import BY_EVENT
from realtime.notices.services import add_notices
from realtime.push.bell import ring_if_owed
from realtime.push.services import SUBSCRIBED, end_of_log_in
from realtime.sockets.frames import Told, in_portions, pack
from realtime.sockets.pace import pace

logger = logging.getLogger(__name__)


@when_numbered
def write_notices(events: Sequence[Event]) -> None:
    """In the relay's transaction: what is numbered is news to whom it concerns."""
    add_notices(events)


@after_numbering
def publish_live(tenant: Tenant, events: Sequence[Event]) -> None:
    """Hand a batch to the socket processes. Losing it costs a heartbeat: they read PostgreSQL when they notice."""
    limits = pace()
    told = (Told.of(event) for event in events)
    try:
        for portion in in_portions(told, most=limits.frame_events, most_bytes=limits.frame_bytes):
            live_redis().publish(channel(tenant.schema_name), pack(portion))
    except RedisError as problem:
        logger.warning("live updates were not rung", extra={"problem": str(problem)})


@after_numbering
def ring_for_push(tenant: Tenant, events: Sequence[Event]) -> None:
    """Wake who sends push messages, where there are news and a browser to tell."""
    if any(event.type in BY_EVENT for event in events):
        ring_if_owed(tenant.schema_name)


@receiver(user_logged_out)
def end_push(sender: Any, request: HttpRequest, **more: Any) -> None:
    """A browser whose person logs out is told nothing more."""
    if known := request.session.get(SUBSCRIBED):
        end_of_log_in(UUID(known))


@receiver(user_logged_out)
def end_screens(sender: Any, request: HttpRequest, **more: Any) -> None:
    """Whoever logs out hears no more on the other screens of the same browser."""
    if device := device_of(request.session.session_key or ""):
        end_device(current_tenant(), device)
