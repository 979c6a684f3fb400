"""Read the stream of a shop: what an actor may know of it, without a gap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from core.actors import Actor
from core.errors import DomainError
from core.events import CATALOGUE, PLACES, matches
from core.outbox.models import Event, Stream
from core.people.permissions import PERMISSIONS


class Reset(DomainError):
    """The place in the stream is unknown: too old, in the future, or of a history that was replaced.

    Read the state of the shop anew, then go on from ``head``. ``because`` is ``old``, ``future`` or ``epoch``.
    """

    code, status, title = "reset", 410, "This place in the stream is not known (any more)"


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of the stream. ``next_after`` is where to go on; ``has_more`` says that there is more now."""

    epoch: UUID | None
    head: int
    events: list[dict[str, Any]]
    next_after: int
    has_more: bool


def stream_mark() -> str:
    """How far the shop's stream is, as ``epoch:seq``: what is read after this is never older than it says.

    Empty in a shop in which nothing has happened yet.
    """
    stream = Stream.objects.filter(pk=1).first()
    return f"{stream.epoch}:{stream.head}" if stream else ""


def events_after(
    after: int, *, actor: Actor, limit: int, subscriptions: Sequence[str] = ("*",), epoch: UUID | None = None
) -> Slice:
    """Numbered events after ``after`` that the actor may know, oldest first; two queries.

    The head is read before the events, so that the answer may overlap with what comes later, but never gaps.

    Raises:
        Reset: see there.
    """
    stream = Stream.objects.filter(pk=1).first()
    head, now, kept_from = (stream.head, stream.epoch, stream.kept_from) if stream else (0, None, 1)
    because = "epoch" if epoch not in (None, now) else "future" if after > head else "old"
    if because != "old" or after < kept_from - 1:
        raise Reset(details={"epoch": str(now) if now else None, "head": head, "because": because})
    known = [name for name in CATALOGUE if any(matches(subscription, name) for subscription in subscriptions)]
    rows = list(Event.objects.filter(_visible(actor, known), seq__gt=after, seq__lte=head).order_by("seq")[: limit + 1])
    has_more, rows = len(rows) > limit, rows[:limit]
    reached = rows[-1].seq if has_more and rows[-1].seq is not None else head
    return Slice(now, head, [row.envelope() for row in rows], reached, has_more)


def _visible(actor: Actor, types: Sequence[str]) -> Q:
    """Events of types whose own permission the actor holds, at the locations it holds it for.

    An event of a permission by location that names no location is seen only by those who see all of them.
    """
    everywhere: list[str] = []
    condition = Q(pk__in=[])
    for name in types:
        permission = CATALOGUE[name].permission
        if not actor.may(permission):
            continue
        places = actor.places(permission)
        if places is None or not PERMISSIONS[permission].by_location:
            everywhere.append(name)
        else:
            theirs = [str(place) for place in places]
            for field in PLACES:
                condition |= Q(type=name, **{f"payload__{field}__in": theirs})
    return condition | Q(type__in=everywhere)
