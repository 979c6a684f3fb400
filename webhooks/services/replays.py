"""Send again: one delivery, all that failed, everything since an instant; and a test.

These may be part of a larger transaction: the API keeps the answer to a repeated request in the same one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Invalid, NotFound
from core.events import CATALOGUE, plain
from core.ids import uuid7
from core.outbox.models import Event
from core.tenancy.context import current_tenant
from webhooks.bell import ring
from webhooks.catalogue import example_envelope, wanted_types
from webhooks.errors import EndpointOff
from webhooks.message import body_of
from webhooks.models import Delivery, Endpoint
from webhooks.permissions import MANAGE_WEBHOOKS
from webhooks.rules import KEPT, MOST_REPLAYED
from webhooks.services.deliveries import BATCH, Cause, State, new_delivery


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many deliveries were made, and the first of them."""

    count: int
    first_id: int | None


@transaction.atomic
def send_test_event(*, endpoint_id: UUID, actor: Actor, event_type: str = "") -> Delivery:
    """Send an example, marked ``"test": true``, of one type (by default the first that the endpoint wants). Tried once.

    Raises:
        Forbidden, NotFound.
        Invalid: there is no such event.
        EndpointOff: the endpoint is turned off.
    """
    actor.require(MANAGE_WEBHOOKS)
    endpoint = _open_endpoint(endpoint_id)
    event_type = event_type or next(iter(wanted_types(endpoint.subscriptions)), "order.completed")
    if event_type not in CATALOGUE:
        raise Invalid(f"There is no event {event_type!r}.", details={"errors": [_unknown(event_type)]})
    now, event_id = datetime.now(UTC), uuid7()
    when = plain(now)
    envelope = {
        **example_envelope(event_type),
        **{"id": str(event_id), "seq": None, "actor": actor.as_json(), "occurred_at": when, "recorded_at": when},
        "test": True,
    }
    delivery = Delivery.objects.create(
        endpoint=endpoint,
        cause=Cause.TEST,
        event_id=event_id,
        event_type=event_type,
        body=body_of(envelope),
        due_at=now,
        created_at=now,
    )
    _note(endpoint, actor, {"test": (None, event_type)})
    return delivery


@transaction.atomic
def replay_delivery(*, delivery_id: int, actor: Actor) -> Delivery:
    """Send one delivery again, with the same ``webhook-id`` and bytes; one that still waits is brought forward.

    Raises:
        Forbidden, NotFound.
        EndpointOff: its endpoint is turned off.
        Conflict: it is being sent right now.
    """
    actor.require(MANAGE_WEBHOOKS)
    known = Delivery.objects.filter(pk=delivery_id).only("endpoint_id").first()
    if known is None:
        raise NotFound("There is no such delivery; they are kept for 30 days.")
    endpoint = _open_endpoint(known.endpoint_id)
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    now = datetime.now(UTC)
    if delivery.state == State.SENDING:
        raise Conflict("It is being sent right now.")
    _note(endpoint, actor, {"replay": (None, str(delivery_id))})
    if delivery.state == State.PENDING:
        delivery.due_at = min(now, delivery.due_at)
        delivery.save(update_fields=["due_at"])
        return delivery
    again = _copy(delivery, now)
    again.save(force_insert=True)
    return again


@transaction.atomic
def replay_failed(*, endpoint_id: UUID, actor: Actor) -> Replayed:
    """Send again every event that was given up and has not been delivered, nor sent again, since.

    At most `MOST_REPLAYED` at once, the oldest first. Raises `Forbidden`, `NotFound`, `EndpointOff`.
    """
    actor.require(MANAGE_WEBHOOKS)
    endpoint = _open_endpoint(endpoint_id)
    better = Delivery.objects.filter(endpoint=endpoint, event_id=OuterRef("event_id")).exclude(state=State.DEAD)
    dead = (
        Delivery.objects.filter(endpoint=endpoint, state=State.DEAD)
        .exclude(cause=Cause.TEST)
        .filter(~Exists(better))
        .order_by("event_id", "-id")
        .distinct("event_id")
    )
    now = datetime.now(UTC)
    return _send(endpoint, [_copy(row, now) for row in dead[:MOST_REPLAYED]], actor, {"replay": (None, "failed")})


@transaction.atomic
def replay_since(*, endpoint_id: UUID, since: datetime, actor: Actor, until: datetime | None = None) -> Replayed:
    """Send every wanted event that was recorded from ``since`` to ``until`` (now), also those never queued before.

    Raises:
        Forbidden, NotFound, EndpointOff.
        Invalid: the range is empty, begins more than 30 days ago, or holds more than `MOST_REPLAYED` events.
    """
    actor.require(MANAGE_WEBHOOKS)
    endpoint = _open_endpoint(endpoint_id)
    now = datetime.now(UTC)
    until = until or now
    if since < now - KEPT or since >= until:
        raise Invalid("Choose a beginning within the last 30 days, and an end after it.")
    events = list(
        Event.objects.filter(
            seq__isnull=False,
            type__in=wanted_types(endpoint.subscriptions),
            recorded_at__gte=since,
            recorded_at__lte=until,
        ).order_by("seq")[: MOST_REPLAYED + 1]
    )
    if len(events) > MOST_REPLAYED:
        raise Invalid(f"That is more than {MOST_REPLAYED:,} events: choose a shorter time.")
    rows = [new_delivery(endpoint, event, body_of(event.envelope()), Cause.REPLAY, now) for event in events]
    return _send(endpoint, rows, actor, {"replay_since": (None, since), "replay_until": (None, until)})


def _send(endpoint: Endpoint, rows: list[Delivery], actor: Actor, what: dict[str, tuple[object, object]]) -> Replayed:
    made = Delivery.objects.bulk_create(rows, batch_size=BATCH)
    _note(endpoint, actor, {**what, "deliveries": (None, len(made))})
    return Replayed(len(made), made[0].pk if made else None)


def _copy(delivery: Delivery, now: datetime) -> Delivery:
    return Delivery(
        endpoint_id=delivery.endpoint_id,
        cause=Cause.TEST if delivery.cause == Cause.TEST else Cause.REPLAY,
        replay_of=delivery.pk,
        event_id=delivery.event_id,
        event_seq=delivery.event_seq,
        event_type=delivery.event_type,
        body=delivery.body,
        due_at=now,
        created_at=now,
    )


def _open_endpoint(endpoint_id: UUID) -> Endpoint:
    """An enabled endpoint that nobody deletes meanwhile; rings for it after the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_enabled FROM webhooks_endpoint WHERE id = %s FOR KEY SHARE", [endpoint_id])
        found = cursor.fetchone()
    if found is None:
        raise NotFound("There is no such webhook endpoint.")
    if not found[0]:
        raise EndpointOff("This endpoint is turned off. Turn it on first.")
    transaction.on_commit(partial(ring, current_tenant().schema_name), robust=True)
    return Endpoint.objects.get(pk=endpoint_id)


def _unknown(event_type: str) -> dict[str, str]:
    return {"pointer": "/type", "code": "unknown", "detail": f"There is no event {event_type!r}."}


def _note(endpoint: Endpoint, actor: Actor, changes: dict[str, tuple[object, object]]) -> None:
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="webhook_endpoint",
        object_id=endpoint.pk,
        object_label=str(endpoint),
        changes=changes,
    )
