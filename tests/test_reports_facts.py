"""The real history: reports equal its facts to the last digit (see data/README.md beside the project)."""

import csv
import gzip
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from analytics.periods import Period
from analytics.selectors.reports import report
from core.actors import SYSTEM
from core.testing import Shop
from orders.imports.services import import_file, new_run

FILE = Path(__file__).parents[2] / "shared/data/uci_online_retail/shared_2010-12-01_2011-08-31.csv.gz"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the real data is not here: {FILE.name}")


@pytest.fixture
def june(acme: Shop, tmp_path: Path) -> Iterator[Shop]:
    """The shop with June and the last days of May 2011 of the real file imported."""
    part = tmp_path / "june.csv"
    with gzip.open(FILE, "rt", newline="") as source, part.open("w", newline="") as target:
        rows, out = csv.reader(source), csv.writer(target)
        head = next(rows)
        out.writerow(head)
        when = head.index("InvoiceDate")
        out.writerows(row for row in rows if "2011-05-25" <= row[when][:10] <= "2011-06-30")
    run = new_run(
        file_name=part.name, format_name="uci-online-retail", location=acme.location, moves_stock=False, actor=SYSTEM
    )
    import_file(run, part, actor=SYSTEM, tell=lambda done, total=None, message="": None)
    yield acme


def test_june_and_one_day_of_it_equal_the_facts(june: Shop) -> None:
    month = report(period=Period.around("month", date(2011, 6, 15)), actor=SYSTEM)
    assert (month.figures["revenue"].value, month.figures["lines"].value) == (Decimal("691123.12"), 36_874)
    day = report(period=Period.around("day", date(2011, 6, 15)), actor=SYSTEM)
    figures = {name: day.figures[name].value for name in ("documents", "lines", "revenue")}
    assert figures == {"documents": 90, "lines": 1718, "revenue": Decimal("46139.18")}

    sold: dict[str, Decimal] = {}
    with gzip.open(FILE, "rt", newline="") as source:
        for row in csv.DictReader(source):
            if datetime.fromisoformat(row["InvoiceDate"]).date().isoformat()[:7] == "2011-06":
                code = row["StockCode"].strip().upper()
                sold[code] = sold.get(code, Decimal(0)) + Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
    best = month.by_revenue[0]
    assert (best.sku.upper(), best.revenue) == max(sold.items(), key=lambda item: item[1])
