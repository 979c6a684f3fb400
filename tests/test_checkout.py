"""Selling: all of a sale or none of it, once."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.ids import uuid7
from core.outbox.models import Event
from core.testing import Shop
from inventory.errors import OutOfStock
from inventory.models import StockLevel, StockMovement
from orders.models import Order, OrderLine, Payment
from orders.services.checkout import BasketLine, Sale, Tender, place_order


def sale_of(shop: Shop, total: str, **basket: str) -> Sale:
    return Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=shop.variant(sku).pk, quantity=Decimal(n)) for sku, n in basket.items()],
        payments=[Tender(method="cash", amount=Decimal(total), tendered=max(Decimal(100), Decimal(total)))],
    )


def on_hand(shop: Shop, sku: str) -> Decimal:
    return StockLevel.objects.get(variant__sku=sku).on_hand


def test_a_sale_books_order_lines_payment_stock_and_events_together(acme: Shop) -> None:
    before = Event.objects.count()
    placed = place_order(sale_of(acme, "21.00", TEA="2", CUP="1"), actor=acme.actor("cashier"))

    order = Order.objects.get()
    assert placed.is_new and placed.order.pk == order.pk
    assert (order.total, order.tax_total, order.subtotal, order.items) == (
        Decimal("21.00"),
        Decimal("3.50"),
        Decimal("17.50"),
        Decimal(3),
    )
    assert [(line.sku, line.quantity, line.total) for line in OrderLine.objects.all()] == [
        ("TEA", Decimal(2), Decimal("9.00")),
        ("CUP", Decimal(1), Decimal("12.00")),
    ]
    payment = Payment.objects.get()
    assert (payment.amount, payment.tendered, payment.change) == (Decimal("21.00"), Decimal(100), Decimal("79.00"))
    assert (on_hand(acme, "TEA"), on_hand(acme, "CUP")) == (Decimal(8), Decimal(9))
    types = list(Event.objects.order_by("id").values_list("type", flat=True)[before:])
    assert types == ["order.created", "payment.received", "order.completed", "stock.changed", "stock.changed"]


def test_a_repeated_sale_gives_the_order_it_already_made(acme: Shop) -> None:
    sale = sale_of(acme, "4.50", TEA="1")
    first = place_order(sale, actor=acme.actor("cashier"))
    again = place_order(replace(sale), actor=acme.actor("cashier"))
    assert (again.order.pk, again.is_new) == (first.order.pk, False)
    assert Order.objects.count() == 1 and on_hand(acme, "TEA") == Decimal(9)


def test_a_sale_that_cannot_be_covered_names_every_short_line_and_moves_nothing(acme: Shop) -> None:
    events = Event.objects.count()
    with pytest.raises(OutOfStock) as refusal:
        place_order(sale_of(acme, "186.00", TEA="12", CUP="11"), actor=acme.actor("cashier"))
    short = {row["sku"]: (row["wanted"], row["available"]) for row in refusal.value.details["short"]}
    assert short == {"TEA": ("12", "10"), "CUP": ("11", "10")}
    assert Order.objects.count() == Payment.objects.count() == 0
    assert (on_hand(acme, "TEA"), on_hand(acme, "CUP")) == (Decimal(10), Decimal(10))
    assert Event.objects.count() == events
    assert StockMovement.objects.filter(kind="sale").count() == 0
