"""Browsers that get push messages: let in, let go, tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.db.locks import queue_for
from core.errors import NotFound, fault, refuse
from core.http_out import Refused
from core.outbox.models import Stream
from core.people.models import User
from realtime.models import NoticeReader, PushSubscription
from realtime.notices.services import person
from realtime.push.keys import shop_key
from realtime.push.message import check_endpoint, check_keys
from realtime.push.rules import MOST_PER_PERSON

SUBSCRIBED = "push"
"""Where a log-in says which subscription belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a browser says when it subscribed: the address of its push service and its keys.

    ``instead`` is the address it had before, where the push service gave it another one by itself.
    """

    endpoint: str
    p256dh: str
    auth: str
    instead: str = ""


@transaction.atomic
def subscribe(draft: Draft, *, actor: Actor, device_id: UUID | None = None) -> tuple[PushSubscription, bool]:
    """Have a browser get the push messages of who is logged in there; answers whether it is new.

    The endpoint is what a browser is known by: a repeat gives the same row, another person takes the browser over and
    is told only what happens from now on. A browser of theirs that got another endpoint stays the same row, and is told
    what happened in between. Of more than 20 browsers of a person the oldest goes.

    Raises:
        Forbidden: the actor is no person.
        Invalid: the endpoint is at no push service that is called, or a key is none.
    """
    user_id = person(actor)
    _check(draft)
    queue_for(f"push:{sha256(draft.endpoint.encode()).hexdigest()}")
    user = User.objects.get(pk=user_id)
    row = PushSubscription.objects.select_for_update().filter(endpoint=draft.endpoint).first()
    if draft.instead and draft.instead != draft.endpoint:
        before = PushSubscription.objects.select_for_update().filter(endpoint=draft.instead, user=user).first()
        if before is not None and row is None:
            row, before.endpoint = before, draft.endpoint
            row.failures, row.failing_since, row.last_error = 0, None, ""
            row.lease_until = row.lease_token = None  # whoever tells the old address right now finds nobody there
        elif before is not None:
            before.delete()
    is_new = row is None or row.user_id != user_id
    now = datetime.now(UTC)
    if row is None:
        row = PushSubscription(endpoint=draft.endpoint)
    if is_new:
        row.user, row.pushed_to, row.due_at = user, _head(), now
        row.failures, row.failing_since, row.last_error, row.last_ok_at = 0, None, "", None
    row.device_id, row.client, row.log_in_mark = device_id, actor.client[:300], mark_of(user)
    row.key, row.p256dh, row.auth = shop_key(), draft.p256dh, draft.auth
    row.save()
    NoticeReader.objects.filter(user=user).update(push_lost_at=None)
    if is_new:
        _note(AuditEntry.Action.CREATE, row, actor)
        mine = PushSubscription.objects.filter(user=user).order_by("-made_at", "-pk").values_list("pk", flat=True)
        PushSubscription.objects.filter(pk__in=list(mine[MOST_PER_PERSON:])).delete()
    return row, is_new


def _check(draft: Draft) -> None:
    faults = []
    try:
        check_endpoint(draft.endpoint)
    except Refused as problem:
        faults.append(fault("/endpoint", "address", str(problem)))
    if wrong := check_keys(draft.p256dh, draft.auth):
        faults.append(fault(f"/{wrong}", "key", "This is no key as browsers make it."))
    refuse(*faults)


@transaction.atomic
def unsubscribe(subscription_id: UUID, *, actor: Actor) -> None:
    """Tell a browser nothing any more.

    Raises:
        Forbidden: the actor is no person.
        NotFound: it is none of theirs.
    """
    row = _mine(subscription_id, actor)
    _note(AuditEntry.Action.DELETE, row, actor)
    row.delete()


@transaction.atomic
def ask_test(subscription_id: UUID, *, actor: Actor) -> PushSubscription:
    """Have a message sent that says nothing but that it arrived. Asking again before it left asks for the same one.

    Raises:
        Forbidden: the actor is no person.
        NotFound: it is none of theirs.
    """
    row = _mine(subscription_id, actor)
    now = datetime.now(UTC)
    row.test_asked_at = row.test_asked_at or now
    row.due_at = min(row.due_at, now)
    row.save(update_fields=["test_asked_at", "due_at"])
    return row


def end_of_log_in(subscription_id: UUID) -> None:
    """Forget the browser somebody logs out of."""
    PushSubscription.objects.filter(pk=subscription_id).delete()


def mark_of(user: User) -> str:
    """Changes with the person's password, as their log-ins on other browsers end with it."""
    return sha256(f"push:{user.get_session_auth_hash()}".encode()).hexdigest()


def subscriptions_of(actor: Actor) -> Sequence[PushSubscription]:
    """The browsers that a person gets push messages in, the newest first."""
    rows = PushSubscription.objects.filter(user_id=person(actor)).select_related("device")
    return list(rows.order_by("-made_at", "-pk"))


def _mine(subscription_id: UUID, actor: Actor) -> PushSubscription:
    rows = PushSubscription.objects.select_for_update().filter(pk=subscription_id, user_id=person(actor))
    row = rows.first()
    if row is None:
        raise NotFound("There is no such browser of yours.")
    return row


def _note(action: AuditEntry.Action, row: PushSubscription, actor: Actor) -> None:
    record(action, actor=actor, object_type="push_subscription", object_id=row.pk, object_label=str(row))


def _head() -> int:
    return Stream.objects.filter(pk=1).values_list("head", flat=True).first() or 0
