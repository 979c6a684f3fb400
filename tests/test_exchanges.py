"""Goods for goods: two documents of one ticket, one amount to pay or to give back, all of it or nothing."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.ids import uuid7
from core.outbox.models import Event
from core.testing import Shop, sale_body
from inventory.models import StockLevel, Variant
from orders.auditor import audit_books
from orders.models import CreditAccount, Customer, Order, Payment
from orders.services.checkout import BasketLine, Sale, Tender, place_order
from orders.services.exchanges import Exchange, Exchanged, exchange
from orders.services.return_quotes import quote_return
from orders.services.returns import Return, ReturnLine, return_goods
from tests.api import person
from tests.test_race_checkout import at_once

pytestmark = pytest.mark.django_db


def sell(shop: Shop, basket: dict[str, str], **more: Any) -> Order:
    body = sale_body(shop, basket, **more)
    assert person(shop, "owner").post("orders/", body).status_code == 201
    return Order.objects.get(pk=body["id"])


def body(shop: Shop, sku: str, units: str, paid: list[dict[str, str]], back: list[dict[str, str]] | None) -> Any:
    returned: dict[str, Any] = {
        "id": str(uuid7()),
        "lines": [{"position": 1, "quantity": "1"}],
        "reason": "another one",
    }
    if back is not None:
        returned["payments"] = back
    return {
        "ticket": str(uuid7()),
        "returned": returned,
        "sale": {
            "id": str(uuid7()),
            "location": str(shop.location.pk),
            "lines": [{"variant": str(shop.variant(sku).pk), "quantity": units}],
            "payments": paid,
        },
    }


def levels() -> dict[str, Decimal]:
    return {row.variant.sku: row.on_hand for row in StockLevel.objects.select_related("variant")}


@pytest.mark.parametrize(
    ("sold", "taken", "units", "paid", "net", "off", "given"),
    [
        ("TEA", "CUP", "1", [{"method": "card", "amount": "7.50"}], "7.50", "4.50", []),
        ("CUP", "TEA", "1", [], "-7.50", "4.50", [Decimal("-7.50")]),
        ("TEA", "TEA", "1", [], "0.00", "4.50", []),
    ],
)
def test_an_exchange_is_a_refund_and_a_sale_and_one_net_amount(
    acme: Shop, sold: str, taken: str, units: str, paid: Any, net: str, off: str, given: list[Decimal]
) -> None:
    origin = sell(acme, {sold: "1"})
    before = levels()
    wanted = body(acme, taken, units, paid, None)
    cashier = person(acme, "cashier")
    answers = [cashier.post(f"orders/{origin.pk}/exchanges/", wanted) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
    assert answers[0].json()["net"] == answers[1].json()["net"] == net
    documents = Order.objects.filter(ticket=wanted["ticket"])
    assert sorted(documents.values_list("kind", flat=True)) == ["refund", "sale"]
    offs = Payment.objects.filter(method="exchange").order_by("amount").values_list("amount", flat=True)
    assert list(offs) == [-Decimal(off), Decimal(off)]
    others = Payment.objects.filter(order__kind="refund").exclude(method="exchange")
    assert list(others.values_list("amount", flat=True)) == given
    after = levels()
    assert after[sold] + after[taken] == before[sold] + before[taken]
    assert audit_books() == []


def test_an_exchange_that_cannot_be_covered_takes_nothing_back(acme: Shop) -> None:
    origin, told = sell(acme, {"TEA": "1"}), Event.objects.count()
    wanted = body(acme, "CUP", "11", [{"method": "cash", "amount": "127.50"}], None)
    answer = person(acme, "cashier").post(f"orders/{origin.pk}/exchanges/", wanted)
    assert (answer.status_code, answer.json()["code"]) == (409, "out-of-stock")
    wrong = body(acme, "CUP", "1", [{"method": "cash", "amount": "7.49"}], None)
    assert person(acme, "cashier").post(f"orders/{origin.pk}/exchanges/", wrong).json()["code"] == "wrong-payment"
    taken = body(acme, "CUP", "1", [{"method": "cash", "amount": "7.50"}], None)
    taken["sale"]["id"] = str(origin.pk)
    assert person(acme, "cashier").post(f"orders/{origin.pk}/exchanges/", taken).json()["code"] == "identifier-reused"
    assert (Order.objects.count(), Event.objects.count()) == (1, told)


def test_money_goes_back_to_the_customers_store_credit_and_a_used_payment_id_is_refused(acme: Shop) -> None:
    customer = Customer.objects.get(number="C1")
    origin, cashier = sell(acme, {"TEA": "2"}, customer=str(customer.pk)), acme.actor("cashier")
    tender = Tender(method="credit", amount=Decimal("4.50"))
    line = ReturnLine(position=1, quantity=Decimal(1))
    wanted = Return(refund_id=uuid7(), order_id=origin.pk, lines=[line], reason="x", payments=[tender])
    return_goods(wanted, actor=cashier)
    assert CreditAccount.objects.get(customer=customer, kind="credit").balance == Decimal("4.50")
    again = {
        "id": str(uuid7()),
        "lines": [{"position": 1, "quantity": "1"}],
        "reason": "x",
        "payments": [{"id": str(tender.id), "method": "cash", "amount": "4.50"}],
    }
    assert person(acme, "cashier").post(f"orders/{origin.pk}/returns/", again).json()["code"] == "identifier-reused"
    walk_in = sell(acme, {"TEA": "1"})
    answer = person(acme, "cashier").post(
        f"orders/{walk_in.pk}/returns/", {**again, "payments": [{"method": "credit", "amount": "4.50"}]}
    )
    assert answer.json()["errors"][0]["code"] == "no-account"


@pytest.mark.parametrize(
    ("origin_price", "origin_paid", "taken", "method", "net", "roundings"),
    [
        ("4.52", "card", "12.01", "cash", "7.50", ("0.02", "-0.01")),
        ("4.52", "cash", "12.01", "cash", "7.50", ("0.02", "-0.01")),
        ("4.52", "card", "1.51", "cash", "-3.00", ("0.02", "-0.01")),
        ("4.52", "cash", "1.51", "", "-3.00", ("0.02", "-0.01")),  # as it was paid: in cash
        ("4.54", "card", "0.01", "cash", "-4.55", ("-0.01", "-0.01")),
        ("4.52", "card", "12.01", "card", "7.49", ("0.00", "0.00")),
        ("4.52", "card", "1.51", "card", "-3.01", ("0.00", "0.00")),
    ],
)
def test_the_last_piece_of_a_sale_exchanged_for_cash_comes_to_coins_however_it_was_paid(
    acme: Shop,
    monkeypatch: pytest.MonkeyPatch,
    origin_price: str,
    origin_paid: str,
    taken: str,
    method: str,
    net: str,
    roundings: tuple[str, str],
) -> None:
    monkeypatch.setattr(acme.tenant, "cash_step", Decimal("0.05"))
    for sku, price in (("TEA", origin_price), ("CUP", taken)):
        Variant.objects.filter(sku=sku).update(unit_price=Decimal(price))
    cashier, amount = acme.actor("cashier"), Decimal(net)

    def sale(sku: str, *tenders: Tender) -> Sale:
        line = BasketLine(variant_id=acme.variant(sku).pk, quantity=Decimal(1))
        return Sale(order_id=uuid7(), location_id=acme.location.pk, lines=[line], payments=tenders)

    paid = Decimal("4.50") if origin_paid == "cash" else Decimal(origin_price)
    origin = place_order(sale("TEA", Tender(method=origin_paid, amount=paid)), actor=cashier).order
    money = [Tender(method=method, amount=abs(amount))] if method else []
    back = Return(
        refund_id=uuid7(),
        order_id=origin.pk,
        lines=[ReturnLine(position=1, quantity=Decimal(1))],
        reason="x",
        payments=(money if amount < 0 else []) if method else None,
    )
    wanted = Exchange(ticket=uuid7(), returned=back, sale=sale("CUP", *(money if amount > 0 else [])))
    made, again = (exchange(wanted, actor=cashier) for _ in range(2))
    assert (made.net, again.net, again.is_new) == (amount, amount, False)
    halves = (made.refund.order.cash_rounding, made.sale.order.cash_rounding)
    assert halves == tuple(Decimal(one) for one in roundings)
    in_cash = Payment.objects.filter(method="cash").exclude(order=origin)
    assert all(payment.amount % Decimal("0.05") == 0 for payment in in_cash)
    assert audit_books() == []


@pytest.mark.django_db(transaction=True)
def test_exchanges_against_each_other_and_sales_neither_deadlock_nor_give_twice(acme: Shop) -> None:
    tea, cup = sell(acme, {"TEA": "1"}), sell(acme, {"CUP": "1"})

    def swap(origin: Order, sku: str, paid: str) -> Exchanged:
        line = ReturnLine(position=1, quantity=Decimal(1))
        tenders = [Tender(method="cash", amount=Decimal(paid))] if paid else []
        sale = Sale(
            order_id=uuid7(),
            location_id=acme.location.pk,
            lines=[BasketLine(variant_id=acme.variant(sku).pk, quantity=Decimal(1))],
            payments=tenders,
        )
        back = Return(refund_id=uuid7(), order_id=origin.pk, lines=[line], reason="x")
        return exchange(Exchange(ticket=uuid7(), returned=back, sale=sale), actor=acme.actor("cashier"))

    work: list[Any] = [partial(swap, tea, "CUP", "7.50"), partial(swap, cup, "TEA", "")] * 4
    results = at_once(acme, work, 8)
    assert sum(isinstance(result, Exchanged) for result in results) == 2, results
    assert levels() == {"TEA": Decimal(9), "CUP": Decimal(9), "JAM": Decimal(10)}


def test_a_quote_of_a_return_says_what_the_return_then_gives_back_and_books_nothing(acme: Shop) -> None:
    origin, cashier = sell(acme, {"TEA": "3"}), person(acme, "cashier")
    told, before = Event.objects.count(), levels()
    lines = [{"position": 1, "quantity": "2", "disposition": "damaged"}]
    answer = cashier.post(f"orders/{origin.pk}/returns/quote/", {"lines": lines})
    quoted = answer.json()
    assert answer.status_code == 200 and quoted["needs_approval"] is False
    assert (quoted["due"], quoted["cash_due"], quoted["by_points"]) == ("9.00", "9.00", "0.00")
    assert [(x["quantity"], x["total"]) for x in quoted["lines"]] == [("-2", "-9.00")]
    assert (Order.objects.count(), Event.objects.count(), levels()) == (1, told, before)
    wanted = {"id": str(uuid7()), "lines": lines, "reason": "x", "expected_total": quoted["due"]}
    made = cashier.post(f"orders/{origin.pk}/returns/", wanted)
    assert (made.status_code, made.json()["total"]) == (201, "-9.00")
    left = cashier.get(f"orders/{origin.pk}/returns/quote/").json()
    assert left == {"lines": [{"position": 1, "left": "1", "pieces": []}]}
    wrong = [{"position": 1, "quantity": "2"}, {"position": 9, "quantity": "1"}, {"position": 1, "quantity": "0"}]
    refused = cashier.post(f"orders/{origin.pk}/returns/quote/", {"lines": wrong})
    assert refused.status_code == 422
    assert [(x["pointer"], x["code"]) for x in refused.json()["errors"]] == [
        ("/lines/0/quantity", "too-many"),
        ("/lines/1/position", "unknown"),
        ("/lines/2/position", "twice"),
    ]
    assert cashier.post(f"orders/{uuid7()}/returns/quote/", {"lines": lines}).status_code == 404
    refund = made.json()["id"]
    assert cashier.get(f"orders/{refund}/returns/quote/").json()["code"] == "conflict"
    assert cashier.post(f"orders/{refund}/returns/quote/", {"lines": lines}).json()["code"] == "conflict"


@pytest.mark.parametrize(("sold", "taken", "net"), [("TEA", "CUP", "7.50"), ("CUP", "TEA", "-7.50")])
def test_an_exchange_in_cash_comes_to_coins_on_both_sides(acme: Shop, sold: str, taken: str, net: str) -> None:
    for sku, price in (("TEA", "4.52"), ("CUP", "12.01")):
        Variant.objects.filter(sku=sku).update(unit_price=Decimal(price))
    paid = {"TEA": "9.04", "CUP": "24.02"}[sold]
    origin, cashier = sell(acme, {sold: "2"}, payments=[{"method": "card", "amount": paid}]), acme.actor("cashier")
    money = [Tender(method="cash", amount=abs(Decimal(net)))]
    gets = Decimal(net) < 0
    back = Return(
        refund_id=uuid7(),
        order_id=origin.pk,
        lines=[ReturnLine(position=1, quantity=Decimal(1))],
        reason="x",
        payments=money if gets else [],
    )
    wants = Sale(
        order_id=uuid7(),
        location_id=acme.location.pk,
        lines=[BasketLine(variant_id=acme.variant(taken).pk, quantity=Decimal(1))],
        payments=[] if gets else money,
    )
    acme.tenant.cash_step = Decimal("0.05")
    try:
        assert quote_return(back, actor=cashier).cash_due == {"TEA": Decimal("4.50"), "CUP": Decimal("12.00")}[sold]
        made = exchange(Exchange(ticket=uuid7(), returned=back, sale=wants), actor=cashier)
    finally:
        acme.tenant.cash_step = None
    roundings = {"TEA": Decimal("-0.02"), "CUP": Decimal("-0.01")}
    assert (made.net, made.sale.order.cash_rounding) == (Decimal(net), roundings[taken])
    assert made.refund.order.cash_rounding == -roundings[sold]
    assert audit_books() == []
