"""The stock ledger: the only code that changes a stock level.

Order of locks everywhere: the document's own row first, then stock levels by (variant, location), nothing after them.
The statement is RELIABILITY 1, S1 and S2 in one: rows are locked in key order, then changed if the condition holds, so
that two buyers queue instead of deadlocking and nobody reads a level in Python to write it back. The cost of goods is a
moving average, kept by the same statement (docs/model.md).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from core.actors import Actor
from core.db.prepared import prepared_cursor
from core.events import DomainEvent
from core.outbox.services import emit_all
from inventory.errors import OutOfStock
from inventory.events import StockChanged, StockLow, StockOut
from inventory.models import StockException, StockLevel, StockMovement, Variant
from inventory.services.alerts import watch
from inventory.services.changes import Cause, Change, Key, Level, Moved
from inventory.services.rebasing import counted_since
from inventory.services.tracking import follow

__all__ = [
    "Cause",
    "Change",
    "Key",
    "Level",
    "Moved",
    "add_levels",
    "lock_levels",
    "lock_states",
    "move_stock",
    "set_aside",
]

Kind = StockMovement.Kind
TRACKED = (Variant.Tracking.LOT, Variant.Tracking.SERIAL)

LOCK = """
    SELECT level.variant_id, level.location_id, level.on_hand, level.damaged, level.in_transit, level.average_cost
    FROM inventory_stocklevel AS level
    JOIN unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS wanted (variant_id, location_id)
      ON (level.variant_id, level.location_id) = (wanted.variant_id, wanted.location_id)
    ORDER BY level.variant_id, level.location_id
    FOR NO KEY UPDATE OF level
"""

# `held` locks the rows in key order and reads what they are by then; `priced` says at which cost the units go or come
# and what the average is afterwards; `moved` changes the rows, each only if it can be.
MOVE = """
    WITH wanted AS (
        SELECT * FROM unnest(
            %(variants)s::uuid[], %(locations)s::uuid[], %(deltas)s::numeric[], %(damaged)s::numeric[],
            %(in_transit)s::numeric[], %(reserved)s::numeric[], %(costs)s::numeric[]
        ) AS t (variant_id, location_id, delta, damaged, in_transit, reserved, cost)
    ), held AS MATERIALIZED (
        SELECT level.variant_id, level.location_id, level.average_cost,
               level.on_hand + level.damaged + level.in_transit AS units,
               wanted.delta, wanted.damaged, wanted.in_transit, wanted.reserved, wanted.cost,
               wanted.delta + wanted.damaged + wanted.in_transit AS more
        FROM inventory_stocklevel AS level JOIN wanted USING (variant_id, location_id)
        ORDER BY level.variant_id, level.location_id
        FOR NO KEY UPDATE OF level
    ), costed AS (
        SELECT held.*, variant.sku, variant.tracking,
               CASE WHEN held.more > 0 THEN coalesce(held.cost, held.average_cost, variant.unit_cost)
                    ELSE coalesce(held.average_cost, variant.unit_cost) END AS unit_cost
        FROM held JOIN inventory_variant AS variant ON variant.id = held.variant_id
    ), priced AS (
        SELECT costed.*,
               CASE WHEN more > 0 AND units > 0 AND average_cost IS NOT NULL
                    THEN round((units * average_cost + more * unit_cost) / (units + more), 4)
                    ELSE unit_cost END AS new_cost
        FROM costed
    ), moved AS (
        UPDATE inventory_stocklevel AS level
        SET on_hand = level.on_hand + priced.delta, damaged = level.damaged + priced.damaged,
            in_transit = level.in_transit + priced.in_transit, reserved = level.reserved + priced.reserved,
            average_cost = priced.new_cost, version = level.version + 1
        FROM priced
        WHERE level.variant_id = priced.variant_id AND level.location_id = priced.location_id
          AND (NOT %(may_refuse)s OR priced.delta >= 0 OR (
               level.on_hand + priced.delta >= 0
               AND (priced.delta >= priced.reserved
                    OR level.on_hand - level.reserved + priced.delta - priced.reserved >= 0)))
        RETURNING level.variant_id, level.location_id, priced.sku, priced.tracking, priced.delta,
                  priced.damaged AS damaged_delta, priced.in_transit AS in_transit_delta, level.on_hand,
                  level.reserved, level.damaged, level.in_transit, coalesce(level.low_at, level.cover_at) AS low_at,
                  level.over_at,
                  priced.unit_cost, level.version,
                  coalesce((priced.units + priced.more) * priced.new_cost
                           - priced.units * coalesce(priced.average_cost, 0)
                           - priced.more * priced.unit_cost, 0) AS revaluation
    ), booked AS (
        INSERT INTO inventory_stockmovement
            (variant_id, location_id, delta, damaged, in_transit, balance, unit_cost, revaluation, version, kind,
             reference_type, reference_id, reason, actor_kind, actor_id, occurred_at, recorded_at)
        SELECT variant_id, location_id, delta, damaged_delta, in_transit_delta, on_hand, unit_cost, revaluation,
               version, %(kind)s, %(reference_type)s, %(reference_id)s, %(reason)s, %(actor_kind)s, %(actor_id)s,
               %(occurred_at)s, now()
        FROM moved
    )
    SELECT variant_id, location_id, sku, tracking, delta, damaged_delta, in_transit_delta, on_hand, reserved, damaged,
           in_transit, low_at, over_at, unit_cost, version
    FROM moved ORDER BY variant_id, location_id
"""

# Setting goods aside moves none: it changes what is free, and needs no line in the ledger.
SET_ASIDE = """
    WITH wanted AS (
        SELECT * FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[], %(units)s::numeric[])
            AS t (variant_id, location_id, units)
    ), held AS MATERIALIZED (
        SELECT level.variant_id, level.location_id, wanted.units
        FROM inventory_stocklevel AS level JOIN wanted USING (variant_id, location_id)
        ORDER BY level.variant_id, level.location_id
        FOR NO KEY UPDATE OF level
    )
    UPDATE inventory_stocklevel AS level SET reserved = level.reserved + held.units
    FROM held
    WHERE level.variant_id = held.variant_id AND level.location_id = held.location_id
      AND (held.units <= 0 OR level.on_hand - level.reserved >= held.units)
    RETURNING level.variant_id, level.location_id, level.on_hand, level.reserved
"""


@transaction.atomic(savepoint=False)
def move_stock(
    *,
    deltas: Mapping[Key, Decimal | Change],
    kind: StockMovement.Kind,
    reference_type: str,
    reference_id: UUID,
    actor: Actor,
    occurred_at: datetime,
    may_refuse: bool,
    reason: str = "",
    told_before: Sequence[DomainEvent] = (),
) -> list[Moved]:
    """Book signed quantities per (variant, location), all or none: of what is on hand, or a `Change` of several states.

    A wish (``may_refuse``) that would take more than is available is refused. A fact is booked whatever the record
    says; where it goes below zero a `StockException` is left for a person. One cause books a variant at a location
    once: a repeat is an ``IntegrityError``, so callers make their document unique first. ``told_before`` are the
    events of the cause itself, written by the same statement as those of the stock and before them.

    Raises:
        OutOfStock: a wish cannot be covered; its ``short`` lists every such line. The caller's whole transaction is
            to be given up: there is no savepoint, a sale pays for every statement.
        LotExpired: only expired or blocked lots are left for a wish.
        SerialRefused: a wish names a piece that is not here, or not as many pieces as it takes.
    """
    changes = {key: made for key, given in deltas.items() if (made := _change(given)).is_any}
    if not changes:
        emit_all(told_before, actor=actor, occurred_at=occurred_at)
        return []
    values: dict[str, Any] = {
        "kind": kind.value,
        "reference_type": reference_type,
        "reference_id": reference_id,
        "reason": reason[:200],
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "occurred_at": occurred_at,
        "may_refuse": may_refuse,
    }
    moved = _move(changes, values)
    if len(moved) < len(changes):
        # Rare: too little, or a level that no one had used yet. A fact that moved nothing had no level; whoever has
        # made it, we or somebody else in this very moment, it is there now.
        left = {key: changes[key] for key in changes.keys() - {(m.variant_id, m.location_id) for m in moved}}
        if add_levels(sorted(left)) or not may_refuse:
            moved += _move(left, values)
    if len(moved) < len(changes):
        booked = {(m.variant_id, m.location_id) for m in moved}
        wanted = {key: -change.on_hand for key, change in changes.items() if change.on_hand < 0 and key not in booked}
        raise OutOfStock(details={"short": _short(wanted)})
    events, exceptions = _consequences(moved, kind=kind, reference_type=reference_type, reference_id=reference_id)
    events += watch(moved)
    if tracked := [one for one in moved if one.tracking in TRACKED]:
        cause = (reference_type, reference_id)
        exceptions += follow(tracked, changes, kind=kind, cause=cause, may_refuse=may_refuse)
    if exceptions:
        StockException.objects.bulk_create(exceptions)
    emit_all([*told_before, *events], actor=actor, occurred_at=occurred_at)
    for instant, opposite in counted_since(moved, kind=kind, occurred_at=occurred_at).items():
        move_stock(
            deltas=opposite,
            kind=Kind.REBASE,
            reference_type=reference_type,
            reference_id=reference_id,
            actor=actor,
            occurred_at=instant,
            may_refuse=False,
            reason="known late; a count had seen it",
        )
    return moved


def _change(given: Decimal | Change) -> Change:
    return given if isinstance(given, Change) else Change(on_hand=given)


def _move(changes: Mapping[Key, Change], values: Mapping[str, Any]) -> list[Moved]:
    keys = sorted(changes)
    ordered = [changes[key] for key in keys]
    with prepared_cursor() as cursor:
        cursor.execute(
            MOVE,
            {
                **values,
                "variants": [variant for variant, _ in keys],
                "locations": [location for _, location in keys],
                "deltas": [change.on_hand for change in ordered],
                "damaged": [change.damaged for change in ordered],
                "in_transit": [change.in_transit for change in ordered],
                "reserved": [change.reserved for change in ordered],
                "costs": [change.unit_cost for change in ordered],
            },
        )
        return [Moved(*row) for row in cursor.fetchall()]


def lock_levels(keys: Sequence[Key]) -> dict[Key, Decimal]:
    """What is on hand of (variant, location) pairs, locked: see `lock_states`."""
    return {key: level.on_hand for key, level in lock_states(keys).items()}


def lock_states(keys: Sequence[Key]) -> dict[Key, Level]:
    """Lock the stock levels of (variant, location) pairs in key order and answer what they are; makes missing ones.

    For facts that say what there is (a count). Call it in the transaction that moves the stock, after the document's
    own row.
    """
    ordered = sorted(set(keys))
    add_levels(ordered)
    with connection.cursor() as cursor:
        cursor.execute(
            LOCK, {"variants": [variant for variant, _ in ordered], "locations": [place for _, place in ordered]}
        )
        return {(variant, place): Level(*values) for variant, place, *values in cursor.fetchall()}


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


def set_aside(units: Mapping[Key, Decimal]) -> dict[Key, tuple[Decimal, Decimal]]:
    """Reserve (more than zero: a wish) or give back (less) units per (variant, location), all or none.

    Answers what is on hand and reserved afterwards. Call it in the transaction of the reservations' rows, after them.

    Raises:
        OutOfStock: as `move_stock` does; the caller's whole transaction is to be given up.
    """
    keys = sorted(key for key, quantity in units.items() if quantity)
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            SET_ASIDE,
            {
                "variants": [variant for variant, _ in keys],
                "locations": [place for _, place in keys],
                "units": [units[key] for key in keys],
            },
        )
        done = {(variant, place): (on_hand, reserved) for variant, place, on_hand, reserved in cursor.fetchall()}
    if len(done) < len(keys):
        raise OutOfStock(details={"short": _short({key: units[key] for key in keys if key not in done})})
    return done


def _short(refused: Mapping[Key, Decimal]) -> list[dict[str, str]]:
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
                damaged=m.damaged,
                in_transit=m.in_transit,
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
