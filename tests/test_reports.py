"""Reports: one definition per figure, equal on the page, in the API and in the file."""

import csv
import io
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.checks import every_metric_and_table_names_its_permission, every_ratio_is_of_known_metrics
from analytics.metrics import METRICS, Metric
from analytics.periods import Period, WrongPeriod, period_from
from analytics.permissions import VIEW_REPORTS
from analytics.selectors.reports import Report, report
from core.actors import SYSTEM, Actor
from core.audit.models import AuditEntry
from core.errors import Forbidden, NotFound
from core.ids import uuid7
from core.locations.models import Location
from core.spreadsheets import safe
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop, make_variant
from orders.models import Order, OrderLine

DAY = date(2026, 6, 15)


def book(
    shop: Shop,
    day: date,
    lines: Sequence[tuple[str, str, str]],
    *,
    kind: str = "sale",
    channel: str = "counter",
    hour: int = 12,
    location: Location | None = None,
    state: str = "completed",
    cost: str | None = None,
) -> Order:
    """A document with (sku, quantity, line total) as an import would land it."""
    total = sum((Decimal(amount) for _, _, amount in lines), Decimal(0))
    order = Order.objects.create(
        number=f"N{uuid7()}"[:40],
        kind=kind,
        state=state,
        channel=channel,
        location=location or shop.location,
        currency=shop.tenant.currency,
        prices_include_tax=True,
        rounding="half_up",
        subtotal=total,
        total=total,
        items=sum((Decimal(units) for _, units, _ in lines), Decimal(0)),
        line_count=len(lines),
        created_by_kind="system",
        created_by_label="test",
        business_date=day,
        occurred_at=datetime(day.year, day.month, day.day, hour, tzinfo=UTC),
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=place,
            variant=shop.variant(sku),
            sku=sku,
            name=sku,
            quantity=Decimal(units),
            unit_price=abs(Decimal(amount)),
            list_price=abs(Decimal(amount)),
            net=Decimal(amount),
            total=Decimal(amount),
            unit_cost=None if cost is None else Decimal(cost),
            is_stocked=True,
        )
        for place, (sku, units, amount) in enumerate(lines, 1)
    )
    return order


def of(period: Period, *, actor: Actor = SYSTEM, location: UUID | None = None) -> Report:
    return report(period=period, actor=actor, location_id=location)


def values(found: Report, *names: str) -> tuple[Any, ...]:
    return tuple(found.figures[name].value for name in names)


def test_revenue_is_the_sum_of_documents_and_refunds_count_against_it(acme: Shop) -> None:
    book(acme, DAY, [("TEA", "2", "9.00"), ("CUP", "1", "12.00")])
    book(acme, DAY, [("TEA", "1", "4.50")], channel="online")
    book(acme, DAY, [("CUP", "-1", "-12.00")], kind="refund")
    book(acme, DAY, [("CUP", "5", "60.00")], state="voided")
    found = of(Period.around("day", DAY))
    names = ("revenue", "orders", "refunds", "documents", "lines", "items", "sales", "refunded")
    assert values(found, *names) == (Decimal("13.5"), 2, 1, 3, 4, Decimal(3), Decimal("25.5"), Decimal(-12))
    assert found.figures["average_order"].value == Decimal("12.7500")
    lines = OrderLine.objects.filter(order__state="completed")
    assert found.figures["revenue"].value == sum(line.total for line in lines)


def test_voided_documents_and_days_outside_do_not_count(acme: Shop) -> None:
    book(acme, DAY, [("TEA", "1", "4.50")])
    book(acme, DAY, [("TEA", "1", "4.50")], state="voided")
    book(acme, DAY + timedelta(days=1), [("TEA", "1", "4.50")])
    assert values(of(Period.around("day", DAY)), "revenue", "documents") == (Decimal("4.5"), 1)


def test_a_week_starts_on_monday_and_a_month_has_all_its_days(acme: Shop) -> None:
    for day in (date(2026, 6, 1), date(2026, 6, 14), date(2026, 6, 15), date(2026, 6, 21), date(2026, 6, 30)):
        book(acme, day, [("TEA", "1", "4.50")])
    week, month = of(Period.around("week", DAY)), of(Period.around("month", DAY))
    assert (week.period.start, week.period.end) == (date(2026, 6, 15), date(2026, 6, 21))
    assert values(week, "orders", "revenue") == (2, Decimal("9.0"))
    assert values(month, "orders") == (5,)
    assert [part.key for part in month.days] == month.period.dates and len(month.days) == 30
    assert sum(Decimal(part.figures["revenue"] or 0) for part in month.days) == month.figures["revenue"].value


def test_the_change_is_against_the_period_before(acme: Shop) -> None:
    book(acme, DAY - timedelta(days=1), [("CUP", "2", "24.00")])
    book(acme, DAY, [("CUP", "1", "12.00")])
    figure = of(Period.around("day", DAY)).figures["revenue"]
    assert (figure.value, figure.before, figure.change) == (Decimal(12), Decimal(24), Decimal("-0.5"))


def test_a_running_month_is_compared_with_as_many_days_of_the_month_before() -> None:
    month = Period.around("month", date(2026, 3, 31))
    assert month.compared_at(date(2026, 3, 10)) == Period("range", date(2026, 2, 1), date(2026, 2, 10))
    assert month.compared_at(date(2026, 3, 30)) == Period("range", date(2026, 2, 1), date(2026, 2, 28))
    assert month.compared_at(date(2026, 4, 1)) == Period.around("month", date(2026, 2, 1))


def test_the_best_products_are_ranked_by_revenue_and_by_quantity(acme: Shop) -> None:
    for number in range(12):
        make_variant(f"P{number:02}", name=f"Product {number}")
        book(acme, DAY, [(f"P{number:02}", str(100 - number), f"{number + 1}.00")])
    found = of(Period.around("day", DAY))
    assert [row.sku for row in found.by_revenue] == [f"P{number:02}" for number in range(11, 1, -1)]
    assert [row.sku for row in found.by_quantity] == [f"P{number:02}" for number in range(10)]
    assert found.by_revenue[0].name == "Product 11" and found.by_revenue[0].revenue == Decimal(12)


def test_a_day_is_told_by_the_hours_on_the_shops_wall(acme: Shop) -> None:
    book(acme, DAY, [("TEA", "1", "4.50")], hour=8)  # 08:00 UTC is 09:00 in London in June
    book(acme, DAY, [("TEA", "1", "4.50")], hour=10)
    hours = of(Period.around("day", DAY)).hours
    assert [(part.label, part.figures["orders"]) for part in hours] == [("09:00", 1), ("10:00", 0), ("11:00", 1)]


def test_channels_add_up_to_the_whole(acme: Shop) -> None:
    book(acme, DAY, [("TEA", "1", "4.50")])
    book(acme, DAY, [("CUP", "1", "12.00")], channel="online")
    found = of(Period.around("day", DAY))
    assert [(part.key, part.figures["revenue"]) for part in found.channels] == [
        ("online", Decimal(12)),
        ("counter", Decimal("4.5")),
    ]


def test_margin_counts_lines_whose_cost_is_known_and_is_seen_only_with_the_permission(acme: Shop) -> None:
    book(acme, DAY, [("CUP", "2", "24.00")], cost="5.00")
    book(acme, DAY, [("TEA", "1", "4.50")])
    found = of(Period.around("day", DAY), actor=acme.actor("accountant"))
    assert values(found, "gross_profit", "net_with_cost", "margin") == (Decimal(14), Decimal(24), Decimal("0.5833"))
    assert "margin" not in of(Period.around("day", DAY), actor=acme.actor("viewer")).figures


def test_an_actor_of_one_location_sees_that_location_only(acme: Shop) -> None:
    other = Location.objects.create(code="TWO", name="Second shop")
    book(acme, DAY, [("TEA", "1", "4.50")])
    book(acme, DAY, [("CUP", "1", "12.00")], location=other)
    clerk = Actor(kind="user", id=None, label="clerk", permissions={VIEW_REPORTS: frozenset([other.pk])})
    found = of(Period.around("day", DAY), actor=clerk)
    assert values(found, "revenue") == (Decimal(12),) and found.locations == [other]
    assert [row.sku for row in found.by_revenue] == ["CUP"]
    assert of(Period.around("day", DAY), location=other.pk).figures["revenue"].value == Decimal(12)
    with pytest.raises(NotFound):
        of(Period.around("day", DAY), actor=clerk, location=acme.location.pk)
    with pytest.raises(Forbidden):
        of(Period.around("day", DAY), actor=acme.actor("cashier"))


def test_the_number_of_queries_does_not_depend_on_the_period_or_the_sales(acme: Shop) -> None:
    def count(period: Period) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            of(period)
        return len(queries)

    empty = count(Period.around("month", DAY))
    for number in range(5):
        book(acme, DAY + timedelta(days=number), [("TEA", "1", "4.50"), ("CUP", "1", "12.00")])
    assert count(Period.around("month", DAY)) == count(Period("range", DAY, DAY + timedelta(days=400))) == 6
    assert empty <= 6


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "year"}, "period"),
        ({"kind": "day", "day": "15.06.2026"}, "date"),
        ({"kind": "day", "day": "2026-02-30"}, "date"),
        ({"kind": "month", "day": "0001-01-01"}, "date"),
        ({"kind": "week", "day": "9999-12-31"}, "date"),
        ({"first": "2026-06-15"}, "to"),
        ({"first": "2026-06-15", "last": "2026-06-14"}, "to"),
        ({"first": "2020-01-01", "last": "2026-06-14"}, "to"),
        ({"kind": "day", "day": "2026-06-15\x00"}, "date"),
    ],
)
def test_a_date_that_is_none_is_refused_by_name(given: dict[str, str], field: str) -> None:
    with pytest.raises(WrongPeriod) as refusal:
        period_from(**({"kind": "", "day": "", "first": "", "last": ""} | given), today=DAY)
    assert refusal.value.details["errors"][0]["pointer"] == f"/{field}"


def test_the_page_the_api_and_the_file_tell_the_same_cent(acme: Shop) -> None:
    book(acme, DAY, [("TEA", "3", "13.47"), ("CUP", "1", "12.00")])
    book(acme, DAY, [("CUP", "-1", "-11.99")], kind="refund")
    client = acme.client("manager")
    page = client.get(f"/reports/?period=day&date={DAY}")
    assert page.status_code == 200 and '<data class="money" value="13.4800">£13.48</data>' in page.content.decode()
    body = client.get(f"/api/v1/reports/?period=day&date={DAY}&metrics=revenue,documents").json()
    assert body["figures"]["revenue"]["value"] == "13.48" and body["figures"]["documents"]["value"] == "2"
    assert list(body["figures"]) == ["revenue", "documents"] == list(body["days"][0]["figures"])
    text = client.get(f"/reports/download.csv?period=day&date={DAY}").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:2] == ["Hour", "Revenue"] and rows[-1][:2] == ["Total", "13.4800"]


def test_a_download_leaves_a_row_in_the_audit_log(acme: Shop) -> None:
    book(acme, DAY, [("TEA", "1", "4.50")])
    client = acme.client("accountant")
    answer = client.get(f"/reports/download.csv?period=month&date={DAY}&table=products")
    assert answer["Content-Disposition"] == 'attachment; filename="products-2026-06-01-2026-06-30.csv"'
    entry = AuditEntry.objects.filter(action="export").get()
    assert (entry.object_type, entry.object_id, entry.object_label) == (
        "report",
        "2026-06-01/2026-06-30",
        "products of June 2026",
    )
    assert entry.actor_id == acme.person("accountant").pk
    assert client.get(f"/reports/download.csv?date={DAY}&table=secrets").status_code == 404
    assert AuditEntry.objects.filter(action="export").count() == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_no_cell_of_a_file_is_a_formula(acme: Shop, text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe(Decimal("-1.50")) == Decimal("-1.50") and safe("Tea - green") == "Tea - green"
    variant = make_variant("EVIL", name=text.strip() or text)
    book(acme, DAY, [("EVIL", "1", "1.00")])
    answer = acme.client("manager").get(f"/reports/download.csv?period=day&date={DAY}&table=products")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert next(row for row in rows if row[0] == "EVIL")[1] == safe(variant.title)


def test_a_wrong_date_or_location_is_a_message_and_a_problem(acme: Shop) -> None:
    client = acme.client("manager")
    page = client.get("/reports/?period=day&date=yesterday")
    assert page.status_code == 422 and "Write a date as year-month-day" in page.content.decode()
    assert client.get("/reports/?location=nowhere").status_code == 404
    answer = client.get("/api/v1/reports/?date=yesterday")
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == "/date"
    assert client.get("/api/v1/reports/?dat=2026-06-15").status_code == 422
    assert client.get("/api/v1/reports/?metrics=revenue,profit").status_code == 404
    assert acme.client("viewer").get("/api/v1/reports/?metrics=margin").status_code == 403


def test_an_empty_shop_says_what_to_do(acme: Shop) -> None:
    page = acme.client("manager").get("/reports/").content.decode()
    assert "No sales yet" in page
    book(acme, DAY, [("TEA", "1", "4.50")])
    page = acme.client("manager").get("/reports/?period=day&date=2020-01-01").content.decode()
    assert "Nothing was sold in this period" in page and f"date={DAY.replace(day=1)}" in page


def test_nothing_of_another_shop_is_in_a_report(acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        book(globex, DAY, [("TEA", "9", "40.50")])
    client = acme.client("owner")
    for path in ("/reports/?period=day", "/api/v1/reports/?period=day"):
        answer = client.get(f"{path}&date={DAY}")
        assert answer.status_code == 200 and CANARY not in answer.content.decode()
    assert client.get(f"/api/v1/reports/?period=day&date={DAY}").json()["figures"]["documents"]["value"] == "0"


def test_roles_without_the_permission_get_nothing(acme: Shop) -> None:
    for path in ("/reports/", "/reports/download.csv", "/api/v1/reports/", "/api/v1/metrics/"):
        assert acme.client("cashier").get(path).status_code == 403
        assert acme.client("viewer").get(path).status_code == 200
        assert acme.client().get(path).status_code in (302, 401)


def test_every_metric_is_told_in_words_and_names_its_permission(acme: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {row["name"]: row for row in acme.client("owner").get("/api/v1/metrics/").json()["results"]}
    assert told.keys() == METRICS.keys() and all(len(row["formula"]) > 20 for row in told.values())
    assert "margin" not in {row["name"] for row in acme.client("viewer").get("/api/v1/metrics/").json()["results"]}
    assert every_metric_and_table_names_its_permission(None) == every_ratio_is_of_known_metrics(None) == []
    monkeypatch.setitem(METRICS, "odd", Metric("odd", "Odd", "…", "ratio", permission="no.such", parts=("x", "orders")))
    assert [error.id for error in every_metric_and_table_names_its_permission(None)] == ["analytics.E001"]
    assert [error.id for error in every_ratio_is_of_known_metrics(None)] == ["analytics.E002"]


def test_web_processes_do_not_load_the_forecasting_libraries() -> None:
    code = (
        "import django, sys; django.setup(); import retail_saas.urls;"
        "print(sorted({'numpy', 'pandas', 'statsmodels'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
