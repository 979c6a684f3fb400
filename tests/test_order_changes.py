"""A placed order is changed by a proposal that is confirmed once and taken back exactly."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.ids import uuid7
from core.outbox.models import Event
from core.testing import Shop, sale_body, stock
from inventory.models import StockLevel, TaxClass
from orders.auditor import audit_books
from orders.errors import WrongPayment
from orders.models import Order, OrderChange, OrderLine, Payment
from orders.services.basket import Tender
from orders.services.changes import Settlement, confirm_change, propose_change, revert_change
from orders.services.returns import Return, ReturnLine, return_goods
from orders.services.rewriting import KEPT, Action
from tests.api import person, pointers
from tests.test_race_checkout import at_once

pytestmark = pytest.mark.django_db


def sell(shop: Shop, basket: dict[str, str] | None = None, **more: Any) -> Order:
    body = sale_body(shop, basket or {"TEA": "2", "CUP": "1"}, **more)
    answer = person(shop, "owner").post("orders/", body)
    assert answer.status_code == 201, answer.content
    return Order.objects.get(pk=body["id"])


def levels() -> dict[str, Decimal]:
    return {row.variant.sku: row.on_hand for row in StockLevel.objects.select_related("variant")}


def state(order: Order) -> tuple[Any, ...]:
    """All that a change may touch, but for the version."""
    row = Order.objects.get(pk=order.pk)
    lines = [tuple(getattr(line, name) for name in KEPT) for line in row.lines.order_by("position")]
    return row.total, row.subtotal, row.tax_total, row.discount_total, row.items, row.line_count, str(lines)


def test_a_change_shows_its_difference_is_booked_once_and_taken_back_exactly(acme: Shop) -> None:
    sale = sell(acme)
    before, there = state(sale), levels()
    manager = person(acme, "manager")
    actions = [
        {"kind": "quantity", "position": 1, "quantity": "1"},
        {"kind": "remove", "position": 2},
        {"kind": "add", "code": "JAM", "quantity": "2"},
    ]
    body = {"id": str(uuid7()), "actions": actions, "reason": "asked by telephone"}
    path = f"orders/{sale.pk}/changes/"
    answers = [manager.post(path, body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
    shown = answers[0].json()
    assert shown["difference"] == "-10.00"  # 21.00 becomes 4.50 + 6.50
    assert shown["stock"] == {
        str(acme.variant("TEA").pk): "-1",
        str(acme.variant("CUP").pk): "-1",
        str(acme.variant("JAM").pk): "2",
    }
    assert state(sale) == before and levels() == there

    assert manager.post(f"{path}{body['id']}/confirm/", {}).status_code == 422  # no If-Match
    confirm = [manager.post(f"{path}{body['id']}/confirm/", {}, **{"if-match": '"1"'}) for _ in range(2)]
    assert [answer.status_code for answer in confirm] == [200, 200], confirm[0].content
    assert Order.objects.get(pk=sale.pk).total == Decimal("11.00")
    assert {sku: levels()[sku] - there[sku] for sku in there} == {"TEA": 1, "CUP": 1, "JAM": -2}
    assert [x.amount for x in Payment.objects.order_by("received_at")] == [Decimal(21), Decimal(-10)]
    assert audit_books() == []

    back = {"payments": [{"method": "card", "amount": "10.00"}]}
    short = {"payments": [{"method": "card", "amount": "9.99"}]}
    revert = f"{path}{body['id']}/revert/"
    assert manager.post(revert, short, **{"if-match": '"2"'}).json()["code"] == "wrong-payment"
    assert [manager.post(revert, back, **{"if-match": '"2"'}).status_code for _ in range(2)] == [200, 200]
    assert state(sale) == before and levels() == there
    assert sum(Payment.objects.values_list("amount", flat=True)) == Decimal(21)
    assert Event.objects.filter(type="order.updated").count() == 2
    assert audit_books() == []


def test_what_was_sold_keeps_its_price_and_tax_when_its_quantity_changes(acme: Shop) -> None:
    sale = sell(acme, {"TEA": "2"})
    TaxClass.objects.update(rate=Decimal(5))
    change, _ = propose_change(
        change_id=uuid7(),
        order_id=sale.pk,
        actions=[Action(kind="quantity", position=1, quantity=Decimal(3))],
        actor=acme.actor("manager"),
    )
    assert (change.difference, change.after[0]["tax"]) == (Decimal("4.50"), "2.25")
    with pytest.raises(WrongPayment):
        confirm_change(change.pk, order_id=sale.pk, version=1, settlement=Settlement(), actor=acme.actor("manager"))
    assert OrderLine.objects.get(order=sale).quantity == 2


def test_an_order_that_changed_since_or_came_back_is_not_changed(acme: Shop, globex: Shop) -> None:
    sale, manager = sell(acme), acme.actor("manager")
    actions = [Action(kind="remove", position=2)]
    one, two = (
        propose_change(change_id=uuid7(), order_id=sale.pk, actions=actions, actor=manager)[0] for _ in range(2)
    )
    confirm_change(one.pk, order_id=sale.pk, version=1, settlement=Settlement(), actor=manager)
    api = person(acme, "manager")
    stale = api.post(f"orders/{sale.pk}/changes/{two.pk}/confirm/", {}, **{"if-match": '"2"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    line = ReturnLine(position=1, quantity=Decimal(1))
    return_goods(Return(refund_id=uuid7(), order_id=sale.pk, lines=[line], reason="x"), actor=manager)
    path, body = f"orders/{sale.pk}/changes/", {"id": str(uuid7()), "actions": [{"kind": "remove", "position": 1}]}
    assert api.post(path, body).status_code == 409
    assert person(acme, "cashier").post(path, body).status_code == 403
    assert person(globex, "manager").post(path, body).status_code == 404


@pytest.mark.parametrize(
    ("actions", "where"),
    [
        ([], "/actions"),
        ([{"kind": "remove", "position": 9}], "/actions/0/position"),
        ([{"kind": "quantity", "position": 1, "quantity": "0"}], "/actions/0/quantity"),
        ([{"kind": "quantity", "position": 1}], "/actions/0/quantity"),
        ([{"kind": "price", "position": 1}], "/actions/0/unit_price"),
        ([{"kind": "price", "position": 1, "unit_price": "-1"}], "/actions/0/unit_price"),
        ([{"kind": "add", "code": "TEA"}], "/actions/0/quantity"),
        ([{"kind": "remove", "position": 1}, {"kind": "remove", "position": 2}], "/actions"),
        ([{"kind": "swap", "position": 1}], "/actions/0/kind"),
    ],
)
def test_an_action_that_cannot_be_is_named_and_nothing_is_kept(acme: Shop, actions: Any, where: str) -> None:
    sale = sell(acme)
    answer = person(acme, "manager").post(f"orders/{sale.pk}/changes/", {"id": str(uuid7()), "actions": actions})
    assert (answer.status_code, pointers(answer)) == (422, {where}), answer.content
    assert not OrderChange.objects.exists()


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_change_that_is_taken_back_restores_every_figure(acme: Shop, data: Any) -> None:
    for sku in ("TEA", "CUP", "JAM"):
        stock(acme.variant(sku), acme.location, "30")
    sale, manager, there = sell(acme, {"TEA": "2", "CUP": "1", "JAM": "3"}), acme.actor("manager"), levels()
    before = state(sale)
    quantity = st.builds(lambda n: Decimal(n) / 4, st.integers(1, 20))
    price = st.builds(lambda n: Decimal(n) / 1000, st.integers(0, 20_000))
    actions = data.draw(
        st.lists(
            st.one_of(
                st.builds(Action, kind=st.just("quantity"), position=st.integers(1, 2), quantity=quantity),
                st.builds(Action, kind=st.just("price"), position=st.integers(1, 3), unit_price=price),
                st.builds(
                    Action, kind=st.just("add"), code=st.sampled_from(["TEA", "JAM"]), quantity=st.just(Decimal(1))
                ),
            ),
            min_size=1,
            max_size=4,
        )
    )
    change, _ = propose_change(change_id=uuid7(), order_id=sale.pk, actions=actions, actor=manager)

    def paid(amount: Decimal) -> Settlement:
        return Settlement(payments=[Tender(method="card", amount=amount)] if amount > 0 else None)

    confirm_change(change.pk, order_id=sale.pk, version=1, settlement=paid(change.difference), actor=manager)
    assert audit_books() == []
    revert_change(change.pk, order_id=sale.pk, version=2, settlement=paid(-change.difference), actor=manager)
    assert state(sale) == before and levels() == there and audit_books() == []


@pytest.mark.django_db(transaction=True)
def test_a_change_confirmed_by_six_at_once_is_booked_once(acme: Shop) -> None:
    sale, manager = sell(acme), acme.actor("manager")
    change, _ = propose_change(
        change_id=uuid7(), order_id=sale.pk, actions=[Action(kind="remove", position=2)], actor=manager
    )
    work: list[Any] = [
        partial(confirm_change, change.pk, order_id=sale.pk, version=1, settlement=Settlement(), actor=manager)
    ] * 6
    results = at_once(acme, work, 6)
    assert sorted(result[1] for result in results) == [False] * 5 + [True]
    assert Payment.objects.count() == 2 and levels()["CUP"] == 10
