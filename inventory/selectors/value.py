"""What there was at an instant and what it was worth, read from the ledger; nothing is kept for it.

Today is known from the levels, and the beginning is nothing; the statement walks the shorter way from one of them.
Facts count when they happened, however late they were booked, so a figure of the past changes only when something
of the past becomes known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from inventory.models import StockMovement
from inventory.reasons import REASONS

LOSSES = [code for code, reason in REASONS.items() if reason.is_loss]

# How much moved on one side of the instant, by variant and location. The index on occurred_at is a summary of blocks:
# the ledger is written in about the order of time.
MOVED = """
    SELECT variant_id, location_id, sum(delta) AS on_hand, sum(damaged) AS damaged, sum(in_transit) AS in_transit,
           sum((delta + damaged + in_transit) * coalesce(unit_cost, 0) + revaluation) AS value
    FROM inventory_stockmovement
    WHERE occurred_at {side} %(at)s AND (%(places)s::uuid[] IS NULL OR location_id = ANY(%(places)s))
    GROUP BY variant_id, location_id
"""
BACKWARD = f"""
    SELECT level.variant_id, level.location_id, level.on_hand - coalesce(moved.on_hand, 0),
           level.damaged - coalesce(moved.damaged, 0), level.in_transit - coalesce(moved.in_transit, 0),
           (level.on_hand + level.damaged + level.in_transit) * coalesce(level.average_cost, 0)
               - coalesce(moved.value, 0)
    FROM inventory_stocklevel AS level
    LEFT JOIN ({MOVED.format(side=">")}) AS moved USING (variant_id, location_id)
    WHERE %(places)s::uuid[] IS NULL OR level.location_id = ANY(%(places)s)
"""  # noqa: S608  our own text
FORWARD = MOVED.format(side="<=")

# The same by location alone: nothing to be grouped by variant, and three rows to be read instead of one per level.
MOVED_VALUE = """
    SELECT location_id, sum((delta + damaged + in_transit) * coalesce(unit_cost, 0) + revaluation) AS value
    FROM inventory_stockmovement
    WHERE occurred_at {side} %(at)s AND (%(places)s::uuid[] IS NULL OR location_id = ANY(%(places)s))
    GROUP BY location_id
"""
VALUE_BACKWARD = f"""
    SELECT location_id, held.value - coalesce(moved.value, 0)
    FROM (
        SELECT location_id, sum((on_hand + damaged + in_transit) * coalesce(average_cost, 0)) AS value
        FROM inventory_stocklevel
        WHERE %(places)s::uuid[] IS NULL OR location_id = ANY(%(places)s)
        GROUP BY location_id
    ) AS held LEFT JOIN ({MOVED_VALUE.format(side=">")}) AS moved USING (location_id)
"""  # noqa: S608  our own text
VALUE_FORWARD = MOVED_VALUE.format(side="<=")

FLOWS = """
    SELECT CASE
             WHEN movement.kind IN ('receipt', 'opening') THEN 'received'
             WHEN movement.kind IN ('sale', 'refund', 'void', 'edit') THEN 'sold'
             WHEN movement.kind = 'missing' OR document.reason_code = ANY(%(losses)s) THEN 'lost'
             WHEN movement.kind IN ('shipped', 'transit', 'arrived') THEN 'moved'
             WHEN movement.kind IN ('count', 'rebase') THEN 'counted'
             ELSE 'corrected'
           END AS flow,
           sum((movement.delta + movement.damaged + movement.in_transit) * coalesce(movement.unit_cost, 0)),
           sum(movement.revaluation)
    FROM inventory_stockmovement AS movement
    LEFT JOIN inventory_stockdocument AS document
      ON movement.reference_type = 'stock_document' AND document.id = movement.reference_id
    WHERE movement.occurred_at > %(since)s AND movement.occurred_at <= %(at)s
      AND (%(places)s::uuid[] IS NULL OR movement.location_id = ANY(%(places)s))
    GROUP BY 1
"""
LABELS = {
    "received": "Goods received",
    "sold": "Cost of goods sold",
    "lost": "Losses",
    "counted": "Differences of counts",
    "corrected": "Used, given away and other corrections",
    "moved": "Between locations",
    "revalued": "Late costs and rounding of averages",
}


@dataclass(frozen=True, slots=True)
class StockThen:
    """The stock of a variant at a location at an instant, and its value."""

    variant_id: UUID
    location_id: UUID
    on_hand: Decimal
    damaged: Decimal
    in_transit: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class ValuePart:
    """What one kind of movement did to the value of the stock."""

    code: str
    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class StockValue:
    """The value of the stock at two instants, and how it came from the one to the other.

    ``opening`` and ``closing`` are read apart from ``parts``: ``difference`` is what does not add up, which is nothing.
    """

    since: datetime
    at: datetime
    opening: Decimal
    closing: Decimal
    parts: Sequence[ValuePart]
    by_location: dict[UUID, Decimal]

    @property
    def difference(self) -> Decimal:
        return self.closing - self.opening - sum((part.amount for part in self.parts), Decimal(0))


def stock_as_of(instant: datetime, *, places: Sequence[UUID] | None = None) -> list[StockThen]:
    """What there was of every variant at an instant, at these locations (None: all); zeros may be left out."""
    values: dict[str, Any] = {"at": instant, "places": list(places) if places is not None else None}
    with connection.cursor() as cursor:
        cursor.execute(BACKWARD if _is_late(instant) else FORWARD, values)
        return [StockThen(*row) for row in cursor.fetchall()]


def _is_late(instant: datetime) -> bool:
    """Whether fewer movements lie after the instant than before it, as far as the middle of the ledger tells."""
    ends = list(StockMovement.objects.order_by("id").values_list("id", flat=True)[:1])
    ends += StockMovement.objects.order_by("-id").values_list("id", flat=True)[:1]
    if not ends:
        return True
    middle = StockMovement.objects.filter(pk__gte=(ends[0] + ends[-1]) // 2).order_by("id")
    return instant >= middle.values_list("occurred_at", flat=True)[:1][0]


def stock_value(*, since: datetime, at: datetime, places: Sequence[UUID] | None = None) -> StockValue:
    """The value of the stock at ``at``, and what made it of that at ``since``; places as in `stock_as_of`."""
    closing = _values_at(at, places)
    opening = sum(_values_at(since, places).values(), Decimal(0))
    return StockValue(since, at, opening, sum(closing.values(), Decimal(0)), _parts(since, at, places), closing)


def _values_at(instant: datetime, places: Sequence[UUID] | None) -> dict[UUID, Decimal]:
    values: dict[str, Any] = {"at": instant, "places": list(places) if places is not None else None}
    with connection.cursor() as cursor:
        cursor.execute(VALUE_BACKWARD if _is_late(instant) else VALUE_FORWARD, values)
        return dict(cursor.fetchall())


def _parts(since: datetime, at: datetime, places: Sequence[UUID] | None) -> list[ValuePart]:
    with connection.cursor() as cursor:
        cursor.execute(
            FLOWS,
            {"since": since, "at": at, "losses": LOSSES, "places": list(places) if places is not None else None},
        )
        rows = cursor.fetchall()
    amounts = {flow: amount for flow, amount, _ in rows}
    amounts["revalued"] = sum((revalued for _, _, revalued in rows), Decimal(0))
    return [ValuePart(code, label, amounts.get(code, Decimal(0))) for code, label in LABELS.items()]
