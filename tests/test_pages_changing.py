"""A placed order is changed by page: the difference is shown first, applied once, taken back exactly."""

from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.testing import Shop
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.models import Order, OrderChange, Payment
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.checkout import place_order
from orders.services.placing import place_open_order

pytestmark = pytest.mark.django_db


def stated(shop: Shop, units: str, paid: str) -> Sale:
    return Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(units))],
        payments=[Tender(method="card", amount=Decimal(paid))] if Decimal(paid) else [],
    )


def sold(shop: Shop) -> Order:
    return place_order(stated(shop, "2", "9"), actor=shop.actor()).order


def opened(shop: Shop, paid: str = "0") -> Order:
    return place_open_order(stated(shop, "2", paid), delivery={"kind": "pickup"}, actor=shop.actor()).order


def levels() -> dict[str, tuple[int, int]]:
    rows = StockLevel.objects.values_list("variant__sku", "on_hand", "reserved")
    return {sku: (int(there), int(reserved)) for sku, there, reserved in rows}


def proposed(shop: Shop, order: Order, **fields: Any) -> str:
    wanted = {"id": str(uuid7()), "do": "show", "quantity_1": "2", "price_1": "4.50", **fields}
    answer = shop.client("manager").post(f"/orders/{order.pk}/change/", wanted)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def settled(shop: Shop, path: str, version: int, **more: Any) -> Any:
    body = {"version": version, "payment_id": str(uuid7()), "method": "card", "do": "confirm", **more}
    return shop.client("manager").post(path, body)


def total(order: Order) -> tuple[Decimal, int]:
    row = Order.objects.get(pk=order.pk)
    return row.total, row.version


def test_a_sale_is_changed_by_what_the_page_showed_settled_once_and_taken_back_exactly(
    acme: Shop, globex: Shop
) -> None:
    order, there, cup = sold(acme), levels(), str(acme.variant("CUP").pk)
    path = proposed(acme, order, quantity_1="1", variant=[cup], quantity=["1"])
    shown = acme.client("manager").get(path).content.decode()
    for text in ("+<data", "£7.50", "1 × Acme Blue cup leave the shelf", "come back to the shelf", "is to be paid now"):
        assert text in shown, text
    assert (total(order), levels()) == ((Decimal(9), 1), {**there})
    stale = settled(acme, path, 7)
    assert stale.status_code == 412 and "Somebody changed this order in the meantime" in stale.content.decode()
    assert settled(acme, path, 1, method="giftcard").status_code == 422
    assert [settled(acme, path, 1).status_code for _ in range(2)] == [302, 302]
    assert total(order) == (Decimal("16.50"), 2)
    assert sum(Payment.objects.values_list("amount", flat=True)) == Decimal("16.50")
    assert levels()["CUP"] == (9, 0) and levels()["TEA"] == (9, 0)
    page = acme.client("manager").get(f"/orders/{order.pk}/").content.decode()
    assert path in page
    assert "goes back" in acme.client("manager").get(path).content.decode()
    assert settled(acme, path, 2, do="revert").status_code == 302
    assert total(order) == (Decimal(9), 3) and levels() == there and audit_books() == []
    assert globex.client("manager").get(path).status_code == 404


def test_an_open_order_holds_what_it_is_changed_to_and_only_what_was_paid_too_much_goes_back(acme: Shop) -> None:
    order, cup = opened(acme, paid="9"), str(acme.variant("CUP").pk)
    path = proposed(acme, order, variant=[cup], quantity=["2"])
    shown = acme.client("manager").get(path).content.decode()
    assert "2 × Acme Blue cup more set aside" in shown and "paid like the rest of the order" in shown
    assert settled(acme, path, 1).status_code == 302
    assert (total(order), levels()["CUP"], levels()["TEA"]) == ((Decimal(33), 2), (10, 2), (10, 2))
    assert Payment.objects.get().amount == 9
    less = proposed(acme, order, quantity_1="1", price_1="4.50", quantity_2="0", price_2="12")
    assert "£4.50" in acme.client("manager").get(less).content.decode()
    assert settled(acme, less, 2).status_code == 302
    assert (total(order), levels()["CUP"], levels()["TEA"]) == ((Decimal("4.50"), 3), (10, 0), (10, 1))
    assert sum(Payment.objects.values_list("amount", flat=True)) == Decimal("4.50")
    assert settled(acme, less, 3, do="revert").status_code == 302
    assert (total(order), levels()["CUP"], levels()["TEA"]) == ((Decimal(33), 4), (10, 2), (10, 2))
    assert audit_books() == []
    much = proposed(acme, order, quantity_1="11", price_1="4.50", quantity_2="2", price_2="12")
    short = settled(acme, much, 4)
    assert short.status_code == 409 and "wanted 9, free are 8" in short.content.decode()
    assert (total(order), levels()["TEA"]) == ((Decimal(33), 4), (10, 2))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "Nothing is different yet."),
        ({"quantity_1": "0"}, "An order keeps one line at least."),
        ({"quantity_1": "-1"}, "greater than or equal to 0"),
        ({"quantity_1": "NaN"}, "Enter a number."),
        ({"quantity_1": "99999999999"}, "More than zero; remove the line instead."),
        ({"price_1": "-1"}, "greater than or equal to 0"),
        ({"variant": ["x"], "quantity": ["1"]}, "valid UUID"),
        ({"variant": [str(uuid7())], "quantity": ["1"]}, "not for sale"),
        ({"id": "x", "quantity_1": "1"}, "This form is damaged"),
    ],
)
def test_a_change_that_cannot_be_is_said_where_it_stands(acme: Shop, change: dict[str, Any], told: str) -> None:
    order = sold(acme)
    wanted = {"id": str(uuid7()), "do": "show", "quantity_1": "2", "price_1": "4.50", **change}
    answer = acme.client("manager").post(f"/orders/{order.pk}/change/", wanted)
    assert told in answer.content.decode() and answer.status_code == 422
    assert not OrderChange.objects.exists()


def test_only_who_may_changes_orders_and_an_open_one_goes_elsewhere_until_it_is_packed(acme: Shop) -> None:
    order = opened(acme)
    assert acme.client("cashier").get(f"/orders/{order.pk}/change/").status_code == 403
    path, browser = f"/orders/{order.pk}/delivery/", acme.client("cashier")
    wanted = {"kind": "delivery", "name": "Ada", "address": "1 Mill Lane", "version": "1"}
    assert "This field is required." in browser.post(path, wanted).content.decode()
    assert browser.post(path, {**wanted, "city": "York", "version": "9"}).status_code == 412
    assert browser.post(path, {**wanted, "city": "York"}).status_code == 302
    order.refresh_from_db()
    assert order.delivery == {"kind": "delivery", "name": "Ada", "address": "1 Mill Lane", "city": "York"}
    assert order.version == 2 and "1 Mill Lane" in browser.get(f"/orders/{order.pk}/").content.decode()
    browser.post(f"/orders/{order.pk}/pack/", {"fulfilment_id": str(uuid7()), "quantity_1": "1"})
    late = browser.post(path, {**wanted, "city": "Leeds", "version": "3"})
    assert late.status_code == 409 and "Take the parcel back first." in late.content.decode()
