"""Points of orders for later and of changed sales: earned at completion, undone exactly, never made from nothing."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.ids import uuid7
from core.testing import Shop, stock
from orders.auditor import audit_books
from orders.errors import NotEnoughCredit
from orders.models import Order, OrderChange, Payment
from orders.selectors.axes import axes_of
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.changes import Settlement, confirm_change, propose_change, revert_change
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.placing import Cancellation, add_payment, cancel_order, place_open_order
from orders.services.points import paid_by_points
from orders.services.rewriting import Action
from tests.api import person
from tests.cash_steps import sell
from tests.test_points import account, bring_back, by_points, cash, customer, ledger, paid_back, some_points, the_policy

pytestmark = pytest.mark.django_db


def taken(shop: Shop, *tenders: Any, quantity: str = "2") -> Order:
    line = BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(quantity))
    sale = Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[line],
        payments=tenders,
        customer_id=customer().pk,
    )
    return place_open_order(sale, delivery={"kind": "pickup"}, actor=shop.actor()).order


def handed_over(shop: Shop, order: Order) -> None:
    parcel = create_fulfilment(FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk), actor=shop.actor())[0]
    for step in ("pack", "done"):
        take_step(parcel.pk, Step(name=step), actor=shop.actor())


def change_of(shop: Shop, order: Order, **action: Any) -> OrderChange:
    made = propose_change(change_id=uuid7(), order_id=order.pk, actions=[Action(**action)], actor=shop.actor())
    return made[0]


def turn(shop: Shop, change: OrderChange, *tenders: Any, undo: bool = False) -> None:
    """Confirm or revert; without tenders money goes back as it came."""
    order = Order.objects.get(pk=change.order_id)
    how = Settlement(payments=list(tenders) or None)
    call = revert_change if undo else confirm_change
    call(change.pk, order_id=order.pk, version=order.version, settlement=how, actor=shop.actor())


def applied_at(change: OrderChange) -> Any:
    return OrderChange.objects.get(pk=change.pk).applied_at


@pytest.mark.parametrize("paid_last", [True, False])
def test_an_open_order_is_paid_with_points_and_earns_when_it_is_completed(acme: Shop, paid_last: bool) -> None:
    the_policy(acme)
    some_points(acme, "30")
    order = taken(acme, by_points("2.00"))
    assert ledger() == [("adjust", 30), ("redeem", -20)]
    if not paid_last:
        add_payment(order.pk, cash("6.50"), actor=acme.actor())
        add_payment(order.pk, by_points("0.50"), actor=acme.actor())
        assert account().balance == 5
    handed_over(acme, order)
    if paid_last:
        assert account().balance == 10
        add_payment(order.pk, by_points("0.50"), actor=acme.actor())
        add_payment(order.pk, cash("6.50"), actor=acme.actor())
    assert Order.objects.get(pk=order.pk).state == "completed"
    assert sorted(ledger()) == sorted([("adjust", 30), ("redeem", -20), ("redeem", -5), ("earn", 6)])
    for _ in range(2):
        bring_back(acme, order, "1")
    assert account().balance == 30 and audit_books() == []


def test_a_cancelled_order_gives_points_back_as_points(acme: Shop) -> None:
    the_policy(acme)
    some_points(acme, "30")
    order = taken(acme, by_points("2.00"), cash("3.00"))
    wanted = Cancellation(cancel_id=uuid7(), reason="changed her mind")
    for _ in range(2):
        cancel_order(order.pk, wanted, actor=acme.actor())
    back = Payment.objects.filter(order=order, amount__lt=0).values_list("method", "amount")
    assert dict(back) == {"points": Decimal(-2), "cash": Decimal(-3)}
    assert account().balance == 30 and ledger()[-1] == ("refund", 20) and audit_books() == []


def test_a_change_earns_on_what_is_added_and_is_taken_back_exactly(acme: Shop) -> None:
    the_policy(acme)
    some_points(acme, "100")
    sold = sell(acme, None, by_points("4.50"), cash("4.50"), quantity="2", customer_id=customer().pk)
    assert account().balance == 100 - 45 + 4
    more = change_of(acme, sold, kind="quantity", position=1, quantity=Decimal(4))
    turn(acme, more, by_points("1.00"), cash("8.00"))
    assert account().balance == 59 - 10 + 8
    the_policy(acme, per_unit="7", value="0.50")  # what a point is worth by now does not matter
    turn(acme, more, undo=True)
    assert account().balance == 59
    assert ledger()[-2:] == [("refund", 10), ("reverse", -8)]
    less = change_of(acme, sold, kind="quantity", position=1, quantity=Decimal(1))
    turn(acme, less)
    back = Payment.objects.filter(order=sold, amount__lt=0, received_at=applied_at(less))
    assert dict(back.values_list("method", "amount")) == {"points": Decimal("-2.25"), "cash": Decimal("-2.25")}
    assert account().balance == 59 + 22 - 2
    turn(acme, less, cash("2.25"), undo=True)
    assert account().balance == 59
    assert paid_back(bring_back(acme, sold, "2"))["points"] == Decimal("-4.50")
    assert account().balance == 100 and audit_books() == []


def test_points_that_went_back_and_were_spent_cannot_be_taken_again(acme: Shop) -> None:
    the_policy(acme)
    some_points(acme, "45")
    sold = sell(acme, None, by_points("4.50"), cash("4.50"), quantity="2", customer_id=customer().pk)
    less = change_of(acme, sold, kind="quantity", position=1, quantity=Decimal(1))
    turn(acme, less)
    assert account().balance == 45 - 45 + 4 + 22 - 2
    sell(acme, None, by_points("2.00"), cash("2.50"), customer_id=customer().pk)
    before = (account().balance, Order.objects.get(pk=sold.pk).total)
    with pytest.raises(NotEnoughCredit):
        turn(acme, less, cash("2.25"), undo=True)
    assert (account().balance, Order.objects.get(pk=sold.pk).total) == before and audit_books() == []


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_no_sequence_of_changes_and_returns_makes_points_from_nothing(acme: Shop, data: Any) -> None:
    stock(acme.variant("TEA"), acme.location, "100000")
    rate, value = data.draw(st.sampled_from([("3.7", "0.05"), ("0.3", "0.10"), ("1", "0.50")]))
    the_policy(acme, per_unit=rate, value=value, days=data.draw(st.sampled_from([None, 30])))
    some_points(acme, "2000")
    start = account().balance

    def split(total: Decimal) -> list[Any]:
        points = data.draw(st.integers(0, min(60, int(total / Decimal(value)))))
        part = points * Decimal(value)
        return [x for x in (by_points(str(part)), cash(str(total - part))) if x.amount]

    quantity = data.draw(st.integers(1, 5))
    tenders = split(Decimal("4.50") * quantity)
    sold = sell(acme, None, *tenders, quantity=str(quantity), customer_id=customer().pk)
    for _ in range(data.draw(st.integers(1, 4))):
        was, then = account().balance, data.draw(st.integers(1, 8))
        if then == quantity:
            continue
        change = change_of(acme, sold, kind="quantity", position=1, quantity=Decimal(then))
        paid = split(change.difference) if change.difference > 0 else []
        turn(acme, change, *paid)
        if data.draw(st.booleans()):
            back = Payment.objects.filter(order=sold, method="points", amount__lt=0, received_at=applied_at(change))
            rest = -change.difference + sum((x.amount for x in back), Decimal(0))
            turn(acme, change, *([cash(str(rest))] if rest > 0 else []), undo=True)
            assert account().balance == was, "taken back exactly"
        else:
            quantity = then
    left = quantity
    while left:
        some = data.draw(st.integers(1, left))
        bring_back(acme, sold, str(some))
        left -= some
    assert account().balance == start and audit_books() == []


def test_points_of_an_order_for_later_need_its_customer(acme: Shop) -> None:
    the_policy(acme)
    body = {
        "id": str(uuid7()),
        "location": str(acme.location.pk),
        "lines": [{"variant": str(acme.variant("TEA").pk), "quantity": "1"}],
        "delivery": {"kind": "pickup"},
        "payments": [{"method": "points", "amount": "1.00"}],
    }
    answer = person(acme, "manager").post("orders/open/", body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no-points") and not Order.objects.exists()


def test_a_change_of_an_open_order_gives_the_share_of_points_back_as_points(acme: Shop) -> None:
    the_policy(acme)
    some_points(acme, "30")
    order = taken(acme, by_points("2.00"), cash("7.00"))
    assert (order.total, account().balance) == (Decimal(9), Decimal(10))
    less = change_of(acme, order, kind="quantity", position=1, quantity=Decimal(1))
    shown = acme.client("manager").get(f"/orders/{order.pk}/changes/{less.pk}/").content.decode()
    assert "£3.50</data> goes back." in shown and "£1.00</data> goes back as points." in shown
    turn(acme, less, Tender(method="cash", amount=Decimal("3.50")))
    back = Payment.objects.filter(order=order, amount__lt=0).values_list("method", "amount")
    assert dict(back) == {"points": Decimal(-1), "cash": Decimal("-3.50")}
    assert account().balance == 20 and ledger()[-1] == ("refund", 10)
    turn(acme, less, undo=True)  # what is due again is paid later, in any way
    assert (axes_of(Order.objects.get(pk=order.pk)).to_pay, account().balance) == (Decimal("4.50"), Decimal(20))
    add_payment(order.pk, by_points("0.50"), actor=acme.actor())
    add_payment(order.pk, cash("4.00"), actor=acme.actor())
    cancel_order(order.pk, Cancellation(cancel_id=uuid7(), reason="not wanted"), actor=acme.actor())
    assert account().balance == 30 and audit_books() == []


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_no_changes_of_an_open_order_make_points_and_its_end_gives_all_of_them_back(acme: Shop, data: Any) -> None:
    the_policy(acme)
    some_points(acme, "500")
    before = account().balance
    points = data.draw(st.integers(1, 80))
    part = points * Decimal("0.10")
    order = taken(acme, by_points(str(part)), cash(str(9 - part)))
    for units in data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)):
        order = Order.objects.get(pk=order.pk)
        if order.lines.get().quantity == units:
            continue
        turn(acme, change_of(acme, order, kind="quantity", position=1, quantity=Decimal(units)))
        order = Order.objects.get(pk=order.pk)
        burnt, paid = before - account().balance, paid_by_points(order)[0]
        there = sum((x.amount for x in order.payments.all()), Decimal(0))
        assert there <= max(order.total, Decimal(9)) and 0 <= paid <= part
        assert burnt * Decimal("0.10") >= paid  # what is rounded on the way is rounded in the shop's favour
    cancel_order(order.pk, Cancellation(cancel_id=uuid7(), reason="not wanted"), actor=acme.actor())
    assert account().balance == before and audit_books() == []
