"""Tell a fact, once, in the transaction that makes it true."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from django.db import connection, transaction

from core.actors import Actor
from core.db.rows import insert_together
from core.events import DomainEvent
from core.outbox.doorbell import ring
from core.outbox.models import Event
from core.tenancy.context import current_tenant


def emit(event: DomainEvent, *, actor: Actor, occurred_at: datetime | None = None) -> None:
    """Record one event; listeners hear of it after the commit. Raises ``RuntimeError`` outside a transaction."""
    emit_all([event], actor=actor, occurred_at=occurred_at)


def emit_all(events: Sequence[DomainEvent], *, actor: Actor, occurred_at: datetime | None = None) -> None:
    """Record several events with one statement, in the given order."""
    if not connection.in_atomic_block:
        raise RuntimeError("emit() belongs in the transaction that makes the fact true")
    if not events:
        return
    when = occurred_at or datetime.now(UTC)
    insert_together(
        [
            Event(
                type=event.type,
                schema_version=event.schema_version,
                object_type=event.about,
                object_id=event.object_id(),
                object_version=event.version,
                payload=event.payload(),
                actor=actor.as_json(),
                request_id=actor.request_id,
                occurred_at=when,
            )
            for event in events
        ]
    )
    # robust: a Redis that is down must not fail a sale that is already committed; the relay sweeps.
    transaction.on_commit(partial(ring, current_tenant().schema_name), robust=True)
