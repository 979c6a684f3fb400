"""Sales against the close of their drawer, and two who open it at once: nothing is in no report, nothing in two."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.ids import uuid7
from core.testing import Shop, stock
from orders.auditor import audit_books
from orders.errors import NoOpenShift, ShiftIsOpen
from orders.models import Order, Shift
from orders.selectors.shifts import expected_cash, report_of
from orders.services.checkout import Placed, place_order
from orders.services.shifts import Done, close_shift, open_shift
from tests.cash_steps import a_register, a_sale, an_open_shift
from tests.test_race_checkout import at_once, deadlocks

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sale_during_the_close_is_in_this_report_in_an_amendment_or_in_the_next_shift(acme: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "1000")
    register, cashier, before = a_register(acme), acme.actor("cashier"), deadlocks()
    rounds, sold, booked = 4, 0, 0
    for _ in range(rounds):
        shift = an_open_shift(acme, register, "0")
        now = datetime.now(UTC)
        stated = [partial(place_order, a_sale(acme, register, occurred_at=now), actor=cashier) for _ in range(5)]
        online = [partial(place_order, a_sale(acme, register), actor=cashier) for _ in range(5)]
        end: Callable[[], Any] = partial(
            close_shift, shift_id=shift.pk, counted={}, reason="whatever is in it", actor=cashier
        )
        begin: Callable[[], Any] = partial(
            open_shift, shift_id=uuid7(), register_id=register.pk, opening_float=Decimal(0), actor=cashier
        )
        work: list[Callable[[], Any]] = [*stated[:3], end, *online[:3], begin, *stated[3:], *online[3:]]
        results = at_once(acme, work, len(work))
        assert {type(result) for result in results} <= {Placed, Done, NoOpenShift, ShiftIsOpen}, results
        sold += sum(isinstance(result, Placed) for result in results)
        for running in Shift.objects.filter(register=register, state="open"):
            close_shift(shift_id=running.pk, counted={}, reason="end of the round", actor=cashier)
    for shift in Shift.objects.select_related("register"):
        report = report_of(shift, actor=acme.actor())
        booked += report.all_in["documents"]
        assert Decimal(report.all_in["expected"]) == expected_cash(shift)
    assert booked == sold == Order.objects.filter(shift__isnull=False).count() == Order.objects.count()
    assert sold >= 5 * rounds
    assert audit_books() == [] and deadlocks() == before


def test_of_eight_who_open_a_drawer_at_once_one_does(acme: Shop) -> None:
    register, cashier = a_register(acme), acme.actor("cashier")
    work: list[Callable[[], Any]] = [
        partial(open_shift, shift_id=uuid7(), register_id=register.pk, opening_float=Decimal(1), actor=cashier)
        for _ in range(8)
    ]
    results = at_once(acme, work, 8)
    assert sorted(type(result).__name__ for result in results) == ["Done"] + ["ShiftIsOpen"] * 7
    assert Shift.objects.count() == 1
    same = uuid7()
    closing = partial(close_shift, shift_id=Shift.objects.get().pk, counted={"1": 1}, actor=cashier)
    assert sorted(result.is_new for result in at_once(acme, [closing] * 6, 6)) == [False] * 5 + [True]
    opening = partial(open_shift, shift_id=same, register_id=register.pk, opening_float=Decimal(1), actor=cashier)
    assert sorted(result.is_new for result in at_once(acme, [opening] * 6, 6)) == [False] * 5 + [True]
