"""The relay numbers committed events, one shop at a time, and then tells the listeners.

Any number of relays may run: the shop's stream row is the lock. Numbers have no gaps and are given once, because
they are taken in the same transaction that writes them (RELIABILITY 3).
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from core.outbox.doorbell import announce
from core.outbox.models import Event, Stream
from core.tenancy.context import use_tenant
from core.tenancy.models import Tenant

BATCH = 500
logger = logging.getLogger(__name__)

InTransaction = Callable[[Sequence[Event]], None]
AfterCommit = Callable[[Tenant, Sequence[Event]], None]
_in_transaction: list[InTransaction] = []
_after_commit: list[AfterCommit] = []


def when_numbered(listener: InTransaction) -> InTransaction:
    """Register a listener that writes rows in the numbering transaction. It must be quick and call nobody outside.

    An event it cannot take is left out for this listener, see `_write`.
    """
    _in_transaction.append(listener)
    return listener


def after_numbering(listener: AfterCommit) -> AfterCommit:
    """Register a listener that is told after the commit. It may be told twice or, if Redis is away, not at all."""
    _after_commit.append(listener)
    return listener


NUMBER = """
    WITH fresh AS (
        SELECT id, row_number() OVER (ORDER BY id) AS place
        FROM (SELECT id FROM outbox_event WHERE seq IS NULL ORDER BY id LIMIT %s FOR UPDATE) AS waiting
    )
    UPDATE outbox_event AS event SET seq = %s + fresh.place FROM fresh WHERE event.id = fresh.id
    RETURNING event.id
"""


def number_events(tenant: Tenant) -> int:
    """Number one batch of a shop's events and tell the listeners; answers how many there were."""
    with use_tenant(tenant):
        events = _number_batch()
        if events:
            for listener in _after_commit:
                _tell(listener, tenant, events)
            announce(tenant.schema_name)
    return len(events)


@transaction.atomic(durable=True)
def _number_batch() -> list[Event]:
    if not Event.objects.filter(seq__isnull=True).exists():
        return []
    return number_next(hold_stream())


def hold_stream() -> Stream:
    """The stream's row, for this transaction alone: nobody else gives numbers meanwhile."""
    return Stream.objects.select_for_update().get_or_create(pk=1)[0]


def number_next(stream: Stream) -> list[Event]:
    """Number the next batch, under `hold_stream`, with the rows that listeners write; moves ``stream.head``."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBER, [BATCH, stream.head])
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    stream.head += len(ids)
    Stream.objects.filter(pk=1).update(head=stream.head)
    events = list(Event.objects.filter(pk__in=ids).order_by("seq"))
    for write in _in_transaction:
        _write(write, events)
    return events


def _write(listener: InTransaction, events: Sequence[Event]) -> None:
    """Let a listener write its rows; one event that it cannot take must not stop the stream of the shop for ever.

    A batch that fails is halved until the events that break it stand alone: these are logged, with all that is needed
    to make good for them, and numbered without that listener's rows. When the database does not answer the whole
    batch is tried again.
    """
    try:
        with transaction.atomic():
            listener(events)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(events) > 1:
            middle = len(events) // 2
            _write(listener, events[:middle])
            _write(listener, events[middle:])
            return
        logger.critical(
            "an event was numbered without one of its listeners",
            exc_info=True,
            extra={"listener": listener.__qualname__, "event": str(events[0].uuid), "kind": events[0].type},
        )


def _tell(listener: Any, tenant: Tenant, events: Sequence[Event]) -> None:
    try:
        listener(tenant, events)
    except Exception:  # a listener's trouble must not stop the stream; each has a sweeper of its own
        logger.exception("a listener failed", extra={"listener": listener.__qualname__})
