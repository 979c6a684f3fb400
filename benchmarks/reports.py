"""What the report of a month costs, beside the plainest SQL that could answer it. Reads a running stack from the
environment: `python -m benchmarks.reports [SHOP] [--month 2011-06-01] [--runs 20]`; without a name a shop is imported
for it and deleted afterwards.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date

import django

from benchmarks.harness import table
from benchmarks.imports import imported_shop, the_file

FLOOR = """
    SELECT o.business_date, sum(l.total), count(*)
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    WHERE o.state = 'completed' AND o.business_date BETWEEN %s AND %s
    GROUP BY o.business_date
"""


def timed(work: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Median, fastest and slowest of some runs in milliseconds, after one run to warm up."""
    work()
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - start))
    return statistics.median(found), min(found), max(found)


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shop", nargs="?", default="", help="host name or its first label; a new one if absent")
    parser.add_argument("--month", type=date.fromisoformat, default=None, help="a day of it; the last one if absent")
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail_saas.settings.dev")
    django.setup()

    if options.shop:
        measure(options.shop, options.month, options.runs)
        return
    packed, _ = the_file()
    with imported_shop(packed, ["--no-stock"]) as (host, _seconds, _megabytes):
        packed.unlink()
        measure(host, options.month, options.runs)


def measure(shop: str, day: date | None, runs: int) -> None:
    """Print the table for one shop and the month around a day, the last one if absent."""
    # What needs the settings can only be imported now.
    from django.db import connection

    from analytics.periods import Period
    from analytics.permissions import VIEW_REPORTS
    from analytics.selectors.reports import report
    from core.actors import SYSTEM, Actor
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant

    viewer = Actor(kind="system", id=None, label="benchmark", permissions={VIEW_REPORTS: None})
    with use_tenant(find_tenant(shop)), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(business_date) FROM orders_order")
        documents, last = cursor.fetchone()
        if not documents:
            sys.exit("This shop has no documents to report on.")
        month = Period.around("month", day or last)

        def floor() -> object:
            cursor.execute(FLOOR, [month.start, month.end])
            return cursor.fetchall()

        lines = sum(row[2] for row in floor())  # type: ignore[attr-defined]
        rows = [
            ("plain SQL: sum per day over the lines", timed(floor, runs)),
            ("report, all of the page", timed(lambda: report(period=month, actor=viewer), runs)),
            ("report with costs and margin", timed(lambda: report(period=month, actor=SYSTEM), runs)),
        ]
    print(f"{month.label}: {lines:,} lines in a shop of {documents:,} documents, {runs} runs, milliseconds.\n")
    table(
        ["", "median", "fastest", "slowest"],
        [(name, *(f"{value:.1f}" for value in found)) for name, found in rows],
    )


if __name__ == "__main__":
    main()
