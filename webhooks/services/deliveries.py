"""Deliveries as rows: made with the event's number, claimed under a lease, finished by whoever holds its token.

Locks, always in this order: the shop's turn (claims only), the endpoint, its deliveries. Endpoints are locked without
their key, so that the relay's inserts never wait for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID, uuid4

from django.db import connection, transaction

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.audit.services import record
from core.outbox.models import Event
from core.outbox.services import emit
from core.secrets import Unreadable
from core.tenancy.context import current_tenant
from webhooks.catalogue import is_wanted
from webhooks.events import WebhookDisabled
from webhooks.message import body_of
from webhooks.models import Attempt, Delivery, Endpoint, SigningSecret
from webhooks.rules import FAILING_AT_ONCE, KEPT, LEASE, MOST_AT_ONCE, WAITS_SECONDS, Verdict, judge
from webhooks.services.endpoints import live_secrets
from webhooks.services.extra_headers import headers_of_endpoint
from webhooks.services.telling import OFF, ask_for_mails, warn_if_due

State: TypeAlias = Delivery.State
Cause: TypeAlias = Delivery.Cause
BATCH = 500


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours until its lease ends. ``secrets`` is empty when they cannot be read."""

    delivery_id: int
    endpoint_id: UUID
    token: UUID
    url: str
    message_id: str
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try."""

    at: datetime
    duration_ms: int
    status: int | None = None
    error: str = ""
    retry_after: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    is_cut: bool = False


def add_deliveries(events: Sequence[Event], *, now: datetime) -> int:
    """Make a delivery for every enabled endpoint that wants an event; a repeat makes none twice.

    Runs in the transaction that numbers the events. The key share lock holds off a deletion of the endpoint, which
    would break the whole batch, and waits for no edit.
    """
    endpoints = list(
        Endpoint.objects.raw("SELECT * FROM webhooks_endpoint WHERE is_enabled ORDER BY created_at, id FOR KEY SHARE")
    )
    rows = []
    for event in events:
        wanting = [endpoint for endpoint in endpoints if is_wanted(endpoint.subscriptions, event.type)]
        body = body_of(event.envelope()) if wanting else b""
        rows += [new_delivery(endpoint, event, body, Cause.EVENT, now) for endpoint in wanting]
    Delivery.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(rows)


def new_delivery(endpoint: Endpoint, event: Event, body: bytes, cause: Cause, now: datetime) -> Delivery:
    """The row of an event for an endpoint, due at once, not yet saved."""
    return Delivery(
        endpoint=endpoint,
        cause=cause,
        event_id=event.uuid,
        event_seq=event.seq,
        event_type=event.type,
        body=body,
        due_at=now,
        created_at=now,
    )


CLAIM = """
    WITH flying AS (
        SELECT endpoint_id, count(*) AS number FROM webhooks_delivery WHERE state = 'sending' GROUP BY endpoint_id
    ), chosen AS (
        SELECT due.id
        FROM webhooks_endpoint AS endpoint
        LEFT JOIN flying ON flying.endpoint_id = endpoint.id
        CROSS JOIN LATERAL (
            SELECT id FROM webhooks_delivery
            WHERE endpoint_id = endpoint.id AND state = 'pending' AND due_at <= %(now)s
            ORDER BY due_at, id LIMIT 1
        ) AS due
        WHERE endpoint.is_enabled
          AND coalesce(flying.number, 0) <
              CASE WHEN endpoint.first_failure_at IS NULL THEN endpoint.max_in_flight ELSE %(failing)s END
          AND (SELECT coalesce(sum(number), 0) FROM flying) < %(most)s
        ORDER BY endpoint.last_served_at NULLS FIRST, endpoint.id
        LIMIT 1
    )
    UPDATE webhooks_delivery AS delivery
    SET state = 'sending', attempts = attempts + 1, lease_until = %(until)s, lease_token = %(token)s
    FROM chosen WHERE delivery.id = chosen.id
    RETURNING delivery.id, delivery.endpoint_id
"""


def claim(now: datetime) -> Claimed | None:
    """Take one due delivery of the endpoint that was served longest ago and has room; None when there is nothing.

    What is under way is counted from the rows themselves (at most `MOST_AT_ONCE` of them), so there is no counter that
    a crash could leave wrong. Claims of one shop take turns: otherwise two could fill the same last place.
    """
    token = uuid4()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_turn()])
        cursor.execute(
            CLAIM,
            {
                "now": now,
                "until": now + LEASE,
                "token": token,
                "failing": FAILING_AT_ONCE,
                "most": MOST_AT_ONCE,
            },
        )
        taken = cursor.fetchone()
        if taken is None:
            return None
        Endpoint.objects.filter(pk=taken[1]).update(last_served_at=now)
    delivery = Delivery.objects.select_related("endpoint").get(pk=taken[0])
    try:
        secrets = tuple(live_secrets(delivery.endpoint_id, now))
        headers = headers_of_endpoint(delivery.endpoint) if delivery.endpoint.sealed_headers else {}
    except Unreadable:
        secrets, headers = (), {}
    return Claimed(
        delivery_id=delivery.pk,
        endpoint_id=delivery.endpoint_id,
        token=token,
        url=delivery.endpoint.url,
        message_id=delivery.message_id,
        body=bytes(delivery.body),
        secrets=secrets,
        headers=headers,
    )


def _turn() -> int:
    name = f"webhooks:{current_tenant().schema_name}"
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


@transaction.atomic(durable=True)
def finish(claimed: Claimed, outcome: Outcome, *, spread: float) -> bool:
    """Write down what came of a try and decide what follows; ``spread`` is the roll of the dice for the next wait.

    Answers False, and changes nothing, when the lease was lost: then somebody else has the delivery.
    """
    endpoint = Endpoint.objects.select_for_update(no_key=True).filter(pk=claimed.endpoint_id).first()
    delivery = (
        Delivery.objects.select_for_update().filter(pk=claimed.delivery_id, lease_token=claimed.token).first()
        if endpoint
        else None
    )
    if endpoint is None or delivery is None:
        return False
    is_test = delivery.cause == Cause.TEST
    verdict = judge(
        tries=delivery.attempts,
        status=outcome.status,
        retry_after=outcome.retry_after,
        now=outcome.at,
        failing_since=endpoint.first_failure_at,
        spread=spread,
        is_test=is_test,
    )
    _write_down(delivery, outcome, verdict)
    if verdict.state == "done":
        endpoint.first_failure_at, endpoint.last_success_at, endpoint.warned_at = None, outcome.at, None
    elif not is_test:
        endpoint.first_failure_at = endpoint.first_failure_at or outcome.at
        if not verdict.off_because:
            warn_if_due(endpoint, outcome.at)
    endpoint.save(update_fields=["first_failure_at", "last_success_at", "warned_at"])
    if verdict.off_because and endpoint.is_enabled:
        _turn_off(endpoint, verdict.off_because)
    return True


def _write_down(delivery: Delivery, outcome: Outcome, verdict: Verdict) -> None:
    Attempt.objects.create(
        delivery=delivery,
        number=delivery.attempts,
        at=outcome.at,
        status=outcome.status,
        error=outcome.error[:300],
        duration_ms=outcome.duration_ms,
        request_headers=outcome.request_headers,
        response_headers=outcome.response_headers,
        response_body=outcome.response_body,
        is_cut=outcome.is_cut,
    )
    delivery.state = State(verdict.state)
    delivery.due_at = verdict.due_at or delivery.due_at
    delivery.finished_at = None if verdict.state == "pending" else outcome.at
    delivery.last_status, delivery.last_error = outcome.status, outcome.error[:300]
    delivery.lease_until = delivery.lease_token = None
    delivery.save(
        update_fields=["state", "due_at", "finished_at", "last_status", "last_error", "lease_until", "lease_token"]
    )


def _turn_off(endpoint: Endpoint, reason: str) -> None:
    """Disable an endpoint and tell the shop. What waits stays: it goes out when somebody turns it on again."""
    endpoint.is_enabled, endpoint.disabled_reason = False, reason
    endpoint.version += 1
    endpoint.save(update_fields=["is_enabled", "disabled_reason", "version"])
    record(
        AuditEntry.Action.CHANGE,
        actor=SYSTEM,
        object_type="webhook_endpoint",
        object_id=endpoint.pk,
        object_label=str(endpoint),
        changes={"is_enabled": (True, False), "disabled_reason": ("", reason)},
    )
    emit(WebhookDisabled(endpoint_id=endpoint.pk, version=endpoint.version, reason=reason), actor=SYSTEM)
    ask_for_mails(endpoint, OFF, mark=str(endpoint.version))


@transaction.atomic(durable=True)
def return_expired(now: datetime) -> int:
    """Give deliveries back whose worker vanished: they are due at once, or dead after their last try."""
    rows = list(
        Delivery.objects.select_for_update(skip_locked=True)
        .filter(state=State.SENDING, lease_until__lt=now)
        .defer("body")
        .order_by("pk")[:BATCH]
    )
    for row in rows:
        is_last = row.attempts >= len(WAITS_SECONDS)
        row.state, row.due_at = (State.DEAD if is_last else State.PENDING), now
        row.finished_at = now if is_last else None
        row.last_status, row.last_error = None, "The worker ended in the middle of this try."
        row.lease_until = row.lease_token = None
        row.save(
            update_fields=["state", "due_at", "finished_at", "last_status", "last_error", "lease_until", "lease_token"]
        )
    return len(rows)


def has_due(now: datetime) -> bool:
    """Whether the shop has something to send now."""
    return Delivery.objects.filter(state=State.PENDING, due_at__lte=now, endpoint__is_enabled=True).exists()


def forget_old(now: datetime) -> int:
    """Remove deliveries with their log after 30 days, and secrets that no longer sign; answers how many deliveries."""
    total = 0
    SigningSecret.objects.filter(expires_at__lte=now).delete()
    while True:
        old = Delivery.objects.filter(created_at__lt=now - KEPT).exclude(state=State.SENDING).order_by("created_at")
        ids = list(old.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return total
        with transaction.atomic(durable=True):
            Attempt.objects.filter(delivery__in=ids)._raw_delete("default")
            Delivery.objects.filter(pk__in=ids)._raw_delete("default")
        total += len(ids)
