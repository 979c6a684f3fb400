"""The demo shop is believable and its books are right; the auditor finds what is not."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from core.errors import Conflict
from core.locations.selectors import business_today
from core.testing import Shop, stock
from inventory.codes import is_gtin
from inventory.models import (
    Count,
    Lot,
    PriceList,
    ProductPicture,
    ScanCode,
    Serial,
    StockAlert,
    StockException,
    StockLevel,
    StockMovement,
    StockReservation,
    TaxClass,
    Transfer,
    Variant,
)
from orders.auditor import audit_books
from orders.demo.goods import articles
from orders.demo.services import fill_demo_shop
from orders.models import CreditAccount, Customer, Fulfilment, GiftCard, Order, OrderLine, Payment, Shift


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


def test_the_demo_shop_sold_half_a_year_and_shows_everything_today_and_its_books_are_right(empty_demo: Shop) -> None:
    now = datetime(2026, 6, 18, 15, 30, tzinfo=UTC)
    made = fill_demo_shop(now=now)
    past = Order.objects.filter(created_by_label="demo data")
    assert made["orders"] == past.count() > 10_000
    assert made["lines"] == OrderLine.objects.filter(order__in=past).count()
    newest = past.order_by("-occurred_at")[0].occurred_at
    assert now - timedelta(hours=1) < newest < now
    days = set(past.values_list("business_date", flat=True))
    assert len(days) == 181 and max(days) == now.date()
    by_weekday = Counter(day.weekday() for day in past.values_list("business_date", flat=True))
    assert by_weekday[5] > by_weekday[1] > by_weekday[6], "Saturdays are busy, Sundays quiet"
    paid = Payment.objects.filter(order__in=past).aggregate(s=Sum("amount"))["s"]
    assert paid == past.aggregate(s=Sum("total"))["s"]
    assert set(past.values_list("location__code", flat=True)) == {"MAIN", "MARKET"}
    _shows_something_everywhere()
    assert audit_books() == []
    with pytest.raises(Conflict):
        fill_demo_shop(now=now)


def _shows_something_everywhere() -> None:
    """Every page a newcomer opens has rows: orders in all states, goods on their way, counts, drawers, alerts."""
    today = Order.objects.exclude(created_by_label="demo data")
    assert Counter(today.values_list("kind", "state")) == {
        ("sale", "completed"): 12,
        ("sale", "open"): 2,
        ("sale", "parked"): 2,
        ("sale", "voided"): 1,
        ("refund", "completed"): 2,
    }
    assert today.filter(ticket__isnull=False).count() == 2, "an exchange"
    assert Counter(Fulfilment.objects.values_list("state", flat=True)) == {"packed": 1, "shipped": 1}
    assert Counter(Shift.objects.values_list("register__name", "state")) == {
        ("Till 1", "closed"): 1,
        ("Till 1", "open"): 1,
        ("Till 2", "open"): 1,
        ("Till 3", "closed"): 1,
    }
    closed = Shift.objects.filter(state="closed").order_by("register__name")
    assert [(one.totals or {})["difference"] for one in closed] == ["-1.00", "0.00"] and closed[0].difference_reason
    assert Counter(Transfer.objects.values_list("state", flat=True)) == {"draft": 1, "shipped": 2}
    assert sorted(Count.objects.values_list("state", flat=True)) == ["closed", "open"]
    assert Serial.objects.filter(state="sold").count() == 1
    soon = business_today() + timedelta(days=7)
    assert Lot.objects.filter(expires_on__lte=soon).count() == 1 < Lot.objects.count()
    assert StockAlert.objects.exists() and StockException.objects.count() == 1 and StockReservation.objects.count() >= 2
    assert GiftCard.objects.count() == 3 and PriceList.objects.get().name == "Regulars"
    assert CreditAccount.objects.filter(kind="points", balance__gt=0).exists()
    assert ProductPicture.objects.count() == 15
    assert Variant.objects.filter(product__name="Kitchen apron").count() == 6


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
