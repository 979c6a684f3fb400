"""Goods bought from a customer: in at what was paid, out as credit, cash or a sale of the same ticket, once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.outbox.models import Event
from core.testing import CANARY, Shop
from inventory.models import StockLevel, StockReservation, Variant
from inventory.services.reservations import expire_reservations
from orders.auditor import audit_books
from orders.metrics_base import COMPLETED, ITEMS, ORDERS, REVENUE
from orders.models import CreditAccount, Customer, Order, Payment
from orders.selectors.shifts import drawer_figures, expected_cash
from tests.api import machine, person, pointers
from tests.cash_steps import a_register, an_open_shift

pytestmark = pytest.mark.django_db
PATH = "purchases/"


def body(shop: Shop, *lines: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "customer": str(Customer.objects.get(number="C1").pk),
        "location": str(shop.location.pk),
        "lines": list(lines) or [{"code": "TEA", "quantity": "2", "condition": "good"}],
        "pay_by": "credit",
        **more,
    }


def level(shop: Shop) -> StockLevel:
    return StockLevel.objects.get(variant__sku="TEA", location=shop.location)


def sale(shop: Shop, quantity: str, *payments: dict[str, str]) -> dict[str, Any]:
    line = {"code": "TEA", "quantity": quantity}
    return {"id": str(uuid7()), "location": str(shop.location.pk), "lines": [line], "payments": list(payments)}


def test_credit_once_in_at_what_was_paid_and_no_revenue(acme: Shop, globex: Shop) -> None:
    before = level(acme)
    wanted, cashier = body(acme), person(acme, "cashier")
    asked = {name: wanted[name] for name in ("customer", "location", "lines")}
    quoted = cashier.post(f"{PATH}quote/", asked).json()
    assert (quoted["total"], quoted["needs_approval"]) == ("4.06", False)  # 45 % of 4.50, twice
    answers = [cashier.post(PATH, {**wanted, "expected_total": "4.06"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
    assert [answer.json()["net"] for answer in answers] == ["-4.06", "-4.06"]
    order = Order.objects.get()
    assert (order.kind, order.total, order.apart_total, order.tax_total) == (
        "purchase",
        Decimal("-4.06"),
        Decimal("-4.06"),
        Decimal(0),
    )
    assert [(x.method, x.amount) for x in order.payments.all()] == [("credit", Decimal("-4.06"))]
    assert CreditAccount.objects.get(kind="credit").balance == Decimal("4.06")
    after = level(acme)
    assert (after.on_hand - before.on_hand, after.reserved) == (Decimal(2), before.reserved)
    worth = before.on_hand * (before.average_cost or Decimal("2.25")) + Decimal("4.06")
    assert after.average_cost == (worth / after.on_hand).quantize(Decimal("0.0001"))
    told = Order.objects.filter(COMPLETED).aggregate(revenue=REVENUE, orders=ORDERS, items=ITEMS)
    assert told == {"revenue": 0, "orders": 0, "items": 0}
    assert Event.objects.filter(type="order.bought").count() == 1 and CANARY not in answers[0].content.decode()
    assert AuditEntry.objects.filter(object_type="order", changes__has_key="bought").count() == 1
    assert cashier.post(PATH, {**wanted, "note": "x"}).json()["code"] == "identifier-reused"
    assert cashier.post(PATH, body(acme, expected_total="4.00")).json()["code"] == "price-changed"
    assert audit_books() == []


def test_cash_leaves_the_drawer_of_the_shift_and_a_void_brings_it_back(acme: Shop) -> None:
    register = a_register(acme)
    shift, there, cashier = an_open_shift(acme, register), level(acme).on_hand, person(acme, "cashier")
    assert pointers(cashier.post(PATH, body(acme, pay_by="cash"))) == {"/register"}
    made = cashier.post(PATH, body(acme, pay_by="cash", register=str(register.pk)))
    assert made.status_code == 201, made.content
    assert expected_cash(shift) == Decimal("45.94")
    told = drawer_figures(shift)
    assert (told["sales"]["total"], told["refunds"]["total"], told["tax"]) == ("0.00", "0.00", [])
    number = made.json()["purchase"]["id"]
    voided = person(acme, "manager").post(f"orders/{number}/void/", {"id": str(uuid7()), "reason": "stolen"})
    assert voided.status_code == 200, voided.content
    assert (expected_cash(shift), level(acme).on_hand) == (Decimal("50.00"), there) and audit_books() == []


def test_a_void_is_refused_once_the_credit_is_spent_or_the_goods_are_gone(acme: Shop) -> None:
    manager = person(acme, "manager")
    made = manager.post(PATH, body(acme)).json()["purchase"]["id"]
    StockLevel.objects.filter(pk=level(acme).pk).update(reserved=level(acme).on_hand)
    void = {"id": str(uuid7()), "reason": "x"}
    assert manager.post(f"orders/{made}/void/", void).json()["code"] == "out-of-stock"
    StockLevel.objects.filter(pk=level(acme).pk).update(reserved=0)
    paid = {"method": "credit", "amount": "4.06"}
    spent = sale(acme, "1", paid, {"method": "cash", "amount": "0.44"})
    spent |= {"customer": str(Customer.objects.get(number="C1").pk)}
    assert manager.post("orders/", spent).status_code == 201
    assert manager.post(f"orders/{made}/void/", void).json()["code"] == "not-enough-credit"
    assert Order.objects.get(pk=made).state == "completed" and audit_books() == []


def test_one_ticket_has_one_net_whichever_half_is_larger(acme: Shop) -> None:
    cashier, there = person(acme, "cashier"), level(acme).on_hand
    wanted = body(acme, sale=sale(acme, "2", {"method": "cash", "amount": "4.94"}))
    answers = [cashier.post(PATH, wanted) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
    assert [answer.json()["net"] for answer in answers] == ["4.94", "4.94"]
    sums = {(x.order.kind, x.method): x.amount for x in Payment.objects.select_related("order")}
    assert sums == {
        ("purchase", "exchange"): Decimal("-4.06"),
        ("sale", "exchange"): Decimal("4.06"),
        ("sale", "cash"): Decimal("4.94"),
    }
    assert len(set(Order.objects.values_list("ticket", "customer"))) == 1 and level(acme).on_hand == there
    more = cashier.post(PATH, body(acme, {"code": "TEA", "quantity": "3", "condition": "as_new"}, sale=sale(acme, "1")))
    assert (more.status_code, more.json()["net"]) == (201, "-3.60"), more.content
    assert CreditAccount.objects.get(kind="credit").balance == Decimal("3.60")
    wrong = cashier.post(PATH, body(acme, sale=sale(acme, "2", {"method": "cash", "amount": "9.00"})))
    assert wrong.json()["code"] == "wrong-payment" and Order.objects.count() == 4
    bought = Order.objects.filter(kind="purchase").first()
    assert bought is not None
    void = person(acme, "manager").post(f"orders/{bought.pk}/void/", {"id": str(uuid7()), "reason": "x"})
    assert void.json()["code"] == "conflict" and audit_books() == []


def test_goods_that_are_held_cannot_be_sold_before_the_day(acme: Shop) -> None:
    free, cashier = level(acme).available, person(acme, "cashier")
    assert cashier.post(PATH, body(acme, hold_days=14)).status_code == 201
    held = StockReservation.objects.get()
    assert timedelta(days=13) < held.expires_at - datetime.now(UTC) <= timedelta(days=14)
    assert level(acme).available == free and level(acme).reserved == 2
    assert person(acme, "manager").post(f"reservations/{held.pk}/release/", {}).status_code in (404, 405, 409)
    StockReservation.objects.update(expires_at=datetime.now(UTC))
    assert expire_reservations() == 1 and level(acme).available == free + 2 and audit_books() == []


def test_a_void_gives_held_goods_back(acme: Shop) -> None:
    manager, there = person(acme, "manager"), level(acme)
    made = manager.post(PATH, body(acme, hold_days=14)).json()["purchase"]["id"]
    assert manager.post(f"orders/{made}/void/", {"id": str(uuid7()), "reason": "x"}).status_code == 200
    assert (level(acme).on_hand, level(acme).reserved) == (there.on_hand, there.reserved)
    assert CreditAccount.objects.get(kind="credit").balance == 0 and audit_books() == []


def test_more_than_is_suggested_is_approved_by_somebody(acme: Shop) -> None:
    cashier = person(acme, "cashier")
    line = {"code": "TEA", "quantity": "1", "condition": "good", "unit_price": "2.04"}
    needed = cashier.post(PATH, body(acme, line)).json()
    assert (needed["code"], needed["permission"], needed["amount"]) == ("approval-needed", "orders.buy_beyond", "2.04")
    asked = {name: needed[name] for name in ("permission", "location", "amount", "subject")}
    asked |= {"id": str(uuid7()), "requested_by": str(acme.person("cashier").pk)}
    assert person(acme, "manager").post("approvals/", asked).status_code == 201
    assert cashier.post(PATH, body(acme, line, approval=asked["id"])).status_code == 201
    assert cashier.post(PATH, body(acme, line, approval=asked["id"])).json()["code"] == "approval-refused"
    assert cashier.post(PATH, body(acme, {**line, "unit_price": "2.03"})).status_code == 201


def test_the_shop_decides_what_is_suggested_and_what_was_bought_stays(acme: Shop, globex: Shop) -> None:
    cashier, manager = person(acme, "cashier"), person(acme, "manager")
    done = body(acme)
    assert cashier.post(PATH, done).json()["net"] == "-4.06"
    before = AuditEntry.objects.filter(object_type="policy").count()
    changed = manager.patch("policy/", {"bought_good": "50", "bought_parts": "0"})
    assert (changed.status_code, changed.json()["bought_good"], changed.json()["bought_fair"]) == (200, "50", "30")
    assert AuditEntry.objects.filter(object_type="policy").count() == before + 1
    assert cashier.post(PATH, done).json()["net"] == "-4.06"
    asked = {name: done[name] for name in ("customer", "location", "lines")}
    assert cashier.post(f"{PATH}quote/", asked).json()["total"] == "4.50"
    assert "good 50 %" in acme.client("cashier").get("/purchases/").content.decode()
    nothing = {"code": "TEA", "quantity": "1", "condition": "parts"}
    refused = cashier.post(PATH, body(acme, nothing))
    assert (refused.status_code, pointers(refused)) == (422, {"/lines/0/unit_price"}), refused.content
    for wrong in ("-1", "100.1", "NaN", None):
        assert manager.patch("policy/", {"bought_good": wrong}).status_code == 422, wrong
    assert cashier.patch("policy/", {"bought_good": "90"}).status_code == 403
    assert Order.objects.count() == 1


def test_what_is_wrong_is_named_and_nothing_moves(acme: Shop) -> None:
    cashier, there = person(acme, "cashier"), level(acme).on_hand
    good = {"code": "TEA", "quantity": "1", "condition": "good"}
    Variant.objects.filter(sku="CUP").update(tracking="serial")
    for change, pointer in (
        ({"code": "NOTHING"}, "code"),
        ({"code": "CUP"}, "serials"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1e10"}, "quantity"),
        ({"condition": "mint"}, "condition"),
        ({"unit_price": "0"}, "unit_price"),
        ({"unit_price": "-1"}, "unit_price"),
        ({"unit_price": "NaN"}, "unit_price"),
        ({"unit_price": "1.001"}, "unit_price"),
        ({"unit_price": "1e9"}, "unit_price"),
    ):
        answer = cashier.post(PATH, body(acme, good | change))
        assert (answer.status_code, pointers(answer)) == (422, {f"/lines/0/{pointer}"}), (change, answer.content)
    assert pointers(cashier.post(PATH, body(acme, hold_days=91))) == {"/hold_days"}
    assert pointers(cashier.post(PATH, body(acme, pay_by="card"))) == {"/pay_by"}
    elsewhere = {**sale(acme, "1"), "customer": str(uuid7())}
    assert pointers(cashier.post(PATH, body(acme, sale=elsewhere))) == {"/sale/customer"}
    then = {**sale(acme, "1"), "occurred_at": "2026-01-01T10:00:00Z"}
    assert pointers(cashier.post(PATH, body(acme, sale=then))) == {"/sale/occurred_at"}
    assert cashier.post(PATH, body(acme, customer=str(uuid7()))).status_code == 404
    assert machine(acme, permissions=["orders.sell"]).post(PATH, body(acme)).status_code == 403
    assert (level(acme).on_hand, Order.objects.count()) == (there, 0)


def test_the_page_works_it_out_and_then_books_both_halves(acme: Shop) -> None:
    browser = person(acme, "cashier").browser
    form = browser.get(f"/{PATH}").context["form"]
    data = {name: str(form[name].initial) for name in ("id", "sale_id", "payment_id")}
    data |= {"customer": "C1", "location": str(acme.location.pk), "hold_days": "0", "pay_by": "credit"}
    data |= {"code_1": "TEA", "quantity_1": "2", "condition_1": "good", "take_1": "TEA", "units_1": "2"}
    shown = browser.post(f"/{PATH}", data)
    assert shown.status_code == 200 and b"The customer pays" in shown.content and not Order.objects.exists()
    data |= {"step": "book", "expected_total": "4.06", "taken_total": "9.00", "pays_by": "cash"}
    booked = [browser.post(f"/{PATH}", data) for _ in range(2)]
    assert [answer.status_code for answer in booked] == [302, 302], booked[0].content
    assert Order.objects.count() == 2
    page = browser.get(booked[0]["Location"]).content
    assert b"Bought" in page and b"Set off" in page
    assert browser.post(f"/{PATH}", {**data, "customer": "nobody at all"}).status_code == 422


def test_on_the_page_both_halves_are_named(acme: Shop) -> None:
    browser = person(acme, "cashier").browser
    form = browser.get(f"/{PATH}").context["form"]
    data = {name: str(form[name].initial) for name in ("id", "sale_id", "payment_id")}
    data |= {"customer": "C1", "location": str(acme.location.pk), "hold_days": "0", "pay_by": "credit"}
    data |= {"code_1": "earl gr", "condition_1": "good"}
    shown = browser.post(f"/{PATH}", {**data, "take_1": "Earl", "units_1": "2"})
    assert shown.status_code == 200 and shown.context["ticket"].taken == 9
    wrong = browser.post(f"/{PATH}", {**data, "take_1": "nothing is called so"})
    assert wrong.status_code == 422 and b"No article carries this code or is called so." in wrong.content
    assert not Order.objects.exists()
