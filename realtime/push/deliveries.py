"""What is owed to which browser, claimed under a lease, finished by who holds its token. The rows are the memory."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.audit.services import record
from core.devices.ceilings import within
from core.people.selectors import actor_of_user
from core.tenancy.context import current_tenant
from realtime.models import Notice, NoticeReader, NoticeWish, PushSubscription
from realtime.notices.kinds import KINDS
from realtime.notices.lists import Told, discreet_words_of, in_words, new_to, of_kinds, pushed_kinds
from realtime.push.message import Message
from realtime.push.rules import FRESH, LEASE, MOST_AT_ONCE, MOST_SINGLE, REST, judge
from realtime.push.services import mark_of

COUNTED = 99


@dataclass(frozen=True, slots=True)
class Owed:
    """What a claimed browser is to be told; nothing where no news are for it. ``upto`` is how far it is told then."""

    subscription: PushSubscription
    messages: tuple[Message, ...]
    upto: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of telling a browser: the event up to which it was told, and the answer that ended it."""

    told_to: int
    was_called: bool = False
    status: int | None = None
    retry_after: str = ""
    error: str = ""


def newest_news() -> int:
    """The event of the newest notice; what came after it is no news."""
    return Notice.objects.order_by("-last_seq").values_list("last_seq", flat=True).first() or 0


def _owed_to() -> QuerySet[PushSubscription]:
    return PushSubscription.objects.filter(Q(pushed_to__lt=newest_news()) | Q(test_asked_at__isnull=False))


def next_moment() -> datetime | None:
    """When somebody is to be told something, or a lease ends, in this shop; maybe long ago. None: nothing is owed."""
    free_at = Greatest("due_at", Coalesce("lease_until", "due_at"))
    moment: datetime | None = _owed_to().aggregate(at=Min(free_at))["at"]
    return moment


@transaction.atomic(durable=True)
def claim(now: datetime) -> list[PushSubscription]:
    """Take the browsers that wait longest under a lease; those that somebody else has are left to them."""
    rows = list(
        _owed_to()
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("user", "device__role", "key")
        .filter(Q(lease_until=None) | Q(lease_until__lt=now), due_at__lte=now)
        .order_by("due_at", "pk")[:MOST_AT_ONCE]
    )
    token = uuid4()
    for row in rows:
        row.lease_until, row.lease_token = now + LEASE, token
    PushSubscription.objects.bulk_update(rows, ["lease_until", "lease_token"])
    return rows


def owed(subscription: PushSubscription, *, now: datetime) -> Owed | None:
    """The messages for a claimed browser, under the rights of who is logged in there; None where nobody is any more."""
    user, device = subscription.user, subscription.device
    if not user.is_active or mark_of(user) != subscription.log_in_mark or (device and not device.is_living):
        return None
    actor = within(actor_of_user(user), device)
    upto = max(newest_news(), subscription.pushed_to)
    news = of_kinds(actor, pushed_kinds(actor)).filter(
        last_seq__gt=subscription.pushed_to, last_seq__lte=upto, last_at__gte=now - FRESH
    )
    found = list(new_to(actor, news).order_by("last_seq")[: COUNTED + 1])
    messages = [_test()] if subscription.test_asked_at else []
    if len(found) > MOST_SINGLE:
        messages.append(_several(found))
    else:
        messages += [_message(told) for told in in_words(found, actor)]
    return Owed(subscription, tuple(messages), upto)


def _message(told: Told) -> Message:
    notice, kind = told.notice, told.kind
    words = discreet_words_of(notice)
    # Where several shops are on a phone, or several places in a shop, one wants to know which.
    place = " · ".join(filter(None, (current_tenant().name, told.place)))
    return Message(
        title=words,
        body=place,
        url=told.url or reverse("notices"),
        open=reverse("notice-opened", args=[notice.pk]),
        tag=notice.pk.hex,
        through=notice.last_seq,
        urgency="high" if kind.is_urgent else "normal",
    )


def _several(found: list[Notice]) -> Message:
    count = str(len(found)) if len(found) <= COUNTED else f"{COUNTED}+"
    is_urgent = any(KINDS[one.kind].is_urgent for one in found)
    page = reverse("notices")
    return Message(
        title=f"{count} new notifications",
        body=current_tenant().name,
        url=page,
        open=page,
        tag="news",
        through=found[-1].last_seq,
        urgency="high" if is_urgent else "normal",
    )


def _test() -> Message:
    page = reverse("notice-wishes")
    return Message(
        title="Push messages work",
        body=f"This is the test you asked for. {current_tenant().name}",
        url=page,
        open=page,
        tag="test",
        urgency="high",
    )


@transaction.atomic(durable=True)
def finish(subscription: PushSubscription, outcome: Outcome, *, now: datetime, spread: float) -> None:
    """Write down what came of telling a browser. Without its lease nothing changes: somebody else has it."""
    row = _held(subscription)
    if row is None:
        return
    row.lease_until = row.lease_token = None
    row.pushed_to = max(row.pushed_to, outcome.told_to)
    row.test_asked_at = None if outcome.was_called else row.test_asked_at
    if outcome.was_called:
        verdict = judge(
            status=outcome.status,
            retry_after=outcome.retry_after,
            failures=row.failures,
            failing_since=row.failing_since,
            now=now,
            spread=spread,
        )
        if verdict.is_gone:
            _lose(row, outcome.error or f"The push service answered {outcome.status}.", now)
            return
        row.due_at = now + verdict.wait
        if verdict.is_good:
            row.last_ok_at, row.failures, row.failing_since, row.last_error = now, 0, None, ""
        else:
            row.failures, row.failing_since = row.failures + 1, row.failing_since or now
            row.last_error = (outcome.error or f"The push service answered {outcome.status}.")[:300]
    row.save()


@transaction.atomic(durable=True)
def put_off(subscription: PushSubscription, *, now: datetime) -> None:
    """Give a claimed browser back that could not be told for a reason of ours, such as a key that cannot be read."""
    row = _held(subscription)
    if row is not None:
        row.lease_until, row.lease_token, row.due_at = None, None, now + REST * 60
        row.last_error = "The shop's key for push messages cannot be read."
        row.save(update_fields=["lease_until", "lease_token", "due_at", "last_error"])


@transaction.atomic(durable=True)
def end(subscription: PushSubscription, *, now: datetime) -> None:
    """Forget a claimed browser in which nobody is logged in any more."""
    row = _held(subscription)
    if row is not None:
        _lose(row, "Nobody is logged in there any more.", now)


def _held(subscription: PushSubscription) -> PushSubscription | None:
    rows = PushSubscription.objects.select_for_update().filter(
        pk=subscription.pk, user_id=subscription.user_id, lease_token=subscription.lease_token
    )
    return rows.first()


def _lose(row: PushSubscription, reason: str, now: datetime) -> None:
    """Forget a browser. Where it was the last of its person, the daily mail tells what it would have."""
    record(
        AuditEntry.Action.DELETE,
        actor=SYSTEM,
        object_type="push_subscription",
        object_id=row.pk,
        object_label=str(row),
        changes={"reason": ("", reason)},
    )
    user_id: UUID = row.user_id
    row.delete()
    if PushSubscription.objects.filter(user=user_id).exists():
        return
    reader, _ = NoticeReader.objects.get_or_create(user_id=user_id)
    reader.push_lost_at = now
    if not NoticeWish.objects.filter(user=user_id, way=NoticeWish.Way.MAIL).exists():
        reader.mailed_to = max(reader.mailed_to, row.pushed_to)
    reader.save(update_fields=["push_lost_at", "mailed_to"])
