"""Goods for goods on a page: one net amount, shown before it happens, one ticket, done once."""

from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.testing import Shop
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.models import Order, Payment
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.checkout import place_order

pytestmark = pytest.mark.django_db


def sold(shop: Shop) -> Order:
    sale = Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(2))],
        payments=[Tender(method="card", amount=Decimal(9))],
    )
    return place_order(sale, actor=shop.actor()).order


def stated(shop: Shop, **more: Any) -> dict[str, Any]:
    ids = {name: str(uuid7()) for name in ("id", "ticket", "sale_id", "payment_id")}
    cup = {"variant": [str(shop.variant("CUP").pk)], "quantity": ["1"]}
    return {**ids, **cup, "quantity_1": "1", "reason": "other", "do": "exchange", **more}


def test_an_exchange_shows_one_amount_and_makes_one_ticket_once(acme: Shop, globex: Shop) -> None:
    order, browser = sold(acme), acme.client("cashier")
    path = f"/orders/{order.pk}/exchange/"
    assert path in browser.get(f"/orders/{order.pk}/").content.decode()
    shown = browser.post(path, stated(acme)).content.decode()
    assert 'name="net" value="7.50"' in shown and "Look at the amount, then exchange." in shown
    assert Order.objects.count() == 1
    wanted = stated(acme, seen="12.00", net="7.50", pays_by="card")
    answers = [browser.post(path, wanted) for _ in range(2)]
    refund, sale = Order.objects.get(kind="refund"), Order.objects.get(pk=wanted["sale_id"])
    assert [answer["Location"] for answer in answers] == [f"/orders/{sale.pk}/"] * 2
    assert str(refund.ticket) == str(sale.ticket) == wanted["ticket"]
    assert (refund.total, sale.total) == (Decimal("-4.50"), Decimal(12))
    by_method = dict(Payment.objects.filter(order=sale).values_list("method", "amount"))
    assert by_method == {"card": Decimal("7.50"), "exchange": Decimal("4.50")}
    assert sorted(StockLevel.objects.values_list("variant__sku", "on_hand"))[0] == ("CUP", Decimal(9))
    assert audit_books() == []
    assert globex.client("owner").get(path).status_code == 404


def test_money_goes_back_where_less_is_taken_and_what_cannot_be_is_said(acme: Shop) -> None:
    order, browser = sold(acme), acme.client("manager")
    path, jam = f"/orders/{order.pk}/exchange/", [str(acme.variant("JAM").pk)]
    less = stated(acme, variant=jam, quantity_1="2")
    assert "To give back" in browser.post(path, {**less, "do": "check"}).content.decode()
    for change, status, told in (
        ({"net": "-1.00", "method": "cash"}, 422, "is to be given back"),
        ({"net": "312.75", "pays_by": "card", "quantity": ["99"], "seen": "321.75"}, 409, "free are 10"),
        ({"net": "-5.75", "quantity_1": "3"}, 422, "less than or equal to 2"),
        ({"net": "-5.75", "reason": ""}, 422, "This field is required"),
        ({"net": "-5.75", "ticket": "x"}, 422, "This form is damaged"),
        ({"net": "-5.75", "seen": "3.00"}, 409, "The total is 3.25 GBP, not 3.00."),
    ):
        answer = browser.post(path, {**less, "seen": "3.25", **change})
        assert told in answer.content.decode() and answer.status_code == status, (change, answer.status_code)
    assert Order.objects.count() == 1
    assert browser.post(path, {**less, "seen": "3.25", "net": "-5.75"}).status_code == 302
    back = Payment.objects.get(order__kind="refund", method="card")
    assert back.amount == Decimal("-5.75") and audit_books() == []
