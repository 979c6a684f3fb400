"""News of the shop: written with the event's number, read and wished for by people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from psycopg.types.json import Jsonb

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Forbidden, NotFound, refuse
from core.ids import uuid7
from core.live import tell_user
from core.locations.selectors import business_today
from core.outbox.models import Event, Stream
from core.tenancy.context import current_tenant
from realtime.models import Notice, NoticeRead, NoticeReader, NoticeWish
from realtime.notices.kinds import BY_EVENT, Kind
from realtime.notices.lists import pushes_of, seen_by, ways_of

KEPT = timedelta(days=90)
SAMPLES = 3
READ = "notifications.read"
"""What open screens of a person are told when they have read something on one of them."""
BATCH = 500
Way = NoticeWish.Way

WRITE = """
    INSERT INTO realtime_notice (id, key, kind, location_id, object_type, object_id, facts, samples, actor_id, count,
                                 first_at, last_at, last_seq)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET
        count = realtime_notice.count + excluded.count,
        facts = excluded.facts, object_id = excluded.object_id,
        actor_id = CASE WHEN realtime_notice.actor_id = excluded.actor_id THEN excluded.actor_id ELSE '' END,
        samples = CASE WHEN jsonb_array_length(realtime_notice.samples) >= %s
                       THEN realtime_notice.samples ELSE realtime_notice.samples || excluded.samples END,
        last_at = excluded.last_at, last_seq = excluded.last_seq
"""


@dataclass(slots=True)
class _Draft:
    """What some events of a batch that share a row come to."""

    kind: Kind
    key: str
    location: str | None
    events: list[Event] = field(default_factory=list)

    def values(self) -> tuple[Any, ...]:
        latest = self.events[-1]
        actors = {str(event.actor.get("id") or "") for event in self.events}
        names = [str(event.payload[self.kind.sample]) for event in self.events] if self.kind.sample else []
        return (
            uuid7(),
            self.key,
            self.kind.name,
            self.location,
            latest.object_type,
            latest.object_id,
            Jsonb({name: latest.payload[name] for name in self.kind.fields if name in latest.payload}),
            Jsonb(list(dict.fromkeys(names))[:SAMPLES]),
            actors.pop() if len(actors) == 1 else "",
            len(self.events),
            self.events[0].recorded_at,
            latest.recorded_at,
            latest.seq,
            SAMPLES,
        )


def add_notices(events: Sequence[Event]) -> int:
    """Write the news of numbered events, in the transaction that numbers them: none is lost and none told twice.

    One row serves everybody, so that the relay is as quick with two hundred people as with one. Answers how many rows.
    """
    drafts: dict[str, _Draft] = {}
    for event in events:
        for kind in BY_EVENT.get(event.type, ()):
            if not kind.concerns(event.payload):
                continue
            location = event.payload.get("location_id")
            key = _key(kind, event, location)
            drafts.setdefault(key, _Draft(kind, key, location)).events.append(event)
    if drafts:
        with connection.cursor() as cursor:
            cursor.executemany(WRITE, [draft.values() for draft in drafts.values()])
    return len(drafts)


def _key(kind: Kind, event: Event, location: str | None) -> str:
    if kind.per == "event":
        return f"{kind.name}:{event.uuid}"
    if kind.per == "object":
        return f"{kind.name}:{event.object_id}"
    return f"{kind.name}:{location or ''}:{business_today()}"


@transaction.atomic
def mark_read(*, actor: Actor, through: int, ids: Sequence[UUID] | None = None) -> None:
    """Take notices as read, as somebody saw them: up to the event number ``through``; all of them without ``ids``.

    What came after that number stays new, also in a row that has grown. Repeating changes nothing.

    Raises:
        Forbidden: the actor is no person.
        NotFound: one of them is not theirs to see.
    """
    user_id = person(actor)
    through = max(0, min(through, _head()))
    tell_user(current_tenant(), user_id, READ, {})
    if ids is None:
        NoticeReader.objects.get_or_create(user_id=user_id)
        NoticeReader.objects.filter(user_id=user_id).update(read_to=Greatest(F("read_to"), Value(through)))
        NoticeRead.objects.filter(user_id=user_id, read_to__lte=through).delete()
        return
    wanted = set(ids)
    found = list(seen_by(actor).filter(pk__in=wanted).values_list("pk", "last_seq"))
    if len(found) != len(wanted):
        raise NotFound("There is no such notice.")
    NoticeRead.objects.bulk_create(
        [NoticeRead(user_id=user_id, notice_id=pk, read_to=min(last, through)) for pk, last in sorted(found)],
        update_conflicts=True,
        unique_fields=["user", "notice"],
        update_fields=["read_to"],
    )


@transaction.atomic
def set_wishes(wishes: Mapping[str, str], *, actor: Actor, pushes: Mapping[str, bool] | None = None) -> dict[str, str]:
    """Say how one wants to hear of some kinds of news; the others stay. Answers how every kind is told now.

    ``pushes`` says of some kinds whether they are push messages too.

    The first wish for mail counts for what happens from then on.

    Raises:
        Forbidden: the actor is no person.
        Invalid: there is no such kind or way, or the actor may not see that kind; every wrong one is named.
    """
    user_id, before = person(actor), ways_of(actor)
    errors = [
        {"pointer": f"/wishes/{name}", "code": "unknown", "detail": "There is no such kind of news."}
        if name not in before
        else {"pointer": f"/wishes/{name}", "code": "choice", "detail": f"One of {', '.join(Way.values)}."}
        for name, way in wishes.items()
        if name not in before or way not in Way.values
    ]
    errors += [
        {"pointer": f"/pushes/{name}", "code": "unknown", "detail": "There is no such kind of news."}
        for name in pushes or ()
        if name not in before
    ]
    refuse(*errors)
    changed = {name: way for name, way in sorted(wishes.items()) if before[name] != way}
    if changed:
        if Way.MAIL in changed.values() and Way.MAIL not in before.values():
            NoticeReader.objects.update_or_create(user_id=user_id, defaults={"mailed_to": _head()})
        NoticeWish.objects.bulk_create(
            [NoticeWish(user_id=user_id, kind=name, way=way) for name, way in changed.items()],
            update_conflicts=True,
            unique_fields=["user", "kind"],
            update_fields=["way"],
        )
        record(
            AuditEntry.Action.CHANGE,
            actor=actor,
            object_type="notification_wishes",
            object_id=user_id,
            object_label=actor.label,
            changes={name: (before[name], way) for name, way in changed.items()},
        )
    if pushes:
        _set_pushes(pushes, ways={**before, **changed}, user_id=user_id, actor=actor)
    return {**before, **changed}


def _set_pushes(pushes: Mapping[str, bool], *, ways: Mapping[str, str], user_id: UUID, actor: Actor) -> None:
    before = pushes_of(actor)
    changed = {name: wanted for name, wanted in sorted(pushes.items()) if before[name] != wanted}
    if not changed:
        return
    NoticeWish.objects.bulk_create(
        [NoticeWish(user_id=user_id, kind=name, way=ways[name], push=wanted) for name, wanted in changed.items()],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["push"],
    )
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="notification_wishes",
        object_id=user_id,
        object_label=actor.label,
        changes={f"{name}, pushed": (before[name], wanted) for name, wanted in changed.items()},
    )


def _head() -> int:
    return Stream.objects.filter(pk=1).values_list("head", flat=True).first() or 0


def person(actor: Actor) -> UUID:
    """Whose notices they are. Raises `Forbidden` for a machine, which has the event feed."""
    if actor.kind != "user" or actor.id is None:
        raise Forbidden("Only a person has notifications; a program reads the event feed.")
    return actor.id


def forget_notices(now: datetime | None = None) -> int:
    """Remove notices of which nothing happened for 90 days, in small batches; answers how many."""
    before, gone = (now or datetime.now(UTC)) - KEPT, 0
    while ids := list(Notice.objects.filter(last_at__lt=before).values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            NoticeRead.objects.filter(notice__in=ids)._raw_delete("default")
            Notice.objects.filter(pk__in=ids)._raw_delete("default")
        gone += len(ids)
    return gone
