"""The stock at the end of a day: what the page and its file say, to whom, and what they refuse."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.errors import Forbidden
from core.ids import uuid7
from core.locations.models import Location
from core.locations.selectors import business_today
from core.testing import CANARY, Shop, make_variant
from inventory.models import StockLevel, StockMovement, Variant
from inventory.permissions import VIEW_STOCK
from inventory.selectors.value import MOST_NAMED, stock_as_of, stock_of
from inventory.services.ledger import Change, move_stock
from inventory.services.stock_lists import export_stock_then
from tests.test_query_budget import statements

PAGE = "/stock/on-a-day/"
DAY = date(2026, 6, 1)
NOON = datetime.combine(DAY, time(12), UTC)


def book(variant: Variant, place: Location, units: str, at: datetime, **more: Any) -> None:
    kind = StockMovement.Kind.RECEIPT if Decimal(units) > 0 else StockMovement.Kind.SALE
    move_stock(
        deltas={(variant.pk, place.pk): Change(on_hand=Decimal(units), **more)},
        kind=kind, reference_type="test", reference_id=uuid7(), actor=SYSTEM, occurred_at=at, may_refuse=False,
    )  # fmt: skip


@pytest.fixture
def kept(acme: Shop, globex: Shop) -> Variant:
    """Ten came at 2.00 on the day, four went that night, the rest the day after; then it was taken off sale."""
    variant = make_variant("JUNE", name="June tea")
    book(variant, acme.location, "10", NOON, unit_cost=Decimal(2))
    book(variant, acme.location, "-6", NOON + timedelta(days=1))
    book(variant, acme.location, "-4", NOON + timedelta(hours=2))  # booked late
    Variant.objects.filter(pk=variant.pk).update(is_active=False)
    return variant


def text_of(shop: Shop, query: str, role: str = "accountant", status: int = 200) -> str:
    answer = shop.client(role).get(f"{PAGE}{query}")
    assert answer.status_code == status
    text = answer.content.decode()
    assert CANARY not in text
    return text


def file_of(shop: Shop, query: str, role: str = "accountant") -> list[str]:
    return shop.client(role).get(f"{PAGE}file/{query}").content.decode("utf-8-sig").splitlines()


def test_a_day_is_told_at_its_end_with_late_facts_and_what_is_not_for_sale_any_more(acme: Shop, kept: Variant) -> None:
    rows = {day: file_of(acme, f"?q=JUNE&day={DAY + timedelta(days=day)}")[1:] for day in (-1, 0, 1)}
    told = "JUNE,June tea,Acme main shop"
    assert rows == {
        -1: [],
        0: [f"{told},2026-06-01,6.000,0.000,0.000,12.00"],
        1: [f"{told},2026-06-02,0.000,0.000,0.000,0.00"],
    }
    page = text_of(acme, f"?q=JUNE&day={DAY}")
    assert "June tea" in page and 'value="12.00' in page
    assert "Nothing like that" in text_of(acme, f"?q=JUNE&day={DAY - timedelta(days=1)}")


def test_the_value_is_told_to_those_who_see_costs_alone(acme: Shop, kept: Variant) -> None:
    assert "Value at cost" in text_of(acme, f"?day={DAY}")
    page = text_of(acme, f"?day={DAY}", "stock clerk")
    assert "June tea" in page and "Value" not in page
    assert file_of(acme, f"?q=JUNE&day={DAY}", "stock clerk") == [
        "SKU,Article,Location,Day,On hand,Damaged,On its way",
        "JUNE,June tea,Acme main shop,2026-06-01,6.000,0.000,0.000",
    ]


def test_the_sum_of_the_rows_is_the_value_of_the_page(acme: Shop, kept: Variant) -> None:
    today = business_today()
    total = sum(Decimal(row.rsplit(",", 1)[1]) for row in file_of(acme, f"?day={today}")[1:])
    held = sum(((one.on_hand + one.damaged) * (one.average_cost or 0) for one in StockLevel.objects.all()), Decimal(0))
    assert total == held > 0
    assert f'value="{held.normalize():f}' in text_of(acme, f"?day={today}")


def test_the_file_is_a_workbook_too_and_the_audit_log_says_who_took_it(acme: Shop, kept: Variant) -> None:
    answer = acme.client("accountant").get(f"{PAGE}file/?day={DAY}&format=xlsx&location={acme.location.pk}")
    assert answer["Content-Disposition"] == 'attachment; filename="stock-2026-06-01-main.xlsx"'
    rows = list(load_workbook(BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["SKU", "JUNE"] and rows[1][4:] == (6, 0, 0, 12)
    entry = AuditEntry.objects.get(object_type="stock", action="export")
    assert entry.object_label == "2026-06-01, Acme main shop, 1 rows"


@pytest.mark.parametrize(
    "query", ["?day=0001-01-01", "?day=9999-12-31", "?day=x", "?location=x", "?location={stranger}", "?after=x"]
)
def test_what_cannot_be_told_is_refused(acme: Shop, globex: Shop, query: str) -> None:
    query = query.format(stranger=globex.tenant.pk)
    browser = acme.client("accountant", raise_request_exception=False)
    assert browser.get(f"{PAGE}{query}").status_code in (400, 422)
    if "after" not in query:
        assert browser.get(f"{PAGE}file/{query}").status_code in (400, 422)
        assert not AuditEntry.objects.filter(object_type="stock").exists()


def test_who_works_at_one_place_sees_that_place_only(acme: Shop, kept: Variant) -> None:
    annex = Location.objects.create(code="ANNEX", name="Acme annex")
    book(kept, annex, "3", NOON, unit_cost=Decimal(2))
    here = replace(acme.actor("cashier"), permissions={VIEW_STOCK: frozenset([acme.location.pk])})
    table = export_stock_then(DAY, NOON + timedelta(hours=12), place=None, words="", actor=here)
    assert [row[2] for row in table[1:]] == ["Acme main shop"]
    with pytest.raises(Forbidden):
        export_stock_then(DAY, NOON, place=annex, words="", actor=here)


def test_of_some_levels_and_of_all_the_same_is_told(acme: Shop, kept: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    levels, instant = list(StockLevel.objects.all()), NOON + timedelta(hours=1)
    few = stock_of(levels, instant)
    assert MOST_NAMED > len(levels) > 1
    monkeypatch.setattr("inventory.selectors.value.MOST_NAMED", 0)
    assert stock_of(levels, instant) == few
    assert few == {row[:2]: row for row in stock_as_of(instant)}


def test_the_page_costs_the_same_however_long_it_is(acme: Shop, kept: Variant) -> None:
    browser = acme.client("accountant")
    browser.get(PAGE)
    few, _ = statements(lambda: browser.get(f"{PAGE}?day={DAY}"))
    for number in range(12):
        book(make_variant(f"N{number}"), acme.location, "5", NOON, unit_cost=Decimal(1))
    many, answer = statements(lambda: browser.get(f"{PAGE}?day={DAY}"))
    assert answer.content.decode().count("<tr>") >= 13
    assert few == many <= 24
