"""What there was at an instant and what it was worth, read from the ledger.

Today is known from the levels, the beginning is nothing, and of the ends of months sums are kept
(`inventory.services.closings`); one statement walks from the nearest of them.
Facts count when they happened, however late they were booked, so a figure of the past changes only when something
of the past becomes known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from inventory.models import StockClosing, StockLevel, StockMovement
from inventory.reasons import REASONS

MOST_NAMED = 1000
"""Of more levels than these the whole of their locations is added up: cheaper than to look for each."""
LOSSES = [code for code, reason in REASONS.items() if reason.is_loss]

# How much moved in a stretch of time, by variant and location or by location alone. The index on occurred_at is a
# summary of blocks: the ledger is written in about the order of time.
AT_PLACES = """(%(places)s::uuid[] IS NULL OR location_id = ANY(%(places)s))
      AND (%(variants)s::uuid[] IS NULL OR variant_id = ANY(%(variants)s))"""
MOVED = f"""
    SELECT variant_id, location_id, {{sign}}delta AS on_hand, {{sign}}damaged AS damaged,
           {{sign}}in_transit AS in_transit,
           {{sign}}((delta + damaged + in_transit) * coalesce(unit_cost, 0) + revaluation) AS value
    FROM inventory_stockmovement WHERE {{which}} AND {AT_PLACES}
"""  # noqa: S608  our own text
NOW = f"""
    SELECT variant_id, location_id, on_hand, damaged, in_transit,
           (on_hand + damaged + in_transit) * coalesce(average_cost, 0) AS value
    FROM inventory_stocklevel WHERE {AT_PLACES}
"""  # noqa: S608  our own text
CLOSED = f"""
    SELECT variant_id, location_id, on_hand, damaged, in_transit, value
    FROM inventory_stockclosingrow WHERE closing_id = %(closing)s AND {AT_PLACES}
"""  # noqa: S608  our own text
# Each way to an instant begins with what is known of another one and adds (or takes away) what lies between. A closing
# holds the movements up to an id; those after it are added wherever they lie.
WAYS = {
    "start": [("", "occurred_at <= %(at)s")],
    "now": [("-", "occurred_at > %(at)s")],
    "after": [
        ("", "occurred_at > %(base)s AND occurred_at <= %(at)s"),
        ("", "id > %(through)s AND occurred_at <= %(base)s"),
    ],
    "before": [
        ("-", "occurred_at > %(at)s AND occurred_at <= %(base)s AND id <= %(through)s"),
        ("", "id > %(through)s AND occurred_at <= %(at)s"),
    ],
}
BEGINS = {"now": NOW, "after": CLOSED, "before": CLOSED}
THROUGH = "(SELECT through FROM inventory_stockclosing WHERE id = %(closing)s)"
BY_LEVEL, BY_PLACE = "variant_id, location_id", "location_id"

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


class StockThen(NamedTuple):
    """The stock of a variant at a location at an instant, and its value. A tuple: there may be a hundred thousand."""

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
    return [StockThen._make(row[:-1]) for row in _sums_at(instant, places, BY_LEVEL)]


def stock_of(levels: Sequence[StockLevel], instant: datetime) -> Mapping[tuple[UUID, UUID], StockThen]:
    """What some levels were at an instant, by the variant and the location of each."""
    keys = [(level.variant_id, level.location_id) for level in levels]
    if not keys:
        return {}
    places = sorted({place for _, place in keys})
    variants = sorted({variant for variant, _ in keys}) if len(keys) <= MOST_NAMED else None
    found = {row[:2]: StockThen._make(row[:-1]) for row in _sums_at(instant, places, BY_LEVEL, variants)}
    return {key: found.get(key, StockThen(*key, *[Decimal(0)] * 4)) for key in keys}


@dataclass(frozen=True, slots=True)
class Base:
    """What a sum begins with: nothing (``start``), today's levels (``now``), or a closing that lies before or after."""

    way: str
    closing: StockClosing | None = None


def _sums_at(
    instant: datetime, places: Sequence[UUID] | None, keys: str, variants: Sequence[UUID] | None = None
) -> list[tuple[Any, ...]]:
    """Units and value at an instant by ``keys``, last how far the closing was; read again if it went on meanwhile."""
    values: dict[str, Any] = {"at": instant, "variants": variants}
    values["places"] = list(places) if places is not None else None
    while True:
        base = base_for(instant)
        closing = base.closing
        if closing is not None:
            values |= {"closing": closing.pk, "through": closing.through, "base": closing.at}
        with connection.cursor() as cursor:
            cursor.execute(_statement(base.way, keys), values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        if closing is None or not rows or rows[0][-1] == closing.through:
            return rows


@cache
def _statement(way: str, keys: str) -> str:
    """One statement, so that all of it sees the same moment; its last column says how far the closing was then."""
    parts = [BEGINS[way]] if way in BEGINS else []
    parts += [MOVED.format(sign=sign, which=which) for sign, which in WAYS[way]]
    through = THROUGH if BEGINS.get(way) is CLOSED else "0"
    return (
        f"SELECT {keys}, sum(on_hand), sum(damaged), sum(in_transit), sum(value), {through}"  # noqa: S608  our own text
        f" FROM ({' UNION ALL '.join(parts)}) AS part GROUP BY {keys}"
    )


def base_for(instant: datetime) -> Base:
    """The nearest of what is known: the beginning, a closing, or today. Without closings by the number of movements."""
    before = StockClosing.objects.filter(at__lte=instant).order_by("-at").first()
    after = StockClosing.objects.filter(at__gt=instant).order_by("at").first()
    if before is None and after is None:
        return Base("now" if _is_late(instant) else "start")
    near = [(datetime.now(UTC) - instant, Base("now"))]
    if before is not None:
        near.append((instant - before.at, Base("after", before)))
    else:
        first = StockMovement.objects.order_by("id").values_list("occurred_at", flat=True)[:1][0]
        near.append((instant - first, Base("start")))
    if after is not None:
        near.append((after.at - instant, Base("before", after)))
    return min(near, key=lambda one: max(one[0], timedelta(0)))[1]


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
    closing = values_at(at, places)
    opening = sum(values_at(since, places).values(), Decimal(0))
    return StockValue(since, at, opening, sum(closing.values(), Decimal(0)), _parts(since, at, places), closing)


def values_at(instant: datetime, places: Sequence[UUID] | None) -> dict[UUID, Decimal]:
    """The value of the stock at an instant by location; places as in `stock_as_of`."""
    return {row[0]: row[-2] for row in _sums_at(instant, places, BY_PLACE)}


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
