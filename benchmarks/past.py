"""Stock of the past and its value in the big shop, beside a plain count and sum of its ledger.

`make bench ARGS=past`; the big shop is built first if there is none.
"""

from datetime import UTC, datetime, timedelta

import django

from benchmarks.bigshop import big_shop
from benchmarks.harness import Works


def main() -> None:
    """From a month ago, where little moved since, to the middle of the ledger, which is the furthest from both ends."""
    django.setup()
    from django.db import connection

    from core.tenancy.context import use_tenant
    from inventory.models import StockLevel, StockMovement
    from inventory.selectors.value import stock_as_of, stock_of, stock_value
    from inventory.services.closings import keep_closings, settled_ledger

    works = Works()

    def quiet(done: int, total: int | None = None, message: str = "") -> None:
        """Nobody waits."""

    with use_tenant(big_shop()), connection.cursor() as cursor:
        ends = StockMovement.objects.order_by("id").values_list("occurred_at", flat=True)
        first, last = ends[0], ends.reverse()[0]
        middle, lately, month = first + (last - first) / 2, last - timedelta(days=30), timedelta(days=30)
        levels = list(StockLevel.objects.order_by("variant_id", "location_id")[:200])

        def count() -> None:
            cursor.execute("SELECT count(*), sum(delta) FROM inventory_stockmovement")
            cursor.fetchall()

        works.measure("closings of all months", lambda: keep_closings(settled_ledger(), progress=quiet), rounds=1)
        works.measure("closings of all months, a night later", lambda: keep_closings(settled_ledger(), progress=quiet))
        works.measure("count and sum of the ledger, plain SQL", count)
        works.measure("stock half a year ago, one variant", lambda: stock_of(levels[:3], middle), bar=2)
        works.measure("stock half a year ago, a page of 200 levels", lambda: stock_of(levels, middle), bar=2)
        works.measure("stock 30 days ago, whole shop", lambda: stock_as_of(lately), bar=2)
        works.measure("stock half a year ago, whole shop", lambda: stock_as_of(middle), bar=2, rounds=1)
        now = datetime.now(UTC)
        works.measure("value now, and since 30 days ago", lambda: stock_value(since=lately, at=now), bar=2, rounds=1)
        works.measure(
            "value half a year ago, and since a month before",
            lambda: stock_value(since=middle - month, at=middle),
            bar=2,
            rounds=1,
        )
    works.tell()


if __name__ == "__main__":
    main()
