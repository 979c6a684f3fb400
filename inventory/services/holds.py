"""Goods set aside for a document, for as long as it is open: parts of the services that own the document.

Call them in the transaction of the document, after its own row. Locks: the reservations by id, then the levels.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.events import DomainEvent
from core.ids import uuid7
from inventory.models import StockReservation, Variant
from inventory.services.ledger import Cause, Key, set_aside
from inventory.services.naming import trim_named
from inventory.services.reservations import told_released, told_reserved

NEVER = datetime(2999, 12, 31, tzinfo=UTC)
"""The end of what is set aside for a document: the document's own end comes first."""
State = StockReservation.State


def hold(units: Mapping[Key, Decimal], *, cause: Cause, actor: Actor, note: str = "") -> list[DomainEvent]:
    """Set units aside for a document, all or none; answers the events for the caller to emit.

    Raises:
        OutOfStock: less is available; ``short`` names every such line.
    """
    rows = _rows(units, cause, actor, note)
    StockReservation.objects.bulk_create(rows)
    levels = set_aside(units)
    return [told_reserved(row, *levels[row.variant_id, row.location_id]) for row in rows]


def hold_instead(units: Mapping[Key, Decimal], *, cause: Cause, actor: Actor, note: str = "") -> list[DomainEvent]:
    """Let a document hold these units in place of what it holds, all or none: only the difference is moved.

    Answers the events for the caller to emit. Raises as `hold`.
    """
    rows, held = _held(cause), dict[Key, Decimal]()
    for row in rows:
        key = (row.variant_id, row.location_id)
        held[key] = held.get(key, Decimal(0)) + row.quantity
    nothing = Decimal(0)
    more = {key: units.get(key, nothing) - held.get(key, nothing) for key in held.keys() | units.keys()}
    more = {key: quantity for key, quantity in more.items() if quantity}
    gone = [row for row in rows if (row.variant_id, row.location_id) in more]
    _end(gone)
    fresh = _rows({key: units[key] for key in more if units.get(key)}, cause, actor, note)
    StockReservation.objects.bulk_create(fresh)
    trim_named(cause=cause)
    levels = set_aside(more)
    return [
        *(told_released(row, *levels[row.variant_id, row.location_id]) for row in gone),
        *(told_reserved(row, *levels[row.variant_id, row.location_id]) for row in fresh),
    ]


def hold_back(
    units: Mapping[Key, Decimal], *, until: datetime, cause: Cause, actor: Actor, note: str = ""
) -> dict[UUID, Decimal]:
    """Set units that come in now aside until an instant, by variant: the caller adds them as `Change.reserved` to the
    movement that brings them, and plans the sweep (`orders.services` after their transaction: `plan_sweep`).
    """
    StockReservation.objects.bulk_create(_rows(units, cause, actor, note, until))
    return {variant_id: quantity for (variant_id, _), quantity in units.items()}


def _rows(
    units: Mapping[Key, Decimal], cause: Cause, actor: Actor, note: str, until: datetime = NEVER
) -> list[StockReservation]:
    variants = Variant.objects.in_bulk({variant_id for variant_id, _ in units})
    return [
        StockReservation(
            id=uuid7(),
            variant=variants[variant_id],
            location_id=location_id,
            quantity=quantity,
            expires_at=until,
            reference_type=cause[0],
            reference_id=cause[1],
            note=note[:200],
            created_by_kind=actor.kind,
            created_by_id=actor.id,
            created_by_label=actor.label[:200],
        )
        for (variant_id, location_id), quantity in sorted(units.items())
    ]


def _end(rows: Sequence[StockReservation]) -> None:
    for row in rows:
        row.state, row.ended_at, row.version = State.RELEASED, datetime.now(UTC), row.version + 1
    StockReservation.objects.bulk_update(rows, ["state", "ended_at", "version"])


def take_held(units: Mapping[UUID, Decimal], *, cause: Cause) -> dict[UUID, Decimal]:
    """Use up what a document holds, by variant; answers `Change.reserved` for `move_stock`, (negative) units."""
    taken: dict[UUID, Decimal] = {}
    rows = _held(cause)
    for row in rows:
        part = min(row.quantity, units.get(row.variant_id, Decimal(0)) + taken.get(row.variant_id, Decimal(0)))
        if part <= 0:
            continue
        taken[row.variant_id] = taken.get(row.variant_id, Decimal(0)) - part
        row.version += 1
        if part == row.quantity:
            row.state, row.ended_at = State.SOLD, datetime.now(UTC)
        else:
            row.quantity -= part
    StockReservation.objects.bulk_update(rows, ["quantity", "state", "ended_at", "version"])
    trim_named(cause=cause)
    return taken


def release_held(*, cause: Cause) -> list[DomainEvent]:
    """Free what a document still holds; answers the events for the caller to emit."""
    rows, units = _held(cause), dict[Key, Decimal]()
    for row in rows:
        key = (row.variant_id, row.location_id)
        units[key] = units.get(key, Decimal(0)) - row.quantity
    _end(rows)
    trim_named(cause=cause)
    levels = set_aside(units)
    return [told_released(row, *levels[row.variant_id, row.location_id]) for row in rows]


def _held(cause: Cause) -> list[StockReservation]:
    rows = StockReservation.objects.select_for_update(of=("self",)).select_related("variant")
    return list(rows.filter(reference_type=cause[0], reference_id=cause[1], state=State.LIVE).order_by("pk"))
