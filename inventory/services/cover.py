"""How many units the wanted days of cover are, by what sold recently: kept on each level, for sales to cross it."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from inventory.models import StockPolicy
from inventory.selectors.cover import SOLD

# Rows that change are locked in key order, as every change of levels does; those that stay cost nothing.
RENEW = f"""
    WITH sold AS ({SOLD}), wanted AS (
        SELECT level.variant_id, level.location_id,
               CASE WHEN sold.units > 0 THEN round(sold.units * %(cover)s::int / %(days)s::int, 3) END AS cover_at
        FROM inventory_stocklevel AS level LEFT JOIN sold USING (variant_id, location_id)
    ), held AS MATERIALIZED (
        SELECT level.variant_id, level.location_id, wanted.cover_at
        FROM inventory_stocklevel AS level JOIN wanted USING (variant_id, location_id)
        WHERE level.cover_at IS DISTINCT FROM wanted.cover_at
        ORDER BY level.variant_id, level.location_id
        FOR NO KEY UPDATE OF level
    )
    UPDATE inventory_stocklevel AS level SET cover_at = held.cover_at
    FROM held WHERE level.variant_id = held.variant_id AND level.location_id = held.location_id
"""  # noqa: S608  made of our own text


def renew_cover(policy: StockPolicy) -> int:
    """Bring the units of the days of cover up to date; answers how many levels changed.

    A part of the nightly look over all stock. Without days of cover in the policy no level has any.
    """
    since = datetime.now(UTC) - timedelta(days=policy.sales_days)
    values = {"since": since, "cover": policy.cover_days, "days": policy.sales_days}
    with connection.cursor() as cursor:
        cursor.execute(RENEW, values)
        return int(cursor.rowcount)
