"""The demo shop is believable and its books are right; the auditor finds what is not."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from core.errors import Conflict
from core.testing import Shop, stock
from inventory.codes import is_gtin
from inventory.models import ScanCode, StockLevel, StockMovement, TaxClass, Variant
from orders.auditor import audit_books
from orders.demo.goods import articles
from orders.demo.services import fill_demo_shop
from orders.models import Customer, Order, OrderLine, Payment


@pytest.fixture
def empty_demo(acme: Shop) -> Iterator[Shop]:
    for model in (StockMovement, StockLevel, ScanCode, Customer):
        model.objects.all().delete()
    for variant in Variant.objects.all():
        variant.product.delete()
    TaxClass.objects.all().delete()
    acme.tenant.is_demo = True
    yield acme
    acme.tenant.is_demo = False


def test_the_demo_shop_sells_half_a_year_up_to_now_and_its_books_are_right(empty_demo: Shop) -> None:
    now = datetime(2026, 6, 18, 15, 30, tzinfo=UTC)
    made = fill_demo_shop(now=now)
    assert made["orders"] == Order.objects.count() > 10_000
    assert made["lines"] == OrderLine.objects.count()
    newest = Order.objects.order_by("-occurred_at")[0].occurred_at
    assert now - timedelta(hours=1) < newest < now
    days = set(Order.objects.values_list("business_date", flat=True))
    assert len(days) == 181 and max(days) == now.date()
    by_weekday = Counter(day.weekday() for day in Order.objects.values_list("business_date", flat=True))
    assert by_weekday[5] > by_weekday[1] > by_weekday[6], "Saturdays are busy, Sundays quiet"
    assert Payment.objects.aggregate(s=Sum("amount"))["s"] == Order.objects.aggregate(s=Sum("total"))["s"]
    assert audit_books() == []
    with pytest.raises(Conflict):
        fill_demo_shop(now=now)


def test_every_article_of_the_demo_shop_has_a_code_of_its_own_that_scans() -> None:
    shelf = articles()
    assert len({article.ean for article in shelf}) == len({article.sku for article in shelf}) == len(shelf) > 50
    assert all(is_gtin(article.ean) and article.ean.startswith("20") for article in shelf)
    assert all(Decimal(0) < article.cost < article.price for article in shelf)


def test_a_shop_that_is_no_demo_is_never_filled(acme: Shop) -> None:
    before = Order.objects.count()
    with pytest.raises(Conflict):
        fill_demo_shop()
    assert Order.objects.count() == before


def test_the_auditor_names_the_law_that_is_broken(acme: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "5")
    assert audit_books() == []
    StockLevel.objects.filter(variant__sku="TEA").update(on_hand=99)
    assert [finding.law for finding in audit_books()] == ["a stock level is the sum of its movements"]
    with pytest.raises(CommandError, match="1 laws are broken"):
        call_command("audit_books", acme.host)
