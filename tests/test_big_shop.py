"""The shop that the benchmarks measure is one whose books are right, and building it leaves the tables as they were."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection

from benchmarks.bigshop import PLACES, Size, fill_big_shop
from core.testing import Shop
from inventory.codes import is_gtin
from inventory.models import Product, ScanCode, StockDocument, StockLevel, StockMovement, TaxClass, Variant
from orders.auditor import audit_books
from orders.models import Customer, Order, OrderLine, Payment
from orders.selectors.duplicates import duplicates

TINY = Size(variants=23, lines=300, customers=301, movements=1_000, days=7)
# PostgreSQL writes the condition of a partial index in other words when it reads its own.
SHAPE = """
    SELECT split_part(indexdef, ' WHERE ', 1) FROM pg_indexes WHERE schemaname = current_schema()
    UNION ALL SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace ORDER BY 1
"""


@pytest.fixture
def empty(acme: Shop) -> Iterator[Shop]:
    for model in (StockMovement, StockLevel, ScanCode, Customer, Product, TaxClass):
        model.objects.all().delete()
    yield acme


def shape() -> list[tuple[str]]:
    with connection.cursor() as cursor:
        cursor.execute(SHAPE)
        return list(cursor.fetchall())


def test_the_big_shop_has_the_size_it_was_told_and_its_books_are_right(empty: Shop) -> None:
    before = shape()
    fill_big_shop(TINY, until=date(2026, 6, 18))
    assert audit_books() == []
    assert Variant.objects.count() == TINY.variants
    assert Customer.objects.count() == TINY.customers
    assert OrderLine.objects.count() == TINY.lines
    assert StockMovement.objects.count() == TINY.movements
    assert StockLevel.objects.count() == TINY.variants * len(PLACES)
    assert Payment.objects.count() == Order.objects.count()
    assert StockDocument.objects.count() == TINY.days * len(PLACES)
    assert all(is_gtin(code) for code in ScanCode.objects.values_list("code", flat=True))
    days = set(Order.objects.values_list("business_date", flat=True))
    assert (len(days), max(days)) == (7, date(2026, 6, 18))
    times = list(StockMovement.objects.order_by("id").values_list("occurred_at", flat=True))
    assert times == sorted(times), "the ledger is written in the order of time"
    assert {suggestion.reason for suggestion in duplicates()[0]} >= {"email", "phone"}
    assert shape() == before, "indexes and constraints are back"
