"""Events grow old: after 30 days the stream does not tell them any more, and what is nobody's history is removed.

In two steps with a night between them. First the stream says from which number on it is complete, and everybody who
comes with an older one is told to read the state anew; a night later, when no request that saw the old floor can still
run, the rows below it go. A page that shows what happened to an object goes on finding it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from core.outbox.models import Event, Stream
from core.outbox.readers import READERS

KEPT = timedelta(days=30)
PORTION = 1000
"""Numbers that one transaction looks at."""

_history: set[str] = set()


def keeps_history(object_type: str) -> None:
    """Keep the events of a kind of object for good: some page shows them as its history."""
    _history.add(object_type)


def forget_events(told: Callable[[int, int | None], None] = lambda done, total: None) -> int:
    """Remove the events below the floor of the shop at hand that are nobody's history; answers how many.

    ``told`` hears how many numbers were looked at, of how many. The next run goes on with one that ends half-way.
    """
    stream = Stream.objects.filter(pk=1).first()
    if stream is None:
        return 0
    start, end, removed = stream.forgotten_to, stream.kept_from, 0
    for first in range(start, end, PORTION):
        beyond = min(first + PORTION, end)
        with transaction.atomic(durable=True):
            rows = Event.objects.filter(seq__gte=first, seq__lt=beyond).exclude(object_type__in=_history)
            removed += rows.delete()[0]
            Stream.objects.filter(pk=1, forgotten_to__lt=beyond).update(forgotten_to=beyond)
        told(beyond - start, end - start)
    return removed


def raise_floor(now: datetime) -> int:
    """Let the stream begin with the oldest event of the last 30 days, or with one a reader still needs; answers where.

    It never goes down, and an event without a number is not below it.
    """
    stream = Stream.objects.filter(pk=1).first()
    if stream is None:
        return 1
    young = Event.objects.filter(seq__gte=stream.kept_from, recorded_at__gte=now - KEPT).order_by("seq")
    oldest = young.values_list("seq", flat=True).first()
    needed = [reader.needs_from() for reader in READERS.values()]
    floor = min([stream.head + 1 if oldest is None else oldest, *(lowest for lowest in needed if lowest is not None)])
    Stream.objects.filter(pk=1, kept_from__lt=floor).update(kept_from=floor)
    return max(floor, stream.kept_from)
