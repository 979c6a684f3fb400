"""Goods come back at the price, discount and tax of their sale; all pieces sum to what was paid, to the cent."""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.errors import Conflict, Invalid, ReusedIdentifier
from core.ids import uuid7
from core.money import round_money
from core.outbox.models import Event
from core.testing import CANARY, PASSWORD, Shop, make_variant, sale_body, stock
from inventory.models import StockLevel, StockMovement, TaxClass, Variant
from orders.auditor import audit_books
from orders.errors import ApprovalNeeded, ApprovalRefused
from orders.models import Order, OrderLine, Payment
from orders.services.approvals import Request, give_approval, set_pin
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.checkout import place_order
from orders.services.policy import change_policy
from orders.services.returns import Refunded, Return, ReturnLine, return_goods
from orders.tax import Goods, Terms, cash_difference, document_amounts, share_of, to_give_back
from tests.api import person, pointers
from tests.test_race_checkout import at_once

pytestmark = pytest.mark.django_db


@dataclass
class Line:
    quantity: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    tax_parts: list[dict[str, Any]] = field(default_factory=list)


def test_the_pieces_of_ten_thousand_random_orders_sum_to_what_was_paid() -> None:
    dice = random.Random(4004)
    for _ in range(10_000):
        currency = dice.choice(["EUR", "EUR", "JPY", "KWD"])
        terms = Terms(inclusive=dice.random() < 0.5, currency=currency, by_document=dice.random() < 0.5)
        step = Decimal("0.05") if currency == "EUR" and dice.random() < 0.3 else None
        goods = [
            Goods(
                quantity=Decimal(dice.randint(1, 3)),
                unit_price=Decimal(dice.randint(100, 99_999)) / 100,
                rate=Decimal(dice.choice(["0", "7", "8.375", "20"])),
                discount=Decimal(dice.randint(0, 99)),
            )
            for _ in range(dice.randint(1, 2))
        ]
        lines = [
            Line(each.quantity, each.discount, made.net, made.tax, made.total)
            for each, made in zip(goods, document_amounts(goods, terms), strict=True)
        ]
        total = sum((line.total for line in lines), Decimal(0))
        if any(line.total < 0 for line in lines):
            continue
        paid = total + cash_difference(total, step)
        pieces = [place for place, line in enumerate(lines) for _ in range(int(line.quantity))]
        dice.shuffle(pieces)
        back, given_back = [Decimal(0)] * len(lines), Decimal(0)
        for number, place in enumerate(pieces):
            share = share_of(lines[place], back[place], Decimal(1), currency=currency)
            back[place] += 1
            due = to_give_back(
                share.total,
                left=paid - given_back,
                is_last=number == len(pieces) - 1,
                currency=currency,
                cash_step=step,
            )
            assert due >= 0
            given_back += due
        assert given_back == paid


def sell(shop: Shop, basket: dict[str, str] | None = None, **more: Any) -> Order:
    body = sale_body(shop, basket or {"TEA": "3", "CUP": "1"}, **more)
    answer = person(shop, "owner").post("orders/", body)
    assert answer.status_code == 201, answer.content
    return Order.objects.get(pk=body["id"])


def wanted(sale: Order, *lines: tuple[int, str] | tuple[int, str, str], **more: Any) -> Return:
    return Return(
        refund_id=more.pop("refund_id", None) or uuid7(),
        order_id=sale.pk,
        lines=[
            ReturnLine(position=line[0], quantity=Decimal(line[1]), disposition=line[2] if len(line) > 2 else "restock")
            for line in lines
        ],
        reason=more.pop("reason", "too big"),
        **more,
    )


def level(sku: str) -> tuple[Decimal, Decimal]:
    row = StockLevel.objects.get(variant__sku=sku)
    return row.on_hand, row.damaged


def test_a_return_is_a_refund_with_its_lines_stock_money_and_events(acme: Shop) -> None:
    sale, told = sell(acme), Event.objects.count()
    made = return_goods(wanted(sale, (1, "2"), (2, "1", "damaged")), actor=acme.actor("cashier"))
    refund = Order.objects.get(pk=made.order.pk)
    assert (refund.kind, refund.refund_of_id, refund.total, refund.tax_total, refund.items) == (
        "refund",
        sale.pk,
        Decimal("-21.00"),
        Decimal("-3.50"),
        Decimal(-3),
    )
    assert [(x.quantity, x.total, x.origin_id) for x in refund.lines.all()] == [
        (Decimal(-2), Decimal("-9.00"), sale.lines.get(position=1).pk),
        (Decimal(-1), Decimal("-12.00"), sale.lines.get(position=2).pk),
    ]
    assert [(x.method, x.amount) for x in refund.payments.all()] == [("cash", Decimal("-21.00"))]
    assert (level("TEA"), level("CUP")) == ((Decimal(9), Decimal(0)), (Decimal(9), Decimal(1)))
    types = list(Event.objects.order_by("id").values_list("type", flat=True)[told:])
    assert types == ["order.refunded", "payment.refunded", "order.updated", "stock.changed", "stock.changed"]
    updated = Event.objects.get(type="order.updated").payload
    assert (updated["returned"], updated["paid"], updated["version"]) == ("partly", "paid", 2)
    assert audit_books() == []


def test_goods_come_back_at_the_price_tax_and_cost_of_their_sale_whatever_they_are_today(acme: Shop) -> None:
    sale = sell(acme, {"TEA": "2"})
    cost = sale.lines.get().unit_cost
    TaxClass.objects.update(rate=Decimal(5))
    Variant.objects.filter(sku="TEA").update(unit_price=Decimal(99), unit_cost=Decimal(77), is_active=False)
    made = return_goods(wanted(sale, (1, "2")), actor=acme.actor("cashier"))
    assert (made.order.total, made.order.tax_total, made.lines[0].unit_cost) == (Decimal(-9), Decimal("-1.5"), cost)
    assert StockMovement.objects.get(kind="refund").unit_cost == cost


@pytest.mark.parametrize(
    ("disposition", "after", "cost"),
    [
        ("restock", (10, 0), "2.2500"),
        ("damaged", (9, 1), "2.2500"),
        ("vendor", (9, 0), "2.2500"),
        ("none", (9, 0), "0.0000"),
    ],
)
def test_what_comes_back_goes_where_the_cashier_says(
    acme: Shop, disposition: str, after: tuple[int, int], cost: str
) -> None:
    made = return_goods(wanted(sell(acme, {"TEA": "1"}), (1, "1", disposition)), actor=acme.actor("cashier"))
    assert level("TEA") == tuple(map(Decimal, after))
    assert OrderLine.objects.get(order=made.order).unit_cost == Decimal(cost)
    assert audit_books() == []


def test_never_more_comes_back_than_was_sold(acme: Shop) -> None:
    sale, cashier = sell(acme), acme.actor("cashier")
    return_goods(wanted(sale, (1, "2")), actor=cashier)
    before = Event.objects.count()
    with pytest.raises(Invalid) as refusal:
        return_goods(wanted(sale, (1, "2"), (2, "1"), (2, "1"), (9, "1")), actor=cashier)
    assert [error["pointer"] for error in refusal.value.details["errors"]] == [
        "/lines/0/quantity",
        "/lines/2/position",
        "/lines/3/position",
    ]
    return_goods(wanted(sale, (1, "1"), (2, "1")), actor=cashier)
    assert Order.objects.filter(kind="refund").count() == 2 and Event.objects.count() > before
    assert sum(Payment.objects.values_list("amount", flat=True)) == 0


def test_a_repeat_returns_once_and_other_content_is_refused(acme: Shop) -> None:
    sale, cashier = sell(acme), acme.actor("cashier")
    one = wanted(sale, (1, "3"))
    first = return_goods(one, actor=cashier)
    again = return_goods(one, actor=cashier)
    assert (again.order.pk, again.is_new, first.is_new) == (first.order.pk, False, True)
    with pytest.raises(ReusedIdentifier):
        return_goods(wanted(sale, (1, "1"), refund_id=one.refund_id), actor=cashier)
    assert Order.objects.filter(kind="refund").count() == 1


def test_a_refund_and_a_voided_sale_cannot_be_returned(acme: Shop) -> None:
    sale, cashier = sell(acme), acme.actor("cashier")
    refund = return_goods(wanted(sale, (1, "1")), actor=cashier).order
    with pytest.raises(Conflict):
        return_goods(wanted(refund, (1, "1")), actor=cashier)
    Order.objects.filter(pk=sale.pk).update(state="voided")
    with pytest.raises(Conflict):
        return_goods(wanted(sale, (1, "1")), actor=cashier)
    Order.objects.filter(pk=sale.pk).update(state="completed")


def test_money_goes_back_by_the_ways_it_came_or_as_stated(acme: Shop) -> None:
    paid = [{"method": "card", "amount": "10.00"}, {"method": "cash", "amount": "15.50"}]
    sale, cashier = sell(acme, payments=paid), acme.actor("cashier")
    first = return_goods(wanted(sale, (2, "1")), actor=cashier)
    assert [(x.method, x.amount) for x in first.payments] == [("card", Decimal(-10)), ("cash", Decimal(-2))]
    tenders = [Tender(method="cash", amount=Decimal("4.50"))]
    second = return_goods(wanted(sale, (1, "1"), payments=tenders), actor=cashier)
    assert [(x.method, x.amount) for x in second.payments] == [("cash", Decimal("-4.50"))]


def test_a_late_or_large_refund_needs_somebody_who_may(acme: Shop) -> None:
    sale, cashier = sell(acme), acme.actor("cashier")
    change_policy({"return_days": 30, "refund_amount": Decimal(10)}, actor=acme.actor())
    return_goods(wanted(sale, (1, "1")), actor=cashier)
    with pytest.raises(ApprovalNeeded) as refusal:
        return_goods(wanted(sale, (2, "1")), actor=cashier)
    assert (refusal.value.details["amount"], refusal.value.details["subject"]) == ("12.00", str(sale.pk))
    Order.objects.filter(pk=sale.pk).update(business_date=sale.business_date - timedelta(days=31))
    with pytest.raises(ApprovalNeeded):
        return_goods(wanted(sale, (1, "1")), actor=cashier)
    set_pin(pin="2580", password=PASSWORD, actor=acme.actor("manager"))
    asked = Request(
        approval_id=uuid7(),
        permission="orders.refund_beyond",
        location_id=acme.location.pk,
        approver_id=acme.person("manager").pk,
        pin="2580",
        amount=Decimal(12),
        subject=sale.pk,
    )
    given_ = give_approval(asked, actor=cashier)
    made = return_goods(wanted(sale, (2, "1"), approval_id=given_.pk), actor=cashier)
    given_.refresh_from_db()
    assert (given_.reference_id, given_.used_at is not None) == (made.order.pk, True)
    with pytest.raises(ApprovalRefused):
        return_goods(wanted(sale, (1, "1"), approval_id=given_.pk), actor=cashier)
    assert return_goods(wanted(sale, (1, "1")), actor=acme.actor("manager")).is_new


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_random_pieces_through_the_service_sum_to_what_was_paid(acme: Shop, data: Any) -> None:
    cents = data.draw(st.integers(1, 9999))
    units = data.draw(st.integers(1, 7))
    variant = make_variant(
        f"R{uuid7().hex[-10:]}", price=str(Decimal(cents) / 1000), tax=TaxClass.objects.get(name="standard")
    )
    stock(variant, acme.location, "10")
    paid = round_money(variant.unit_price * units, "GBP")
    sale = sell(acme, {variant.sku: str(units)}, payments=[{"method": "cash", "amount": str(paid)}])
    left = units
    while left:
        take = data.draw(st.integers(1, left))
        return_goods(wanted(sale, (1, str(take))), actor=acme.actor("cashier"))
        left -= take
    amounts = Payment.objects.filter(order__refund_of=sale).values_list("amount", flat=True)
    assert -sum(amounts) == sale.total
    assert StockLevel.objects.get(variant=variant).on_hand == 10
    assert audit_books() == []


def test_by_api_a_return_answers_the_refund_and_the_sale_says_what_came_back(acme: Shop, globex: Shop) -> None:
    sale = sell(acme)
    cashier = person(acme, "cashier")
    body = {
        "id": str(uuid7()),
        "lines": [{"position": 1, "quantity": "1", "disposition": "damaged"}],
        "reason": "broken",
        "expected_total": "4.50",
    }
    path = f"orders/{sale.pk}/returns/"
    assert [cashier.post(path, body).status_code for _ in range(2)] == [201, 200]
    shown = cashier.get(f"orders/{sale.pk}/").json()
    assert (shown["returned"], shown["handed_over"], shown["paid"], shown["to_pay"]) == (
        "partly",
        "all",
        "paid",
        "0.00",
    )
    assert [line["returned"] for line in shown["lines"]] == ["1", "0"]
    assert [row["id"] for row in cashier.get("orders/", {"returned": "partly"}).json()["results"]] == [str(sale.pk)]
    assert cashier.get("orders/", {"returned": "all"}).json()["results"] == []
    assert cashier.get("orders/", {"kind": "refund", "paid": "paid"}).json()["results"][0]["id"] == body["id"]
    there = person(globex, "cashier").post(path, {**body, "id": str(uuid7())})
    assert there.status_code == 404 and CANARY not in cashier.get("orders/").content.decode()
    assert person(acme, "viewer").post(path, body).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"lines": []}, {"/lines"}),
        ({"lines": [{"position": 1, "quantity": "0"}]}, {"/lines/0/quantity"}),
        ({"lines": [{"position": 1, "quantity": "-1"}]}, {"/lines/0/quantity"}),
        ({"lines": [{"position": 1, "quantity": "NaN"}]}, {"/lines/0/quantity"}),
        ({"lines": [{"position": 1, "quantity": "0.0001"}]}, {"/lines/0/quantity"}),
        ({"lines": [{"position": 2**70, "quantity": "1"}]}, {"/lines/0/position"}),
        ({"lines": [{"position": 1, "quantity": "1", "disposition": "sea"}]}, {"/lines/0/disposition"}),
        ({"payments": [{"method": "points", "amount": "4.50"}]}, {"/payments/0/method"}),
        ({"payments": [{"method": "cash", "amount": "4.505"}]}, {"/payments/0/amount"}),
        ({"reason": ""}, {"/reason"}),
    ],
)
def test_a_wrong_return_is_refused_by_name_and_moves_nothing(
    acme: Shop, wrong: dict[str, Any], where: set[str]
) -> None:
    sale = sell(acme)
    body = {"id": str(uuid7()), "lines": [{"position": 1, "quantity": "1"}], "reason": "x", **wrong}
    answer = person(acme, "cashier").post(f"orders/{sale.pk}/returns/", body)
    assert (answer.status_code, pointers(answer)) == (422, where), answer.content
    assert Order.objects.count() == 1 and level("TEA")[0] == 7


def test_cash_that_rounds_to_no_coins_is_settled_with_nothing_in_the_drawer(
    acme: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acme.tenant, "cash_step", Decimal("0.05"))
    stock(make_variant("PIN", price="0.02"), acme.location, "5")
    sale = place_order(
        Sale(
            order_id=uuid7(),
            location_id=acme.location.pk,
            lines=[BasketLine(variant_id=acme.variant("PIN").pk, quantity=Decimal(1))],
            payments=[Tender(method="cash", amount=Decimal(0))],
        ),
        actor=acme.actor("cashier"),
    ).order
    assert (sale.total, sale.cash_rounding) == (Decimal("0.02"), Decimal("-0.02"))
    by_card = place_order(
        Sale(
            order_id=uuid7(),
            location_id=acme.location.pk,
            lines=[BasketLine(variant_id=acme.variant("PIN").pk, quantity=Decimal(1))],
            payments=[Tender(method="card", amount=Decimal("0.02"))],
        ),
        actor=acme.actor("cashier"),
    ).order
    nothing = [Tender(method="cash", amount=Decimal(0))]
    back = return_goods(
        wanted(by_card, (1, "1"), payments=nothing, expected_total=Decimal(0)), actor=acme.actor("manager")
    )
    assert (back.order.total, back.order.cash_rounding, list(back.payments)) == (Decimal("-0.02"), Decimal("0.02"), [])
    with pytest.raises(Invalid):  # nothing by card where money is due
        dear = sell(acme)
        return_goods(
            wanted(dear, (1, "1"), payments=[Tender(method="card", amount=Decimal(0))]), actor=acme.actor("manager")
        )
    assert audit_books() == []


def test_stated_payments_must_come_to_what_is_due(acme: Shop) -> None:
    sale = sell(acme)
    body = {"id": str(uuid7()), "lines": [{"position": 1, "quantity": "1"}], "reason": "x"}
    for amount in ("4.49", "4.51"):
        answer = person(acme, "cashier").post(
            f"orders/{sale.pk}/returns/", {**body, "payments": [{"method": "cash", "amount": amount}]}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong-payment")
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_line_returned_at_eight_tills_at_once_comes_back_once(acme: Shop) -> None:
    sale, cashier = sell(acme, {"TEA": "2"}), acme.actor("cashier")
    one: UUID = uuid7()
    twins = [partial(return_goods, wanted(sale, (1, "1"), refund_id=one), actor=cashier) for _ in range(4)]
    others = [partial(return_goods, wanted(sale, (1, "2")), actor=cashier) for _ in range(4)]
    results = at_once(acme, [*twins, *others], 8)
    back = -sum(OrderLine.objects.filter(order__kind="refund").values_list("quantity", flat=True))
    assert back in (1, 2) and level("TEA")[0] == 8 + back
    assert sum(isinstance(result, Refunded) and result.is_new for result in results) == 1
