"""The stock ledger: the only code that changes a stock level.

Order of locks everywhere: the document's own row first, then stock levels by (variant, location), nothing after them.
The statements are RELIABILITY 1, S1 and S2: rows are locked in key order, then changed in one statement that carries
the condition, so that two buyers queue instead of deadlocking and nobody reads a level in Python to write it back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from core.actors import Actor
from core.events import DomainEvent
from core.outbox.services import emit_all
from inventory.errors import OutOfStock
from inventory.events import StockChanged, StockLow, StockOut
from inventory.models import StockException, StockLevel, StockMovement

Kind = StockMovement.Kind
Key = tuple[UUID, UUID]

LOCK = """
    SELECT level.variant_id, level.location_id, level.on_hand
    FROM inventory_stocklevel AS level
    JOIN unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS wanted (variant_id, location_id)
      ON (level.variant_id, level.location_id) = (wanted.variant_id, wanted.location_id)
    ORDER BY level.variant_id, level.location_id
    FOR NO KEY UPDATE OF level
"""

MOVE = """
    WITH wanted AS (
        SELECT * FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[], %(deltas)s::numeric[])
            AS t (variant_id, location_id, delta)
    ), moved AS (
        UPDATE inventory_stocklevel AS level
        SET on_hand = level.on_hand + wanted.delta, version = level.version + 1
        FROM wanted
        WHERE level.variant_id = wanted.variant_id AND level.location_id = wanted.location_id
          AND (NOT %(may_refuse)s OR wanted.delta >= 0 OR level.on_hand - level.reserved + wanted.delta >= 0)
        RETURNING level.variant_id, level.location_id, wanted.delta, level.on_hand, level.reserved,
                  level.low_at, level.version
    ), booked AS (
        INSERT INTO inventory_stockmovement
            (variant_id, location_id, delta, balance, version, kind, reference_type, reference_id, reason,
             actor_kind, actor_id, occurred_at, recorded_at)
        SELECT variant_id, location_id, delta, on_hand, version, %(kind)s, %(reference_type)s, %(reference_id)s,
               %(reason)s, %(actor_kind)s, %(actor_id)s, %(occurred_at)s, now()
        FROM moved
    )
    SELECT moved.variant_id, moved.location_id, variant.sku, moved.delta, moved.on_hand, moved.reserved,
           moved.low_at, moved.version
    FROM moved JOIN inventory_variant AS variant ON variant.id = moved.variant_id
    ORDER BY moved.variant_id, moved.location_id
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """A stock level after one movement."""

    variant_id: UUID
    location_id: UUID
    sku: str
    delta: Decimal
    on_hand: Decimal
    reserved: Decimal
    low_at: Decimal | None
    version: int


@transaction.atomic(savepoint=False)
def move_stock(
    *,
    deltas: Mapping[Key, Decimal],
    kind: StockMovement.Kind,
    reference_type: str,
    reference_id: UUID,
    actor: Actor,
    occurred_at: datetime,
    may_refuse: bool,
    reason: str = "",
    told_before: Sequence[DomainEvent] = (),
) -> list[Moved]:
    """Book signed quantities per (variant, location), all or none.

    A wish (``may_refuse``) that would take more than is available is refused. A fact is booked whatever the record
    says; where it goes below zero a `StockException` is left for a person. One cause books a variant at a location
    once: a repeat is an ``IntegrityError``, so callers make their document unique first. ``told_before`` are the
    events of the cause itself, written by the same statement as those of the stock and before them.

    Raises:
        OutOfStock: a wish cannot be covered; its ``short`` lists every such line. The caller's whole transaction is
            to be given up: there is no savepoint, a sale pays for every statement.
    """
    keys = sorted(key for key, delta in deltas.items() if delta)
    if not keys:
        emit_all(told_before, actor=actor, occurred_at=occurred_at)
        return []
    values: dict[str, Any] = {
        "variants": [variant for variant, _ in keys],
        "locations": [location for _, location in keys],
        "deltas": [deltas[key] for key in keys],
        "kind": kind.value,
        "reference_type": reference_type,
        "reference_id": reference_id,
        "reason": reason[:200],
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "occurred_at": occurred_at,
        "may_refuse": may_refuse,
    }
    with connection.cursor() as cursor:
        if len(keys) > 1:
            cursor.execute(LOCK, values)
        cursor.execute(MOVE, values)
        moved = [Moved(*row) for row in cursor.fetchall()]
        if len(moved) < len(keys):
            # Rare: too little, or a level that no one had used yet. A fact that moved nothing had no level; whoever has
            # made it, we or somebody else in this very moment, it is there now.
            left = sorted(set(keys) - {(m.variant_id, m.location_id) for m in moved})
            if add_levels(left) or not may_refuse:
                again: dict[str, Any] = {
                    "variants": [variant for variant, _ in left],
                    "locations": [location for _, location in left],
                    "deltas": [deltas[key] for key in left],
                }
                cursor.execute(LOCK, again)
                cursor.execute(MOVE, values | again)
                moved += [Moved(*row) for row in cursor.fetchall()]
    if len(moved) < len(keys):
        raise OutOfStock(details={"short": _short(deltas, moved)})
    events, exceptions = _consequences(moved, kind=kind, reference_type=reference_type, reference_id=reference_id)
    if exceptions:
        StockException.objects.bulk_create(exceptions)
    emit_all([*told_before, *events], actor=actor, occurred_at=occurred_at)
    return moved


def lock_levels(keys: Sequence[Key]) -> dict[Key, Decimal]:
    """Lock the stock levels of (variant, location) pairs in key order and answer what is on hand; makes missing ones.

    For facts that say what there is (a count). Call it in the transaction that moves the stock, after the document's
    own row.
    """
    ordered = sorted(set(keys))
    add_levels(ordered)
    with connection.cursor() as cursor:
        cursor.execute(
            LOCK, {"variants": [variant for variant, _ in ordered], "locations": [place for _, place in ordered]}
        )
        return {(variant, place): on_hand for variant, place, on_hand in cursor.fetchall()}


def add_levels(keys: Sequence[Key]) -> int:
    """Make empty stock levels where none are yet; answers how many were made."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inventory_stocklevel (variant_id, location_id, on_hand, reserved, version)
            SELECT variant_id, location_id, 0, 0, 0
            FROM unnest(%s::uuid[], %s::uuid[]) AS t (variant_id, location_id) ORDER BY 1, 2
            ON CONFLICT DO NOTHING RETURNING 1
            """,
            [[variant for variant, _ in keys], [location for _, location in keys]],
        )
        return len(cursor.fetchall())


def _short(deltas: Mapping[Key, Decimal], moved: list[Moved]) -> list[dict[str, str]]:
    booked = {(m.variant_id, m.location_id) for m in moved}
    refused = {key: -delta for key, delta in deltas.items() if delta < 0 and key not in booked}
    levels = {
        (level.variant_id, level.location_id): level
        for level in StockLevel.objects.select_related("variant__product").filter(
            variant_id__in=[variant for variant, _ in refused], location_id__in=[place for _, place in refused]
        )
    }
    return [
        {
            "variant_id": str(key[0]),
            "location_id": str(key[1]),
            "sku": levels[key].variant.sku if key in levels else "",
            "name": levels[key].variant.title if key in levels else "",
            "wanted": format(wanted.normalize(), "f"),
            "available": format(
                max(Decimal(0), levels[key].on_hand - levels[key].reserved).normalize() if key in levels else 0, "f"
            ),
        }
        for key, wanted in sorted(refused.items())
    ]


def _consequences(
    moved: list[Moved], *, kind: StockMovement.Kind, reference_type: str, reference_id: UUID
) -> tuple[list[DomainEvent], list[StockException]]:
    """The events of a movement, and a task for a person where the record went below zero."""
    events: list[DomainEvent] = []
    exceptions: list[StockException] = []
    for m in moved:
        before = m.on_hand - m.delta
        events.append(
            StockChanged(
                variant_id=m.variant_id,
                version=m.version,
                location_id=m.location_id,
                sku=m.sku,
                delta=m.delta,
                on_hand=m.on_hand,
                reserved=m.reserved,
                cause=kind.value,
                reference_type=reference_type,
                reference_id=reference_id,
            )
        )
        same: dict[str, Any] = {
            "variant_id": m.variant_id,
            "version": m.version,
            "location_id": m.location_id,
            "sku": m.sku,
        }
        if m.low_at is not None and m.on_hand <= m.low_at < before:
            events.append(StockLow(**same, on_hand=m.on_hand, low_at=m.low_at))
        if m.on_hand <= 0 < before:
            events.append(StockOut(**same, on_hand=m.on_hand))
        if m.delta < 0 and m.on_hand < 0:
            exceptions.append(
                StockException(
                    kind=StockException.Kind.OVERSOLD,
                    variant_id=m.variant_id,
                    location_id=m.location_id,
                    quantity=min(-m.on_hand, -m.delta),
                    reference_type=reference_type,
                    reference_id=reference_id,
                )
            )
    return events, exceptions
