"""What was sold while no shift was open: its cash stands in one count, and a difference is never called rounding."""

import html
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.errors import Conflict, Forbidden, Invalid
from core.ids import uuid7
from core.outbox.models import Event
from core.sync.flags import settle_flag
from core.sync.models import Flag
from core.sync.remedies import put_right
from core.testing import CANARY, Shop
from orders.auditor import audit_books
from orders.models import CashMovement, Order, Payment, Register, Shift, ShiftAmendment
from tests.api import machine
from tests.cash_steps import a_register, an_open_shift, closed
from tests.test_race_checkout import at_once, deadlocks
from tests.tills_away import Till

pytestmark = pytest.mark.django_db(transaction=True)


def sold_while_shut(shop: Shop, register: Register, till: Till, **more: Any) -> Flag:
    """Two teas for 9.00 in cash at a register that has no open shift."""
    till.sell({"TEA": "2"}, order={"register": str(register.pk)}, **more)
    assert till.send()[0]["result"] == "applied"
    return Flag.objects.get(kind="no-shift", resolved_at=None)


def back_in_cash(register: Register) -> dict[str, Any]:
    """One of two teas comes back for 4.50 in cash."""
    return {
        "id": str(uuid7()),
        "lines": [{"position": 1, "quantity": "1"}],
        "reason": "leaks",
        "register": str(register.pk),
        "payments": [{"method": "cash", "amount": "4.50"}],
    }


def fix(shop: Shop, flag: Flag, shift: Any, role: str = "owner") -> Any:
    return put_right(flag.pk, remedy="counted-elsewhere", values={"shift": str(shift)}, actor=shop.actor(role))


def report(shop: Shop, shift: Shift) -> Any:
    return machine(shop).get(f"shifts/{shift.pk}/report/").json()


def moved() -> Any:
    return list(CashMovement.objects.order_by("amount").values_list("shift__number", "amount"))


def facts() -> Any:
    return moved(), ShiftAmendment.objects.count(), AuditEntry.objects.count(), Event.objects.count()


def test_a_sale_without_a_shift_is_in_the_report_of_the_next_one(acme: Shop) -> None:
    register, till = a_register(acme), Till.at(acme)
    sale = till.sell({"TEA": "2"}, order={"register": str(register.pk)})["body"]["order"]
    till.item("return", {"of": sale["id"], "refund": back_in_cash(register)})
    assert [one["result"] for one in till.send()] == ["applied", "applied"]
    flags: Any = Flag.objects.order_by("at_risk").values_list("kind", "at_risk", "details__cash")
    assert list(flags) == [("no-shift", Decimal("4.5"), "-4.50"), ("no-shift", 9, "9.00")]
    assert Order.objects.filter(register=register, shift=None).count() == Order.objects.count() == 2

    shift = an_open_shift(acme, register)

    assert set(Order.objects.values_list("shift", flat=True)) == {shift.pk}
    assert set(Payment.objects.values_list("shift", flat=True)) == {shift.pk}
    totals = report(acme, shift)["totals"]
    assert (totals["documents"], totals["expected"]) == (2, "54.50")
    assert audit_books() == []


def test_cash_that_was_counted_with_the_float_is_taken_out_of_what_is_expected_once(acme: Shop, globex: Shop) -> None:
    register = a_register(acme)
    flag = sold_while_shut(acme, register, Till.at(acme))
    page = html.unescape(acme.client("owner").get(f"/registers/{register.pk}/").content.decode())
    assert "1 document was made here while no shift was open, with" in page and "£9.00" in page and CANARY not in page
    assert machine(acme).get(f"registers/{register.pk}/").json()["waiting"] == {"documents": 1, "cash": "9.00"}
    before = facts()
    with pytest.raises(Invalid):
        fix(acme, flag, "")
    with pytest.raises(Conflict):
        fix(acme, flag, uuid7())  # no shift has been opened since
    assert facts() == before

    shift = an_open_shift(acme, register, "59.00")
    assert report(acme, shift)["totals"]["expected"] == "68.00"
    assert machine(acme).get("registers/").json()["results"][0]["waiting"] == {"documents": 0, "cash": "0.00"}
    fix(acme, flag, shift.pk)
    fix(acme, flag, shift.pk)

    assert moved() == [(1, -9)]
    movement = CashMovement.objects.get()
    assert movement.occurred_at == shift.opened_at
    assert movement.reason == "K3-000001, made while no shift was open: counted with the float"
    told = report(acme, shift)["totals"]
    assert (told["expected"], told["pay_outs"], told["sales"]["total"]) == ("59.00", "-9.00", "9.00")
    assert Event.objects.get(type="cash.moved").payload["amendment"] is None
    flag.refresh_from_db()
    assert (flag.resolution, flag.details["remedy"]) == ("corrected", "counted-elsewhere")
    assert audit_books() == []


def test_cash_that_was_counted_at_the_close_before_amends_that_z_and_the_one_it_was_expected_in(acme: Shop) -> None:
    register, till = a_register(acme), Till.at(acme)
    first = an_open_shift(acme, register)
    closed(acme, first)
    flag = sold_while_shut(acme, register, till)
    second = an_open_shift(acme, register)
    assert report(acme, second)["totals"]["expected"] == "59.00"
    closed(acme, second)
    asks = machine(acme).get(f"exceptions/{flag.pk}/").json()["remedies"][0]["asks"][0]
    assert [value for value, _ in asks["choices"]] == [str(second.pk), str(first.pk)]
    assert [words.partition(",")[0] for _, words in asks["choices"]] == [
        "With the float of shift 2",
        "At the close of shift 1",
    ]
    assert report(acme, second)["totals"]["difference"] == "-59.00"

    fix(acme, flag, first.pk)

    assert moved() == [(2, -9), (1, 9)]
    last = report(acme, second)
    assert (last["totals"]["expected"], last["with_amendments"]["expected"]) == ("59.00", "50.00")
    assert last["with_amendments"]["difference"] == "-50.00"
    assert [row["name"] for row in last["amendments"]] == ["Z2a"]
    before = report(acme, first)
    assert (before["with_amendments"]["expected"], before["with_amendments"]["pay_ins"]) == ("59.00", "9.00")
    assert sorted(event.payload["amendment"] for event in Event.objects.filter(type="cash.moved")) == [1, 1]
    page = acme.client("owner").get(f"/shifts/{second.pk}/").content.decode()
    assert "Its cash was counted elsewhere" in page
    assert audit_books() == []


def test_a_sale_of_the_time_between_two_shifts_is_told_though_the_next_is_open_already(acme: Shop) -> None:
    register, till = a_register(acme), Till.at(acme)
    shift = an_open_shift(acme, register)
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    just_now = (datetime.now(UTC) - timedelta(seconds=20)).isoformat()
    till.sell({"TEA": "1"}, order={"register": str(register.pk)}, occurred_at=just_now)
    till.send()
    assert not Flag.objects.exists()  # clocks differ by more
    flag = sold_while_shut(acme, register, till, occurred_at=an_hour_ago)
    assert (str(flag.at_risk), flag.details["cash"]) == ("9.0000", "9.00")
    assert "on top of that float" in flag.sentence
    fix(acme, flag, shift.pk)
    assert moved() == [(1, -9)]
    assert audit_books() == []


def test_money_given_back_while_the_drawer_was_shut_is_put_right_the_other_way_round(acme: Shop) -> None:
    register, till = a_register(acme), Till.at(acme)
    sale = till.sell({"TEA": "2"})["body"]["order"]
    till.item("return", {"of": sale["id"], "refund": back_in_cash(register)})
    till.send()
    shift = an_open_shift(acme, register)
    fix(acme, Flag.objects.get(kind="no-shift"), shift.pk)
    assert moved() == [(1, Decimal("4.50"))]
    assert report(acme, shift)["totals"]["expected"] == "50.00"
    assert audit_books() == []


def test_another_shop_somebody_without_the_right_and_a_foreign_shift_move_nothing(acme: Shop, globex: Shop) -> None:
    register = a_register(acme)
    flag = sold_while_shut(acme, register, Till.at(acme))
    an_open_shift(acme, register)
    other = an_open_shift(acme, a_register(acme, "Till 2"))
    before = facts()
    for wrong in (other.pk, uuid7(), "x", "١", "0" * 200):
        with pytest.raises(Invalid):
            fix(acme, flag, wrong)
    with pytest.raises(Forbidden):
        fix(acme, flag, other.pk, role="accountant")
    path = f"/exceptions/{flag.pk}/put-right/"
    sent = {"remedy": "counted-elsewhere", "value:shift": str(other.pk)}
    assert globex.client("owner").post(path, sent).status_code == 404
    assert facts() == before
    settle_flag(flag.pk, resolution="accepted", actor=acme.actor())
    with pytest.raises(Conflict):
        fix(acme, flag, other.pk)
    assert facts()[:2] == ([], 0)


def test_of_two_who_say_it_at_once_while_the_drawer_closes_one_moves_it_and_no_cash_is_lost(acme: Shop) -> None:
    register = a_register(acme)
    flag = sold_while_shut(acme, register, Till.at(acme))
    shift, before = an_open_shift(acme, register, "59.00"), deadlocks()
    work = [partial(fix, acme, flag, shift.pk, role) for role in ("owner", "manager")]
    at_once(acme, [*work, partial(closed, acme, shift)], 3)
    assert (moved(), deadlocks()) == ([(1, -9)], before)
    told = report(acme, shift)
    assert told["with_amendments"]["expected"] == "59.00"
    assert audit_books() == []


def test_a_difference_of_a_return_stands_apart_from_rounding_in_the_z_with_its_reason(acme: Shop) -> None:
    register, till = a_register(acme), Till.at(acme)
    shift = an_open_shift(acme, register)
    sale = till.sell({"TEA": "2"}, order={"register": str(register.pk)})["body"]["order"]
    refund = back_in_cash(register) | {"payments": [{"method": "cash", "amount": "5.00"}]}
    till.item("return", {"of": sale["id"], "refund": refund})
    assert [one["result"] for one in till.send()] == ["applied", "quarantined"]
    flag = Flag.objects.get()
    put_right(flag.pk, remedy="accept-paid-out", actor=acme.actor())

    back = Order.objects.get(kind="refund")
    why = "5.00 was given back instead of 4.50"
    line = {"id": str(back.pk), "number": back.number, "amount": "-0.50", "reason": why}
    told = report(acme, shift)["totals"]
    assert (told["differences"], told["cash_rounding"], told["refunds"]["total"]) == ([line], "0.00", "-4.50")
    assert (told["payments"][0]["total"], told["expected"]) == ("4.00", "54.00")
    closed(acme, shift)
    assert report(acme, shift)["with_amendments"]["differences"] == [line]
    browser = acme.client("owner")
    for page in (f"/shifts/{shift.pk}/", f"/orders/{back.pk}/", f"/orders/{back.pk}/receipt/"):
        assert why in browser.get(page).content.decode(), page
    body = machine(acme).get(f"orders/{back.pk}/").json()
    assert (body["payment_difference"], body["cash_rounding"], body["paid"]) == ("-0.50", "0.00", "paid")
    assert audit_books() == []
