"""What sockets ask the database: where the stream stands, what somebody missed, who they still are."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from core.actors import Actor
from core.outbox.models import Event, Stream
from core.people.selectors import actor_by_id
from realtime.frames import Told

Identity = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Past:
    """The stream as it stands, and what came after a given point; ``events`` None: too much, or never was."""

    epoch: UUID
    head: int
    events: tuple[Told, ...] | None


def read_past(*, epoch: UUID | None = None, after: int | None = None, most: int) -> Past:
    """The events after ``after``, at most ``most``. The head is read first, so a repeat may overlap but never gap."""
    stream = Stream.objects.filter(pk=1).first() or Stream.objects.get_or_create(pk=1)[0]
    if after is None:
        return Past(stream.epoch, stream.head, ())
    if (epoch is not None and epoch != stream.epoch) or after > stream.head or stream.head - after > most:
        return Past(stream.epoch, stream.head, None)
    if after == stream.head:
        return Past(stream.epoch, stream.head, ())
    rows = tuple(Told.of(row) for row in Event.objects.filter(seq__gt=after, seq__lte=stream.head).order_by("seq"))
    return Past(stream.epoch, stream.head, rows if len(rows) == stream.head - after else None)


def actors_again(who: Iterable[Identity]) -> dict[Identity, Actor | None]:
    """Those who listen, as they stand today; None for one who is gone, locked or revoked."""
    return {(kind, actor_id): actor_by_id(kind, actor_id) for kind, actor_id in who}
