"""Goods with lots or serial numbers, bought from a customer: which they are is said, once, and a void knows it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.locations.selectors import business_today
from core.testing import CANARY, Shop
from inventory.models import Lot, LotLevel, NamedGoods, ScanCode, Serial, StockException, StockLevel, StockReservation
from inventory.services.reservations import expire_reservations
from orders.auditor import audit_books
from orders.models import Order
from orders.selectors.shifts import expected_cash
from tests.api import person, pointers
from tests.cash_steps import a_register, an_open_shift
from tests.test_lots_and_serials import Kind, book, receive, tracked
from tests.test_pieces_back import sell
from tests.test_purchases import PATH, body

pytestmark = pytest.mark.django_db
VOID = {"id": "", "reason": "a mistake"}


def phones(*numbers: str, **more: Any) -> dict[str, Any]:
    return {"code": "PHONE", "quantity": str(len(numbers)), "condition": "good", "serials": list(numbers), **more}


def states() -> dict[str, str]:
    return dict(Serial.objects.values_list("number", "state"))


def void(shop: Shop, made: Any) -> Any:
    order = made.json()["purchase"]["id"]
    return person(shop, "manager").post(f"orders/{order}/void/", {**VOID, "id": str(uuid7())})


def test_pieces_come_in_by_their_numbers_once_and_a_void_takes_those_very_ones_out(acme: Shop, globex: Shop) -> None:
    phone, cashier = tracked("serial", "PHONE"), person(acme, "cashier")
    book(acme, phone, "1", Kind.RECEIPT, serials=("OWN",))
    wanted = body(acme, phones("U1", "U2"))
    made = [cashier.post(PATH, wanted) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 200], made[0].content
    assert states() == {"OWN": "in_stock", "U1": "in_stock", "U2": "in_stock"}
    assert ScanCode.objects.filter(code__in=["U1", "U2"], kind="serial").count() == 2
    page = cashier.browser.get(f"/orders/{made[0].json()['purchase']['id']}/").content.decode()
    assert "Serial no. U1" in page and "Serial no. U2" in page and CANARY not in page
    other = {**wanted, "lines": [phones("U1", "U3")]}
    assert cashier.post(PATH, other).json()["code"] == "identifier-reused"
    assert void(acme, made[0]).status_code == 200
    assert states() == {"OWN": "in_stock", "U1": "gone", "U2": "gone"}
    assert StockLevel.objects.get(variant=phone).on_hand == 1
    assert not StockException.objects.exists() and audit_books() == []


def test_a_piece_that_was_sold_comes_back_by_its_label(acme: Shop) -> None:
    phone, cashier = tracked("serial", "PHONE"), person(acme, "cashier")
    book(acme, phone, "1", Kind.RECEIPT, serials=("S1",))
    ScanCode.objects.get_or_create(code="S1", kind="serial", target_id=Serial.objects.get().pk)
    label = {"code": "S1", "quantity": "1", "condition": "fair"}
    assert pointers(cashier.post(PATH, body(acme, label))) == {"/lines/0/serials"}  # it is here: nobody can bring it
    sell(cashier, acme, "S1")
    made = cashier.post(PATH, body(acme, label))
    assert made.status_code == 201, made.content
    assert states() == {"S1": "in_stock"}
    sell(cashier, acme, "S1")
    assert void(acme, made).json()["code"] in ("out-of-stock", "serial-not-here")
    assert states() == {"S1": "sold"} and audit_books() == []


def test_lots_come_in_with_their_day_and_a_void_takes_them_out_of_that_lot(acme: Shop) -> None:
    milk, cashier, today = tracked("lot", "MILK"), person(acme, "cashier"), business_today(acme.location)
    first = receive(acme, milk, "L1", "5", 3)
    line = {"code": "MILK", "quantity": "2", "condition": "as_new", "lot": "L2"}
    line["expires_on"] = str(today + timedelta(days=9))
    made = cashier.post(PATH, body(acme, line))
    assert made.status_code == 201, made.content
    second = Lot.objects.get(code="L2")
    assert second.expires_on == today + timedelta(days=9)
    there = dict(LotLevel.objects.values_list("lot__code", "on_hand"))
    assert there == {"L1": Decimal(5), "L2": Decimal(2)}
    page = cashier.browser.get(f"/orders/{made.json()['purchase']['id']}/").content.decode()
    assert "Lot L2 × 2" in page
    assert void(acme, made).status_code == 200
    assert LotLevel.objects.get(lot=first).on_hand == 5 and LotLevel.objects.get(lot=second).on_hand == 0
    assert audit_books() == []


def test_what_is_wrong_with_a_piece_or_a_lot_is_named_and_nothing_is_paid(acme: Shop) -> None:
    phone, cashier, today = tracked("serial", "PHONE"), person(acme, "cashier"), business_today(acme.location)
    milk = tracked("lot", "MILK")
    receive(acme, milk, "L1", "5", 3)
    book(acme, phone, "1", Kind.RECEIPT, serials=("OWN",))
    lot = {"code": "MILK", "quantity": "1", "condition": "good"}
    for line, pointer, code in (
        (phones(quantity="1"), "serials", "serials-needed"),
        (phones("A", quantity="2"), "serials", "serials-needed"),
        (phones("A", "A"), "serials", "doubled"),
        (phones("OWN"), "serials", "doubled"),
        (phones("5012345678900"), "serials", "taken"),
        (phones(" "), "serials", "blank"),
        (phones("x" * 61), "serials", "max_length"),
        (phones("A", lot="L1"), "lot", "not-tracked"),
        ({**phones("A"), "code": "TEA"}, "serials", "not-tracked"),
        (lot, "lot", "lot-needed"),
        ({**lot, "lot": "L1", "expires_on": str(today + timedelta(days=4))}, "expires_on", "expiry"),
        ({**lot, "lot": "L9", "expires_on": str(today - timedelta(days=1))}, "expires_on", "expired"),
        ({**lot, "lot": "L9", "expires_on": "soon"}, "expires_on", "invalid"),
    ):
        answer = cashier.post(PATH, body(acme, line))
        assert answer.status_code == 422, (line, answer.content)
        assert {one["pointer"].split("/")[3] for one in answer.json()["errors"]} == {pointer}, (line, answer.content)
        assert answer.json()["errors"][0]["code"] == code, (line, answer.content)
    both = cashier.post(PATH, body(acme, phones("A"), phones("A")))
    assert both.status_code == 422 and both.json()["errors"][0]["code"] == "doubled"
    assert (Order.objects.count(), states(), Lot.objects.count()) == (0, {"OWN": "in_stock"}, 1)


def test_held_pieces_and_lots_are_nobodys_until_the_day(acme: Shop) -> None:
    phone, cashier = tracked("serial", "PHONE"), person(acme, "cashier")
    book(acme, phone, "1", Kind.RECEIPT, serials=("OWN",))
    assert cashier.post(PATH, body(acme, phones("U1"), hold_days=14)).status_code == 201
    assert NamedGoods.objects.get().serial == Serial.objects.get(number="U1")
    wanted = {
        "id": str(uuid7()),
        "location": str(acme.location.pk),
        "lines": [{"variant": str(phone.pk), "quantity": "1", "serials": ["U1"]}],
        "payments": [{"method": "card", "amount": str(acme.variant("PHONE").unit_price)}],
    }
    refused = cashier.post("orders/", wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "serial-not-here"), refused.content
    StockReservation.objects.update(expires_at="2026-01-01T00:00:00Z")
    assert expire_reservations() == 1 and not NamedGoods.objects.exists()
    assert cashier.post("orders/", wanted).status_code == 201 and states()["U1"] == "sold"


def test_a_void_leaves_the_piece_that_an_order_waits_for(acme: Shop) -> None:
    phone, cashier = tracked("serial", "PHONE"), person(acme, "cashier")
    book(acme, phone, "1", Kind.RECEIPT, serials=("OWN",))
    made = cashier.post(PATH, body(acme, phones("U1")))
    NamedGoods.objects.create(
        reference_type="order",
        reference_id=uuid7(),
        variant=phone,
        location=acme.location,
        serial=Serial.objects.get(number="U1"),
        units=1,
    )
    assert void(acme, made).json()["code"] == "serial-not-here" and states()["U1"] == "in_stock"


def test_reports_say_what_was_paid_for_goods_and_the_drawer_counts_it_once(acme: Shop) -> None:
    register = a_register(acme)
    shift, cashier, key = an_open_shift(acme, register), person(acme, "cashier"), str(register.pk)
    assert cashier.post(PATH, body(acme, pay_by="cash", register=key)).status_code == 201
    assert cashier.post(PATH, body(acme, register=key)).status_code == 201
    undone = cashier.post(PATH, body(acme, pay_by="cash", register=key))
    assert void(acme, undone).status_code == 200
    assert expected_cash(shift) == Decimal("45.94")
    owner = person(acme, "owner")
    x = owner.get(f"shifts/{shift.pk}/report/").json()["totals"]
    assert x["bought"] == {"count": 2, "total": "-8.12", "cash": "-4.06"}
    assert (x["cash"], x["pay_outs"], x["expected"], x["refunds"]["count"]) == ("-4.06", "0.00", "45.94", 0)
    shown = owner.browser.get(f"/shifts/{shift.pk}/").content.decode()
    assert "Bought from customers, 2" in shown and "of that, paid out for goods bought" in shown
    closed = cashier.post(f"shifts/{shift.pk}/close/", {"counted": {"20": 2, "5": 1, "0.50": 1, "0.20": 2, "0.02": 2}})
    assert closed.status_code == 200, closed.content
    z = owner.get(f"shifts/{shift.pk}/report/").json()["totals"]
    assert (z["bought"], z["expected"], z["difference"]) == (x["bought"], "45.94", "0.00") and audit_books() == []


def test_the_page_asks_for_what_the_article_is_told_apart_by(acme: Shop) -> None:
    tracked("serial", "PHONE")
    tracked("lot", "MILK")
    browser = person(acme, "cashier").browser
    form = browser.get(f"/{PATH}").context["form"]
    assert form["told_1"].is_hidden and form["expires_1"].is_hidden
    data = {name: str(form[name].initial) for name in ("id", "sale_id", "payment_id")}
    data |= {"customer": "C1", "location": str(acme.location.pk), "hold_days": "0", "pay_by": "credit"}
    data |= {"code_2": "PHONE", "condition_2": "good", "code_3": "MILK", "condition_3": "good"}
    asked = browser.post(f"/{PATH}", data)
    assert asked.status_code == 422 and list(asked.context["form"].errors) == ["told_2", "told_3"]
    assert b"Serial numbers of article 2" in asked.content and b"Article 3 expires on" in asked.content
    day = business_today(acme.location) + timedelta(days=5)
    data |= {"told_2": "U1", "told_3": "L1", "expires_3": str(day)}
    ticket = browser.post(f"/{PATH}", data).context["ticket"]
    data |= {"step": "book", "expected_total": str(ticket.offer.total), "taken_total": "0"}
    booked = browser.post(f"/{PATH}", data)
    assert booked.status_code == 302, booked.context["form"].errors
    assert states() == {"U1": "in_stock"} and Lot.objects.get().expires_on == day
