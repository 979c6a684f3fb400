"""What to count next: the few articles that earn the most often, the many others now and then (ABC)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from core.locations.models import Location

LOOK_BACK = timedelta(days=90)
EVERY_DAYS = {"A": 7, "B": 30, "C": 90}
A_SHARE, B_SHARE = Decimal("0.80"), Decimal("0.95")
MOST = 50

# What was sold of each stocked variant since then, at today's price, and when it was last counted at this place.
SOLD_AND_COUNTED = """
    SELECT variant.id, variant.sku, product.name, variant.name, product.id, level.on_hand,
           coalesce(sold.units, 0) * variant.unit_price AS value, last.counted_at
    FROM inventory_stocklevel AS level
    JOIN inventory_variant AS variant ON variant.id = level.variant_id AND variant.is_active AND variant.is_stocked
    JOIN inventory_product AS product ON product.id = variant.product_id
    LEFT JOIN (
        SELECT variant_id, -sum(delta) AS units FROM inventory_stockmovement
        WHERE location_id = %(location)s AND occurred_at >= %(since)s AND kind IN ('sale', 'refund', 'void', 'edit')
        GROUP BY variant_id
    ) AS sold ON sold.variant_id = level.variant_id
    LEFT JOIN (
        SELECT line.variant_id, max(line.counted_at) AS counted_at
        FROM inventory_countline AS line JOIN inventory_count AS counted ON counted.id = line.count_id
        WHERE counted.location_id = %(location)s AND counted.state = 'closed'
        GROUP BY line.variant_id
    ) AS last ON last.variant_id = level.variant_id
    WHERE level.location_id = %(location)s
    ORDER BY value DESC, variant.sku
"""


@dataclass(frozen=True, slots=True)
class Planned:
    """An article that is due: its class, what it sold for in 90 days, when it was counted last (None: never)."""

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    grade: str
    value: Decimal
    counted_at: datetime | None

    def overdue(self, now: datetime) -> float:
        """How many of its rhythms ago it was counted; what never was is overdue by more than anything."""
        if self.counted_at is None:
            return float("inf")
        return (now - self.counted_at) / timedelta(days=EVERY_DAYS[self.grade])


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due now, the most overdue first, how many there are in each class, and how many are due in all."""

    due: list[Planned]
    due_count: int
    sizes: dict[str, int]


def count_plan(location: Location, *, now: datetime | None = None) -> Plan:
    """What to count next at a location: A articles (80 % of what was sold) weekly, B monthly, C quarterly.

    What was never counted comes first, then what is overdue by the most of its own rhythm.
    """
    now = now or datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(SOLD_AND_COUNTED, {"location": location.pk, "since": now - LOOK_BACK})
        rows = cursor.fetchall()
    total = sum((max(row[6], Decimal(0)) for row in rows), Decimal(0))
    due, sizes, before = list[Planned](), {"A": 0, "B": 0, "C": 0}, Decimal(0)
    for variant, sku, product_name, name, product, _, value, counted_at in rows:
        grade = _grade(before, total) if value > 0 else "C"
        before += max(value, Decimal(0))
        sizes[grade] += 1
        if counted_at is None or now - counted_at >= timedelta(days=EVERY_DAYS[grade]):
            title = f"{product_name}, {name}" if name else product_name
            due.append(Planned(variant, product, sku, title, grade, value, counted_at))
    due.sort(key=lambda one: (-one.overdue(now), one.grade, -one.value, one.sku))
    return Plan(due[:MOST], len(due), sizes)


def _grade(before: Decimal, total: Decimal) -> str:
    """The class of an article before which articles of so much value stand."""
    return "A" if before < total * A_SHARE else "B" if before < total * B_SHARE else "C"
