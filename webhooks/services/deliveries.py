"""Deliveries as rows: made with the event's number, claimed under a lease, finished by whoever holds its token.

Locks, always in this order: the shop's turn (claims only), the endpoint, its deliveries. Endpoints are locked without
their key, so that the relay's inserts never wait for them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Min

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
from webhooks.rules import FAILING_AT_ONCE, KEPT, LEASE, MOST_AT_ONCE, WAITS_SECONDS, judge
from webhooks.services.endpoints import opened, sealed_secrets
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


CHOOSE = """
    WITH flying AS (
        SELECT endpoint_id, count(*) AS number FROM webhooks_delivery WHERE state = 'sending' GROUP BY endpoint_id
    ), ranked AS (
        SELECT due.id, due.place, endpoint.id AS endpoint_id, endpoint.last_served_at
        FROM webhooks_endpoint AS endpoint
        LEFT JOIN flying ON flying.endpoint_id = endpoint.id
        CROSS JOIN LATERAL (
            SELECT id, row_number() OVER (ORDER BY due_at, id) AS place FROM webhooks_delivery
            WHERE endpoint_id = endpoint.id AND state = 'pending' AND due_at <= %(now)s
            ORDER BY due_at, id
            LIMIT least(%(wanted)s, greatest(0, CASE WHEN endpoint.first_failure_at IS NULL
                THEN endpoint.max_in_flight ELSE %(failing)s END - coalesce(flying.number, 0)))
        ) AS due
        WHERE endpoint.is_enabled
    )
    SELECT id, endpoint_id FROM ranked
    ORDER BY place, last_served_at NULLS FIRST, endpoint_id
    LIMIT least(%(wanted)s, greatest(0, %(most)s - (SELECT coalesce(sum(number), 0) FROM flying)))
"""
SERVE = """
    UPDATE webhooks_endpoint SET last_served_at = %(now)s
    WHERE is_enabled AND id IN (
        SELECT id FROM webhooks_endpoint WHERE id = ANY(%(endpoints)s) ORDER BY id FOR NO KEY UPDATE
    )
    RETURNING *
"""
TAKE = """
    UPDATE webhooks_delivery
    SET state = 'sending', attempts = attempts + 1, lease_until = %(until)s, lease_token = %(token)s
    WHERE id = ANY(%(ids)s) AND endpoint_id = ANY(%(endpoints)s) AND state = 'pending'
    RETURNING id, endpoint_id, event_id, body
"""


def claim(now: datetime, *, most: int = 1) -> list[Claimed]:
    """Take up to ``most`` due deliveries, one of each endpoint that has room, then a second of each, and so on.

    Endpoints served longest ago come first. What is under way is counted from the rows themselves (at most
    `MOST_AT_ONCE` of them), so there is no counter that a crash could leave wrong. Claims of one shop take turns:
    otherwise two could fill the same last place.
    """
    token = uuid4()
    limits: dict[str, datetime | int] = {"now": now, "wanted": most, "failing": FAILING_AT_ONCE, "most": MOST_AT_ONCE}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_turn()])
        cursor.execute(CHOOSE, limits)
        chosen = cursor.fetchall()
        if not chosen:
            return []
        wanted = list({row[1] for row in chosen})
        endpoints = {row.pk: row for row in Endpoint.objects.raw(SERVE, {"now": now, "endpoints": wanted})}
        ids = [row[0] for row in chosen]
        lease = {"until": now + LEASE, "token": token, "ids": ids, "endpoints": list(endpoints)}
        taken = list(Delivery.objects.raw(TAKE, lease))
    sealed = sealed_secrets(endpoints, now)
    keys = {pk: _keys(row, [secret for secret in sealed if secret.endpoint_id == pk]) for pk, row in endpoints.items()}
    return [
        Claimed(
            delivery_id=delivery.pk,
            endpoint_id=delivery.endpoint_id,
            token=token,
            url=endpoints[delivery.endpoint_id].url,
            message_id=delivery.message_id,
            body=bytes(delivery.body),
            secrets=keys[delivery.endpoint_id][0],
            headers=keys[delivery.endpoint_id][1],
        )
        for delivery in taken
    ]


def _keys(endpoint: Endpoint, sealed: Sequence[SigningSecret]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The secrets and extra headers of an endpoint in clear; no secrets when they cannot be read."""
    try:
        return tuple(opened(sealed)), headers_of_endpoint(endpoint) if endpoint.sealed_headers else {}
    except Unreadable:
        return (), {}


def _turn() -> int:
    name = f"webhooks:{current_tenant().schema_name}"
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


@transaction.atomic(durable=True)
def finish(results: Sequence[tuple[Claimed, Outcome]], *, spread: Callable[[], float]) -> list[Claimed]:
    """Write down what came of tries and decide what follows; ``spread`` rolls the dice for the next wait of each.

    Answers those whose lease was lost, for which nothing changes: somebody else has the delivery.
    """
    endpoints = {
        row.pk: row
        for row in Endpoint.objects.select_for_update(no_key=True)
        .filter(pk__in={claimed.endpoint_id for claimed, _ in results})
        .order_by("pk")
    }
    deliveries = {
        (row.pk, row.lease_token): row
        for row in Delivery.objects.select_for_update()
        .filter(pk__in=[claimed.delivery_id for claimed, _ in results], endpoint__in=list(endpoints))
        .defer("body")
        .order_by("pk")
    }
    lost, ended, attempts = [], [], []
    for claimed, outcome in sorted(results, key=lambda result: result[1].at):
        delivery = deliveries.get((claimed.delivery_id, claimed.token))
        if delivery is None:
            lost.append(claimed)
            continue
        _judge(endpoints[claimed.endpoint_id], delivery, outcome, spread())
        attempts.append(_attempt(delivery, outcome))
        ended.append(delivery)
    Attempt.objects.bulk_create(attempts)
    _end(ended)
    served = [endpoints[pk] for pk in sorted({delivery.endpoint_id for delivery in ended})]
    Endpoint.objects.bulk_update(served, ["first_failure_at", "last_success_at", "warned_at"])
    return lost


def _judge(endpoint: Endpoint, delivery: Delivery, outcome: Outcome, spread: float) -> None:
    """Put the verdict on both rows, which are locked; the caller saves them."""
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
    delivery.state = State(verdict.state)
    delivery.due_at = verdict.due_at or delivery.due_at
    delivery.finished_at = None if verdict.state == "pending" else outcome.at
    delivery.last_status, delivery.last_error = outcome.status, outcome.error[:300]
    if verdict.state == "done":
        endpoint.first_failure_at, endpoint.last_success_at, endpoint.warned_at = None, outcome.at, None
    elif not is_test:
        endpoint.first_failure_at = endpoint.first_failure_at or outcome.at
        if not verdict.off_because:
            warn_if_due(endpoint, outcome.at)
    if verdict.off_because and endpoint.is_enabled:
        _turn_off(endpoint, verdict.off_because)


def _attempt(delivery: Delivery, outcome: Outcome) -> Attempt:
    return Attempt(
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


END = """
    UPDATE webhooks_delivery AS delivery
    SET state = ended.state, due_at = ended.due_at, finished_at = ended.finished_at,
        last_status = ended.last_status, last_error = ended.last_error, lease_until = NULL, lease_token = NULL
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::smallint[], %s::text[])
        AS ended(id, state, due_at, finished_at, last_status, last_error)
    WHERE delivery.id = ended.id
"""
ENDED = ("pk", "state", "due_at", "finished_at", "last_status", "last_error")


def _end(deliveries: Sequence[Delivery]) -> None:
    """Save what `_judge` decided in one statement; their leases are over."""
    if deliveries:
        with connection.cursor() as cursor:
            cursor.execute(END, [[getattr(row, name) for row in deliveries] for name in ENDED])


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


def next_moment() -> datetime | None:
    """When something is due, or a lease ends, in this shop; maybe long ago. None when nothing waits."""
    due = Delivery.objects.filter(state=State.PENDING, endpoint__is_enabled=True).aggregate(at=Min("due_at"))["at"]
    lease = Delivery.objects.filter(state=State.SENDING).aggregate(at=Min("lease_until"))["at"]
    return min((at for at in (due, lease) if at), default=None)


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
