"""Importing a shop's history: every line lands, to the last digit, once."""

import warnings
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count, F, Max, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit.models import AuditEntry
from core.outbox.models import Event
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop
from inventory.models import Product, ScanCode, StockException, StockLevel, StockMovement, Variant
from orders.auditor import audit_books
from orders.models import Customer, ImportRun, Order, OrderLine
from tests.import_samples import SHARED, Model, Row, line, made_rows, run_import, write

TABLES = (Customer, Product, Variant, ScanCode, Order, OrderLine, StockMovement, StockException, Event, AuditEntry)


def state_of_the_books() -> dict[str, Any]:
    """How many rows there are, the highest keys, and every version: what a repeat must not change."""
    state: dict[str, Any] = {
        model.__name__: (model.objects.count(), model.objects.order_by("-pk").values_list("pk", flat=True).first())
        for model in TABLES
    }
    state["levels"] = list(StockLevel.objects.order_by("pk").values_list("variant_id", "on_hand", "version"))
    state["orders"] = Order.objects.aggregate(v=Sum("version"), total=Sum("total"))
    state["products"] = Product.objects.aggregate(v=Sum("version"), at=Max("updated_at"))
    return state


def sums(**where: Any) -> tuple[int, int, Decimal]:
    """Lines, documents and money of some lines."""
    found = OrderLine.objects.filter(**where).aggregate(
        n=Count("pk"), documents=Count("order", distinct=True), total=Sum(F("quantity") * F("unit_price"))
    )
    return found["n"], found["documents"], found["total"]


def imported() -> Any:
    return Order.objects.filter(source="uci-online-retail")


def test_the_shared_history_lands_to_the_last_digit_and_a_second_run_changes_nothing(
    acme: Shop, globex: Shop, tmp_path: Path
) -> None:
    if not SHARED.exists():
        warnings.warn(f"{SHARED.name} is not here: a made history was imported instead", stacklevel=1)
        rows = list(made_rows(20_000))
        model = Model.of(rows)
        run = run_import(acme, write(tmp_path / "made.csv.gz", rows))
        assert (run.lines_added, run.sum_added, run.documents_added) == (model.lines, model.total, len(model.documents))
        assert audit_books() == []
        return
    theirs = _of_the_other_shop(globex)
    run = run_import(acme, SHARED)

    assert (run.lines_added, run.documents_added, run.customers_added) == (320_705, 16_459, 3_360)
    assert (run.codes_added, run.articles_added) == (3_774, 3_680)
    assert (run.first_day, run.last_day) == (date(2010, 12, 1), date(2011, 8, 31))
    assert run.sum_read == run.sum_added == Decimal("5761931.382")
    assert sums() == (320_705, 16_459, Decimal("5761931.382"))
    assert OrderLine.objects.aggregate(total=Sum("total"))["total"] == Decimal("5761931.382")
    assert Order.objects.aggregate(total=Sum("total"))["total"] == Decimal("5761931.382")
    june = {"order__business_date__range": (date(2011, 6, 1), date(2011, 6, 30))}
    assert sums(**june)[::2] == (36_874, Decimal("691123.12"))
    assert sums(order__business_date=date(2011, 6, 15)) == (1_718, 90, Decimal("46139.18"))
    positive = OrderLine.objects.exclude(order__number__startswith="C").filter(quantity__gt=0, unit_price__gt=0)
    found = positive.aggregate(n=Count("pk"), d=Count("order", distinct=True), t=Sum("total"))
    assert (found["n"], found["d"], found["t"]) == (313_059, 12_495, Decimal("6304826.062"))
    assert dict(imported().values_list("kind").annotate(Count("pk")).order_by()) == {
        "sale": 16_459 - 2_554 - 928,
        "refund": 2_554,
        "adjustment": 928,
    }
    assert not StockException.objects.exists()
    assert run.movements_added == StockMovement.objects.filter(reference_type="order").count() == 313_916
    assert audit_books() == []

    before = state_of_the_books()
    again = run_import(acme, SHARED)
    assert (again.documents_added, again.lines_added, again.documents_known) == (0, 0, 16_459)
    assert again.sum_read == Decimal("5761931.382") and again.sum_added == 0
    assert state_of_the_books() == before
    assert _of_the_other_shop(globex) == theirs


def _of_the_other_shop(globex: Shop) -> dict[str, Any]:
    with use_tenant(globex.tenant):
        assert not imported().exists()
        return state_of_the_books()


def test_a_document_lands_whole_with_customer_lines_and_local_time(acme: Shop, tmp_path: Path) -> None:
    rows = [
        line("581219", "22467", " LOGIC PUZZLE ", "3", "2011-06-15 23:30:00", "1.045"),
        line("581219", "POST", "POSTAGE", "1", "2011-06-15 23:31:00", "18.0"),
    ]
    run = run_import(acme, write(tmp_path / "one.csv", rows))

    order = imported().get()
    assert (order.number, order.kind, order.channel, order.is_paid_elsewhere) == ("581219", "sale", "history", True)
    assert (order.total, order.subtotal, order.tax_total) == (Decimal("21.135"), Decimal("21.135"), 0)
    assert (order.items, order.line_count, order.rounding, order.currency) == (3, 2, "exact", "GBP")
    assert order.occurred_at == datetime(2011, 6, 15, 22, 30, tzinfo=UTC)  # 23:30 in London, in summer
    assert order.business_date == date(2011, 6, 15)
    assert order.customer is not None and (order.customer.number, order.customer.country) == ("17850", "United Kingdom")
    assert list(order.lines.values_list("position", "sku", "code", "name", "total", "is_stocked")) == [
        (1, "22467", "22467", "LOGIC PUZZLE", Decimal("3.135"), True),
        (2, "POST", "POST", "POSTAGE", Decimal("18"), False),
    ]
    assert StockLevel.objects.get(variant__sku="22467").on_hand == -3
    assert not StockLevel.objects.filter(variant__sku="POST").exists()
    assert any(note["title"] == "Times" for note in run.notes)


def test_one_audit_row_and_one_event_tell_of_all_of_it(acme: Shop, tmp_path: Path) -> None:
    events, entries = Event.objects.count(), AuditEntry.objects.count()
    run = run_import(acme, write(tmp_path / "a.csv", [line("1"), line("2"), line("C3", quantity="-1")]))

    event = Event.objects.order_by("id").last()
    assert event is not None and event.type == "import.finished"
    assert event.payload == {
        "import_id": str(run.pk),
        "version": 1,
        "location_id": str(run.location_id),
        "format": "uci-online-retail",
        "orders": 3,
        "lines": 3,
        "revenue": "28.0500",
        "first_day": "2010-12-01",
        "last_day": "2010-12-01",
    }
    assert Event.objects.count() == events + 1 and AuditEntry.objects.count() == entries + 1
    entry = AuditEntry.objects.first()
    assert entry is not None and (entry.action, entry.object_id) == ("import", str(run.pk))


def test_cancellations_are_refunds_bad_debt_and_write_offs_are_adjustments(acme: Shop, tmp_path: Path) -> None:
    rows = [
        line("10", "AAA11", quantity="10", price="2.00"),
        line("C11", "AAA11", quantity="-4", price="2.00"),
        line("A12", "B", "Adjust bad debt", "1", price="-11062.06"),
        line("13", "AAA11", "damages", "-2", price="0.0", customer=""),
        line("14", "AAA11", "sample", "1", price="0"),
    ]
    run_import(acme, write(tmp_path / "kinds.csv", rows))
    assert dict(imported().values_list("number", "kind")) == {
        "10": "sale",
        "C11": "refund",
        "A12": "adjustment",
        "13": "adjustment",
        "14": "sale",
    }
    moved = StockMovement.objects.filter(variant__sku="AAA11").order_by("version")
    # sold, taken back, thrown away, given away; all at the same minute, so in the order of their references
    assert sorted(moved.values_list("kind", "delta")) == [
        ("adjustment", Decimal(-2)),
        ("refund", Decimal(4)),
        ("sale", Decimal(-10)),
        ("sale", Decimal(-1)),
    ]
    assert StockLevel.objects.get(variant__sku="AAA11").on_hand == -9
    assert audit_books() == []


def test_without_stock_no_level_and_no_movement_is_touched(acme: Shop, tmp_path: Path) -> None:
    levels = list(StockLevel.objects.order_by("pk").values())
    movements = StockMovement.objects.count()
    run = run_import(acme, write(tmp_path / "a.csv", made_rows(200)), moves_stock=False)
    assert run.lines_added >= 200 and run.movements_added == 0
    assert list(StockLevel.objects.order_by("pk").values()) == levels
    assert StockMovement.objects.count() == movements


def test_an_extended_file_adds_only_what_is_new_and_leaves_changed_documents_alone(acme: Shop, tmp_path: Path) -> None:
    run_import(acme, write(tmp_path / "may.csv", [line("1"), line("2"), line("2", "22467", "PUZZLE")]))
    held = Order.objects.get(number="1").lines.values_list("quantity", flat=True)[0]
    rows = [
        line("1", quantity="7"),
        line("2", "22467", "PUZZLE"),
        line("2"),
        line("3", "22467", "PUZZLE", price="9.99"),
    ]
    run = run_import(acme, write(tmp_path / "june.csv", rows))

    assert (run.documents_added, run.documents_known, run.documents_conflicting) == (1, 1, 1)
    assert (run.lines_added, run.articles_added, run.codes_added, run.customers_added) == (1, 0, 0, 0)
    assert run.conflicts == [
        {
            "number": "1",
            "row": 2,
            "lines": 1,
            "total": "17.8500",
            "imported_lines": 1,
            "imported_total": "15.3000",
        }
    ]
    assert Order.objects.get(number="1").lines.get().quantity == held
    assert Variant.objects.get(sku="22467").unit_price == Decimal("2.55")  # the shop's price is its own by now
    assert audit_books() == []


def test_spellings_that_share_a_description_are_one_article_and_others_stay_apart(acme: Shop, tmp_path: Path) -> None:
    rows = [
        line("1", "15056BL", "EDWARDIAN PARASOL BLACK"),
        line("2", "15056bl", "EDWARDIAN PARASOL BLACK", price="3.10", at="2011-01-05 10:00"),
        line("3", "72803B", ""),
        line("4", "72803b", "OCEAN SCENT CANDLE"),
        line("5", "11111X", "CUP"),
        line("6", "11111x", "SAUCER"),
    ]
    run = run_import(acme, write(tmp_path / "a.csv", rows))
    assert (run.codes_added, run.articles_added) == (6, 4)
    of = dict(ScanCode.objects.values_list("code", "variant__sku"))
    assert of["15056BL"] == of["15056bl"] == "15056BL" and of["72803b"] == of["72803B"]
    assert (of["11111X"], of["11111x"]) == ("11111X", "11111x")
    assert Variant.objects.get(sku="15056BL").unit_price == Decimal("3.10")
    assert Variant.objects.get(codes__code="72803B").product.name == "OCEAN SCENT CANDLE"
    assert list(OrderLine.objects.filter(code="15056bl").values_list("sku", flat=True)) == ["15056BL"]
    merged = next(note for note in run.notes if note["title"] == "Codes in mixed case")
    assert merged["items"] == ["15056BL = 15056bl", "72803B = 72803b"]

    before = state_of_the_books()
    run_import(acme, tmp_path / "a.csv")
    assert state_of_the_books() == before


def test_articles_and_customers_that_the_shop_has_are_used_not_doubled(acme: Shop, tmp_path: Path) -> None:
    articles, customers = Variant.objects.count(), Customer.objects.count()
    rows = [line("1", "tea", "", customer="C1"), line("2", "4006381333931", "BLUE CUP", customer="C1")]
    run = run_import(acme, write(tmp_path / "a.csv", rows))
    assert (run.articles_added, run.customers_added) == (0, 0)
    assert Variant.objects.count() == articles and Customer.objects.count() == customers
    assert list(OrderLine.objects.order_by("id").values_list("sku", "name")) == [
        ("TEA", "Acme Earl Grey"),
        ("CUP", "BLUE CUP"),
    ]
    assert StockLevel.objects.get(variant__sku="TEA").on_hand == 4
    assert Variant.objects.get(sku="TEA").unit_price == Decimal("4.50")
    assert audit_books() == []


def test_nothing_of_another_shop_is_seen_or_touched(acme: Shop, globex: Shop, tmp_path: Path) -> None:
    theirs = _of_the_other_shop(globex)
    run = run_import(acme, write(tmp_path / "a.csv", made_rows(300)))
    assert _of_the_other_shop(globex) == theirs
    assert CANARY not in str(run.notes) + str(list(Order.objects.values()))
    with use_tenant(globex.tenant):
        other = run_import(globex, tmp_path / "a.csv")
        assert other.documents_added == run.documents_added
        ids = set(imported().values_list("pk", flat=True))
    assert ids.isdisjoint(imported().values_list("pk", flat=True))


codes = st.sampled_from(["22467", "85123A", "85123a", "POST", "M", "gift_0001_10", "15056bl", "99999999"])
random_lines = st.builds(
    line,
    number=st.sampled_from(["1", "2", "3", "4", "C5", "C6", "A7"]),
    code=codes,
    name=st.sampled_from(["", " ", "THING", "OTHER THING", "=1+1", 'SAY "HI", THEN', "two\nlines", "café"]),
    quantity=st.integers(-50, 50).filter(bool).map(str),
    at=st.integers(0, 60_000_000).map(
        lambda s: (datetime(2010, 1, 1, tzinfo=UTC) + timedelta(seconds=s)).strftime("%Y-%m-%d %H:%M:%S")
    ),
    price=st.decimals(0, 100, places=4).map(lambda price: f"{price:f}"),
    customer=st.sampled_from(["", "17850.0", "12345"]),
    country=st.sampled_from(["", "EIRE"]),
)


@given(rows=st.lists(random_lines, min_size=1, max_size=25))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_small_file_comes_to_what_a_plain_model_says(acme: Shop, tmp_path: Path, rows: list[Row]) -> None:
    model = Model.of(rows)
    point = transaction.savepoint()
    customers = Customer.objects.count()
    run = run_import(acme, write(tmp_path / "random.csv", rows))

    assert (run.lines_added, run.sum_added) == (model.lines, model.total) == (sums()[0], sums()[2])
    assert dict(imported().values_list("number", "total")) == dict(model.documents)
    assert set(OrderLine.objects.values_list("code", flat=True)) == model.codes
    assert Customer.objects.count() - customers == run.customers_added <= len(model.customers)
    assert audit_books() == []
    before = state_of_the_books()
    assert run_import(acme, tmp_path / "random.csv").documents_added == 0
    assert state_of_the_books() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relname LIKE 'import_%'")
        assert cursor.fetchone() == (0,)
    transaction.savepoint_rollback(point)


def test_a_made_history_moves_exactly_the_stock_that_a_plain_model_says(acme: Shop, tmp_path: Path) -> None:
    rows = list(made_rows(3_000))
    model = Model.of(rows)
    run_import(acme, write(tmp_path / "made.csv.gz", rows))
    levels: dict[str, Decimal] = {}
    for sku, on_hand in StockLevel.objects.exclude(variant__sku__in=["TEA", "CUP", "JAM"]).values_list(
        "variant__sku", "on_hand"
    ):
        levels[sku.upper()] = levels.get(sku.upper(), Decimal(0)) + on_hand
    assert {code: units for code, units in levels.items() if units} == {c: u for c, u in model.stock.items() if u}
    assert audit_books() == []


@pytest.mark.parametrize("role", ["cashier", "accountant", "viewer", "stock clerk"])
def test_who_may_not_import_is_refused_before_the_file_is_opened(acme: Shop, tmp_path: Path, role: str) -> None:
    from core.errors import Forbidden

    with pytest.raises(Forbidden):
        run_import(acme, tmp_path / "absent.csv", role=role)
    assert not ImportRun.objects.exists() and not imported().exists()
