"""Where orders stand, as lists find them: every filter by an axis finds the orders whose axis says so, and no other."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.testing import CANARY, Shop
from orders.models import Customer, Order
from orders.selectors import find_order, visible_orders
from orders.selectors.axes import axes_of, with_axes
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.checkout import place_order
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.placing import Cancellation, cancel_order, place_open_order
from orders.services.returns import Return, ReturnLine, return_goods
from orders.services.voids import void_order

pytestmark = pytest.mark.django_db
AXES = {
    "paid": ("unpaid", "partly", "paid", "overpaid", "refunded"),
    "handed_over": ("none", "partly", "all"),
    "returned": ("none", "partly", "all"),
}


def stated(shop: Shop, units: str, paid: str, **more: Any) -> Sale:
    return Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(units))],
        payments=[Tender(method="card", amount=Decimal(paid))] if Decimal(paid) else [],
        **more,
    )


def opened(shop: Shop, units: str, paid: str = "0", *, sent: str = "0") -> Order:
    order = place_open_order(stated(shop, units, paid), delivery={"kind": "pickup"}, actor=shop.actor()).order
    if Decimal(sent):
        draft = FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk, lines=[(1, Decimal(sent))])
        parcel, _ = create_fulfilment(draft, actor=shop.actor())
        for step in ("pack", "done"):
            take_step(parcel.pk, Step(name=step), actor=shop.actor())
    return order


def given_up(shop: Shop, paid: str) -> Order:
    order = opened(shop, "1", paid)
    cancel_order(order.pk, Cancellation(cancel_id=uuid7(), reason="no"), actor=shop.actor())
    return order


def brought_back(shop: Shop, units: str) -> Order:
    order = place_order(stated(shop, "2", "9"), actor=shop.actor()).order
    back = Return(
        refund_id=uuid7(),
        order_id=order.pk,
        lines=[ReturnLine(position=1, quantity=Decimal(units))],
        reason="broken",
    )
    return_goods(back, actor=shop.actor())
    return order


def voided(shop: Shop) -> Order:
    order = place_order(stated(shop, "1", "4.50"), actor=shop.actor()).order
    void_order(order.pk, void_id=uuid7(), reason="wrong", actor=shop.actor())
    return order


STANDS: dict[str, tuple[Callable[[Shop], Order], tuple[str, str, str, str]]] = {
    "nothing paid, nothing left": (lambda shop: opened(shop, "1"), ("unpaid", "none", "none", "4.50")),
    "a part paid": (lambda shop: opened(shop, "2", "4"), ("partly", "none", "none", "5.00")),
    "paid, a part collected": (lambda shop: opened(shop, "2", "9", sent="1"), ("paid", "partly", "none", "0")),
    "collected, not paid": (lambda shop: opened(shop, "1", sent="1"), ("unpaid", "all", "none", "4.50")),
    "paid and collected": (lambda shop: opened(shop, "1", "4.50", sent="1"), ("paid", "all", "none", "0")),
    "cancelled before it was paid": (lambda shop: given_up(shop, "0"), ("unpaid", "none", "none", "0")),
    "cancelled, money back": (lambda shop: given_up(shop, "4.50"), ("refunded", "none", "none", "0")),
    "voided": (voided, ("refunded", "none", "none", "0")),
    "a part came back": (lambda shop: brought_back(shop, "1"), ("paid", "all", "partly", "0")),
    "all came back": (lambda shop: brought_back(shop, "2"), ("refunded", "all", "all", "0")),
}


def test_each_filter_finds_the_orders_whose_axis_says_so(acme: Shop, globex: Shop) -> None:
    acme.variant("TEA").levels.update(on_hand=100)
    numbers = {}
    for name, (make, expected) in STANDS.items():
        order = find_order(make(acme).pk, actor=acme.actor())
        numbers[name] = order.number
        where = axes_of(order)
        assert (where.paid, where.handed_over, where.returned) == expected[:3], name
        assert where.to_pay == Decimal(expected[3]), name
    everything = list(with_axes(visible_orders(actor=acme.actor())))
    assert len(everything) == len(STANDS) + 2
    for axis, values in AXES.items():
        asked: list[dict[str, Any]] = [{axis: value} for value in values]
        found = {one[axis]: set(visible_orders(actor=acme.actor(), **one)) for one in asked}
        for order in everything:
            of = [value for value, rows in found.items() if order in rows]
            assert of == [getattr(axes_of(order), axis)], (axis, order.number)
    page = acme.client("cashier").get("/orders/?state=open&paid=unpaid").content.decode()
    shown = {name for name, number in numbers.items() if f"#{number}" in page}
    assert shown == {"nothing paid, nothing left", "collected, not paid"}
    assert "Not paid" in page and "Handed over" in page and CANARY not in page


def test_the_list_finds_orders_by_customer_for_those_who_may_see_what_customers_did(acme: Shop) -> None:
    customer_id = Customer.objects.get(number="C1").pk
    order = place_order(stated(acme, "1", "4.50", customer_id=customer_id), actor=acme.actor()).order
    other = place_order(stated(acme, "1", "4.50"), actor=acme.actor()).order

    def found(role: str, query: str) -> set[str]:
        page = acme.client(role).get(f"/orders/?{query}").content.decode()
        return {row.number for row in (order, other) if f"#{row.number}" in page}

    assert found("manager", "q=acme+custom") == {order.number}
    assert found("cashier", "q=acme+custom") == set()
    assert found("cashier", f"q={order.number[:7].lower()}") == {order.number}
    assert found("owner", "q=nobody") == set()
    assert found("owner", f"location={acme.location.pk}") == {order.number, other.number}
    for wrong in (f"location={uuid7()}", "paid=maybe", "handed_over=x", "returned=1", "since=yesterday"):
        assert acme.client("owner").get(f"/orders/?{wrong}").status_code == 422, wrong
