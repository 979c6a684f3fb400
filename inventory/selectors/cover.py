"""What sold recently, how long what is there lasts, and how much to order: by the ledger alone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from core.actors import Actor
from core.locations.models import Location
from inventory.models import StockPolicy, title_of
from inventory.selectors.blind import hidden_variants

SOLD = """
    SELECT variant_id, location_id, -sum(delta) AS units FROM inventory_stockmovement
    WHERE occurred_at >= %(since)s AND kind IN ('sale', 'refund', 'void', 'edit')
    GROUP BY variant_id, location_id
"""
"""Units sold of each variant at each location since an instant, less what came back to the shelf."""

# The target is what sells in the wanted days, at least the limit under which it is low, at most what is too many.
TO_ORDER = f"""
    WITH sold AS ({SOLD}), counted AS (
        SELECT level.variant_id, level.on_hand - level.reserved AS available, level.in_transit,
               coalesce(level.low_at, level.cover_at) AS low_at, greatest(coalesce(sold.units, 0), 0) AS sold,
               least(greatest(coalesce(sold.units, 0) * %(target)s::int / %(days)s::int, coalesce(level.low_at, 0)),
                     coalesce(level.over_at, 1e11)) AS target
        FROM inventory_stocklevel AS level LEFT JOIN sold USING (variant_id, location_id)
        WHERE level.location_id = %(location)s AND NOT level.variant_id = ANY(%(hidden)s::uuid[])
    )
    SELECT variant.id, product.id, variant.sku, product.name, variant.name, counted.available, counted.in_transit,
           counted.low_at, counted.sold, ceil(counted.target - counted.available - counted.in_transit) AS needed,
           count(*) OVER () AS all_of_them
    FROM counted
    JOIN inventory_variant AS variant ON variant.id = counted.variant_id AND variant.is_active AND variant.is_stocked
    JOIN inventory_product AS product ON product.id = variant.product_id AND product.is_active
    WHERE ceil(counted.target - counted.available - counted.in_transit) > 0
    ORDER BY CASE WHEN counted.sold > 0 THEN greatest(counted.available, 0) / counted.sold END NULLS LAST,
             variant.sku
    LIMIT %(most)s
"""  # noqa: S608  made of our own text


@dataclass(frozen=True, slots=True)
class ToOrder:
    """An article of which more is needed at a location; ``lasts_days`` None where it did not sell recently."""

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    available: Decimal
    in_transit: Decimal
    low_at: Decimal | None
    sold: Decimal
    needed: Decimal
    lasts_days: int | None

    @property
    def is_urgent(self) -> bool:
        return self.available <= (self.low_at or 0)


@dataclass(frozen=True, slots=True)
class OrderList:
    """What to order for a location, what runs out first first; ``count`` is how many articles there are in all."""

    rows: list[ToOrder]
    count: int


def order_list(location: Location, policy: StockPolicy, *, actor: Actor, most: int = 500) -> OrderList:
    """Every article of which there is less than the target: available and on its way against what is wanted.

    What is being counted blind is left out for those who must not see its record.
    """
    hidden = hidden_variants(actor=actor, location_id=location.pk)
    values: dict[str, Any] = {
        "location": location.pk,
        "since": datetime.now(UTC) - timedelta(days=policy.sales_days),
        "target": policy.target_days,
        "days": policy.sales_days,
        "most": most,
        "hidden": list(hidden.values_list("pk", flat=True)) if hidden is not None else [],
    }
    with connection.cursor() as cursor:
        cursor.execute(TO_ORDER, values)
        found = cursor.fetchall()
    rows = [
        ToOrder(
            variant_id=variant,
            product_id=product,
            sku=sku,
            title=title_of(name, more),
            available=available,
            in_transit=coming,
            low_at=low_at,
            sold=sold,
            needed=needed,
            lasts_days=int(max(available, Decimal(0)) * policy.sales_days / sold) if sold else None,
        )
        for variant, product, sku, name, more, available, coming, low_at, sold, needed, _ in found
    ]
    return OrderList(rows, found[0][-1] if found else 0)
