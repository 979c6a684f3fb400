"""What sockets ask the database: where the stream stands, what somebody missed, who they still are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session

from core.actors import Actor
from core.locations.models import Location
from core.outbox.models import Event, Stream
from core.people.models import User
from core.people.selectors import actors_by_id
from realtime.sockets.frames import Told

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
    is_known = stream.kept_from - 1 <= after <= stream.head and epoch in (None, stream.epoch)
    if not is_known or stream.head - after > most:
        return Past(stream.epoch, stream.head, None)
    if after == stream.head:
        return Past(stream.epoch, stream.head, ())
    rows = tuple(Told.of(row) for row in Event.objects.filter(seq__gt=after, seq__lte=stream.head).order_by("seq"))
    return Past(stream.epoch, stream.head, rows if len(rows) == stream.head - after else None)


def actors_again(who: Iterable[Identity]) -> dict[Identity, Actor | None]:
    """Those who listen, as they stand today; None for one who is gone, locked or revoked. Queries do not grow."""
    asked = set(who)
    found: dict[Identity, Actor | None] = dict.fromkeys(asked)
    for kind in {kind for kind, _ in asked}:
        for actor_id, actor in actors_by_id(kind, [key for other, key in asked if other == kind]).items():
            found[kind, actor_id] = actor
    return found


def log_ins_over(sessions: Iterable[str]) -> set[str]:
    """Which of these log-ins have ended: logged out, expired, or made with a password that is another now."""
    asked = set(sessions) - {""}
    if not asked:
        return set()
    rows = Session.objects.filter(session_key__in=asked, expire_date__gt=datetime.now(UTC))
    found = {row.session_key: row.get_decoded() for row in rows}
    people = User.objects.in_bulk([data[SESSION_KEY] for data in found.values() if SESSION_KEY in data])
    proofs = {
        str(pk): {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()} for pk, user in people.items()
    }
    return asked - {
        key for key, data in found.items() if data.get(HASH_SESSION_KEY) in proofs.get(data.get(SESSION_KEY, ""), ())
    }


def unknown_locations(places: Iterable[str]) -> set[str]:
    """Which of these are no locations of the shop at hand."""
    asked = set(places)
    return asked - {str(pk) for pk in Location.objects.filter(pk__in=asked).values_list("pk", flat=True)}
