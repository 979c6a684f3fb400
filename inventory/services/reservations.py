"""Set goods aside until an instant. Whether a reservation still holds is read from its own row, swept or not.

Order of locks: the reservations' rows by id, then the stock levels. Who sells locks them the same way, so that a sale,
a release and the sweep of one reservation follow each other and only the first of them gets it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from core.actors import SYSTEM, Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Invalid, NotFound, ReusedIdentifier, StaleVersion
from core.jobs.services import enqueue
from core.locations.selectors import active_location
from core.outbox.services import emit_all
from core.retry import with_locks
from inventory.errors import ReservationOver
from inventory.events import StockReleased, StockReserved
from inventory.models import StockReservation, Variant
from inventory.permissions import RESERVE_STOCK
from inventory.services.ledger import Key, set_aside
from inventory.services.naming import trim_all_named

LONGEST = timedelta(days=90)
MOST_UNITS = Decimal(10) ** 9
BATCH = 200
SWEEP = "inventory.expire_reservations"
SWEEP_EVERY = timedelta(minutes=5)
State = StockReservation.State

SELL = """
    WITH mine AS MATERIALIZED (
        SELECT id FROM inventory_stockreservation
        WHERE id = ANY(%(ids)s) AND location_id = %(location)s ORDER BY id FOR UPDATE
    )
    UPDATE inventory_stockreservation AS held
    SET state = 'sold', ended_at = clock_timestamp(), version = held.version + 1,
        reference_type = %(reference_type)s, reference_id = %(reference_id)s
    FROM mine
    WHERE held.id = mine.id AND held.state = 'live' AND held.expires_at > clock_timestamp()
      AND held.reference_id IS NULL
    RETURNING held.id, held.variant_id, held.quantity
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """What somebody wants set aside. ``reservation_id`` is theirs and makes repeats harmless."""

    reservation_id: UUID
    variant_id: UUID
    location_id: UUID
    quantity: Decimal
    expires_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reserved:
    """The reservation, and whether this call made it (False: it was there already)."""

    reservation: StockReservation
    is_new: bool


def reserve(wanted: Reserve, *, actor: Actor) -> Reserved:
    """Set goods aside at one location until an instant, if they are there and free.

    Safe to repeat with the same id and content; a repeat answers the reservation as it is by then.

    Raises:
        Forbidden: the actor may not reserve here.
        Invalid, NotFound: the quantity, the instant, the variant or the location is wrong.
        OutOfStock: less is available.
        ReusedIdentifier: the id belongs to another reservation.
        Busy: the locks were not to be had in time.
    """
    actor.require(RESERVE_STOCK, at=wanted.location_id)
    try:
        active_location(wanted.location_id)
        variant = _checked(wanted)
    except (Invalid, NotFound) as refusal:
        return _twin(wanted, actor, refusal)
    row = StockReservation(
        id=wanted.reservation_id,
        variant=variant,
        location_id=wanted.location_id,
        quantity=wanted.quantity,
        expires_at=wanted.expires_at,
        note=wanted.note[:200],
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
    )
    try:
        with_locks(lambda: _commit(row, actor))
    except IntegrityError as conflict:
        return _twin(wanted, actor, conflict)
    plan_sweep(row.expires_at)
    return Reserved(row, True)


def _checked(wanted: Reserve) -> Variant:
    errors = []
    if not 0 < wanted.quantity <= MOST_UNITS:
        errors.append({"pointer": "/quantity", "code": "range", "detail": "More than zero."})
    errors += _wrong_time(wanted.expires_at)
    variant = Variant.objects.filter(pk=wanted.variant_id, is_stocked=True).first()
    if variant is None:
        detail = "There is no such variant, or it is not stocked."
        errors.append({"pointer": "/variant", "code": "unknown", "detail": detail})
    if errors or variant is None:
        raise Invalid(errors[0]["detail"], details={"errors": errors})
    return variant


def _wrong_time(expires_at: datetime) -> list[dict[str, str]]:
    now = datetime.now(UTC)
    if now < expires_at <= now + LONGEST:
        return []
    detail = f"Set aside until some time from now, at most {LONGEST.days} days ahead."
    return [{"pointer": "/expires_at", "code": "time", "detail": detail}]


@transaction.atomic(durable=True)
def _commit(row: StockReservation, actor: Actor) -> None:
    row.save(force_insert=True)
    _record(row, actor, AuditEntry.Action.CREATE, {"quantity": (None, row.quantity), "until": (None, row.expires_at)})
    key = (row.variant_id, row.location_id)
    emit_all([told_reserved(row, *set_aside({key: row.quantity})[key])], actor=actor)


def _twin(wanted: Reserve, actor: Actor, conflict: Exception) -> Reserved:
    stored = StockReservation.objects.select_related("variant__product").filter(pk=wanted.reservation_id).first()
    if stored is None:
        raise conflict
    if stored.created_by_id != actor.id:
        raise NotFound("There is no such reservation.") from conflict
    same = (stored.variant_id, stored.location_id, stored.quantity, stored.note) == (
        wanted.variant_id,
        wanted.location_id,
        wanted.quantity,
        wanted.note[:200],
    )
    if not same or (stored.version == 1 and stored.expires_at != wanted.expires_at):
        raise ReusedIdentifier("This id belongs to a reservation with other content.") from conflict
    return Reserved(stored, False)


@transaction.atomic
def extend(
    reservation_id: UUID, *, expires_at: datetime, actor: Actor, expected_version: int | None = None
) -> StockReservation:
    """Set another end, later or earlier. The same end again changes nothing.

    Raises:
        NotFound: there is no such reservation at a location where the actor may reserve.
        ReservationOver: it is sold, released or expired, swept or not.
        Invalid: the instant is past or too far ahead.
        Conflict: an order holds it.
        StaleVersion: it is not at ``expected_version`` any more.
    """
    row = _locked(reservation_id, actor, expected_version)
    if row.state != State.LIVE or row.expires_at <= datetime.now(UTC):
        raise ReservationOver(details={"reservations": [str(row.pk)]})
    if row.expires_at == expires_at:
        return row
    if errors := _wrong_time(expires_at):
        raise Invalid(errors[0]["detail"], details={"errors": errors})
    before, row.expires_at, row.version = row.expires_at, expires_at, row.version + 1
    row.save(update_fields=["expires_at", "version"])
    _record(row, actor, AuditEntry.Action.CHANGE, {"until": (before, expires_at)})
    level = row.variant.levels.get(location=row.location_id)
    emit_all([told_reserved(row, level.on_hand, level.reserved)], actor=actor)
    _enqueue_sweep(row.expires_at)
    return row


@transaction.atomic
def release(reservation_id: UUID, *, actor: Actor, expected_version: int | None = None) -> StockReservation:
    """Give the goods back. A reservation that is over stays as it ended.

    Raises:
        NotFound: there is no such reservation at a location where the actor may reserve.
        Conflict: an order holds it.
        StaleVersion: it is not at ``expected_version`` any more.
    """
    row = _locked(reservation_id, actor, expected_version)
    if row.state == State.LIVE:
        _end([row], State.RELEASED, actor)
        _record(row, actor, AuditEntry.Action.CHANGE, {"state": (State.LIVE.value, State.RELEASED.value)})
    return row


def _locked(reservation_id: UUID, actor: Actor, expected_version: int | None) -> StockReservation:
    rows = StockReservation.objects.select_for_update(of=("self",)).select_related("variant__product", "location")
    places = actor.places(RESERVE_STOCK)
    row = (rows if places is None else rows.filter(location__in=places)).filter(pk=reservation_id).first()
    if row is None:
        raise NotFound("There is no such reservation.")
    if row.state == State.LIVE and row.reference_id is not None:
        raise Conflict("These goods are set aside for an order: send them off, or cancel the order.")
    if expected_version is not None and row.version != expected_version:
        raise StaleVersion(details={"version": row.version})
    return row


def sell_reserved(
    reservation_ids: Collection[UUID],
    *,
    location_id: UUID,
    reference_type: str,
    reference_id: UUID,
    must_all: bool = True,
) -> dict[UUID, Decimal]:
    """Turn live reservations into a sale, in its transaction, after its own row and before `move_stock`.

    Answers `Change.reserved` by variant: (negative) units that are the buyer's. What of a reservation the sale does
    not take is free again. A fact (``must_all`` False) takes those that still hold.

    Raises:
        ReservationOver: one is not at this location, sold, released or expired, swept or not.
    """
    if not reservation_ids:
        return {}
    values: dict[str, Any] = {
        "ids": sorted(set(reservation_ids)),
        "location": location_id,
        "reference_type": reference_type,
        "reference_id": reference_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(SELL, values)
        sold = cursor.fetchall()
    if must_all and len(sold) < len(set(reservation_ids)):
        over = sorted(set(reservation_ids) - {row[0] for row in sold})
        raise ReservationOver(details={"reservations": [str(one) for one in over]})
    taken: dict[UUID, Decimal] = defaultdict(Decimal)
    for _, variant_id, quantity in sold:
        taken[variant_id] -= quantity
    return dict(taken)


@transaction.atomic(durable=True)
def expire_reservations(*, actor: Actor = SYSTEM) -> int:
    """Give back what is past its time, at most a batch; answers how many. Those that somebody holds are left to him."""
    rows = list(
        StockReservation.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("variant")
        .filter(state=State.LIVE, expires_at__lte=datetime.now(UTC))
        .order_by("expires_at", "pk")[:BATCH]
    )
    _end(rows, State.EXPIRED, actor)
    return len(rows)


def _end(rows: Sequence[StockReservation], state: StockReservation.State, actor: Actor) -> None:
    """The rows are locked and live; their goods are free from here on."""
    now = datetime.now(UTC)
    units: dict[Key, Decimal] = defaultdict(Decimal)
    for row in rows:
        row.state, row.ended_at, row.version = state, now, row.version + 1
        units[row.variant_id, row.location_id] -= row.quantity
    StockReservation.objects.bulk_update(rows, ["state", "ended_at", "version"])
    trim_all_named({row.reference_id for row in rows if row.reference_id})
    levels: Mapping[Key, tuple[Decimal, Decimal]] = set_aside(units)
    emit_all([told_released(row, *levels[row.variant_id, row.location_id]) for row in rows], actor=actor)


def told_reserved(row: StockReservation, on_hand: Decimal, reserved: Decimal) -> StockReserved:
    """What is told of goods set aside."""
    return StockReserved(
        reservation_id=row.pk,
        version=row.version,
        variant_id=row.variant_id,
        location_id=row.location_id,
        sku=row.variant.sku,
        quantity=row.quantity,
        expires_at=row.expires_at,
        on_hand=on_hand,
        reserved=reserved,
    )


def told_released(row: StockReservation, on_hand: Decimal, reserved: Decimal) -> StockReleased:
    """What is told of goods that are free again."""
    return StockReleased(
        reservation_id=row.pk,
        version=row.version,
        variant_id=row.variant_id,
        location_id=row.location_id,
        sku=row.variant.sku,
        quantity=row.quantity,
        because=row.state,
        on_hand=on_hand,
        reserved=reserved,
    )


def _record(
    row: StockReservation, actor: Actor, action: AuditEntry.Action, changes: dict[str, tuple[object, object]]
) -> None:
    record(
        action,
        actor=actor,
        object_type="stock_reservation",
        object_id=row.pk,
        object_label=f"{row.quantity.normalize():f} {row.variant.sku}",
        changes=changes,
    )


def plan_sweep(expires_at: datetime) -> None:
    """Outside the transaction of the goods: nobody waits for a job's row under a lock. The nightly sweep finds all."""
    with transaction.atomic():
        _enqueue_sweep(expires_at)


def _enqueue_sweep(expires_at: datetime) -> None:
    """One sweep for all that ends in the same five minutes."""
    step = int(SWEEP_EVERY.total_seconds())
    at = datetime.fromtimestamp((int(expires_at.timestamp()) // step + 1) * step, UTC)
    enqueue(SWEEP, actor=SYSTEM, dedupe_key=f"until:{at.isoformat()}", run_after=at)
