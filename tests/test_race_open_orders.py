"""Two hands on one open order: the last goods are packed once, and money never meets a cancelled order."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.errors import Conflict, Invalid, StaleVersion
from core.ids import uuid7
from core.testing import Shop
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.errors import WrongPayment
from orders.models import Order, OrderChange
from orders.services.basket import Tender
from orders.services.changes import Settlement, confirm_change, propose_change
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.placing import Cancellation, add_payment, cancel_order
from orders.services.rewriting import Action
from tests.test_open_orders import taken
from tests.test_race_checkout import at_once, deadlocks

pytestmark = pytest.mark.django_db(transaction=True)


def test_six_packers_of_the_last_goods_make_one_parcel(acme: Shop) -> None:
    order, actor, before = taken(acme, {"TEA": "1"}), acme.actor(), deadlocks()
    drafts = [FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk) for _ in range(6)]
    results = at_once(acme, [partial(create_fulfilment, one, actor=actor) for one in drafts], 6)
    assert sorted(type(one).__name__ for one in results) == ["Invalid"] * 5 + ["tuple"]
    assert all(isinstance(one, (tuple, Invalid)) for one in results)
    assert (order.fulfilments.count(), deadlocks()) == (1, before)


def test_a_payment_against_a_cancellation_is_given_back_or_refused(acme: Shop) -> None:
    actor, before = acme.actor(), deadlocks()
    for _ in range(4):
        order = taken(acme, {"TEA": "1"})
        pay = partial(add_payment, order.pk, Tender(method="card", amount=Decimal("4.50")), actor=actor)
        stop = partial(cancel_order, order.pk, Cancellation(cancel_id=uuid7(), reason="x"), actor=actor)
        paid, stopped = at_once(acme, [pay, stop], 2)
        assert not isinstance(stopped, Exception)
        rows = list(order.payments.values_list("amount", flat=True))
        assert len(rows) == (0 if isinstance(paid, Conflict) else 2)
        assert (sum(rows), Order.objects.get(pk=order.pk).state) == (0, "cancelled")
    assert StockLevel.objects.get(variant__sku="TEA").reserved == 0
    assert (deadlocks(), audit_books()) == (before, [])


def proposed(shop: Shop, order: Order, units: str) -> OrderChange:
    action = Action(kind="quantity", position=1, quantity=Decimal(units))
    change_id = uuid7()
    return propose_change(change_id=change_id, order_id=order.pk, actions=[action], actor=shop.actor())[0]


def confirming(shop: Shop, order: Order, change: OrderChange) -> Any:
    how = Settlement()
    return partial(
        confirm_change, change.pk, order_id=order.pk, version=change.base_version, settlement=how, actor=shop.actor()
    )


def held() -> Decimal:
    return StockLevel.objects.get(variant__sku="TEA").reserved


def test_of_two_changes_at_once_one_is_applied_and_the_other_says_that_it_is_stale(acme: Shop) -> None:
    before = deadlocks()
    for _ in range(3):
        order = taken(acme, {"TEA": "2"})
        changes = [proposed(acme, order, "1"), proposed(acme, order, "3")]
        results = at_once(acme, [confirming(acme, order, one) for one in changes], 2)
        assert sorted(type(one).__name__ for one in results) == ["StaleVersion", "tuple"]
        order.refresh_from_db()
        applied = OrderChange.objects.get(order=order, state="applied")
        assert order.lines.get().quantity == Decimal(applied.after[0]["quantity"]) == held()
        cancel_order(order.pk, Cancellation(cancel_id=uuid7(), reason="x"), actor=acme.actor())
    assert (held(), deadlocks(), audit_books()) == (Decimal(0), before, [])


def test_a_change_against_the_packing_of_the_same_goods_is_one_or_the_other(acme: Shop) -> None:
    before, actor = deadlocks(), acme.actor()
    for _ in range(3):
        order = taken(acme, {"TEA": "2"})
        change = proposed(acme, order, "1")
        draft = FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk)

        def leave(draft: FulfilmentDraft = draft) -> Any:
            made, _ = create_fulfilment(draft, actor=actor)
            for step in ("pack", "done"):
                made, _ = take_step(made.pk, Step(name=step), actor=actor)
            return made

        there = StockLevel.objects.get(variant__sku="TEA").on_hand
        changed, left = at_once(acme, [confirming(acme, order, change), leave], 2)
        assert not isinstance(left, Exception)
        gone = order.fulfilments.get().lines.get().quantity
        assert gone == (1 if isinstance(changed, tuple) else 2)
        assert isinstance(changed, (tuple, StaleVersion, Conflict))
        assert (held(), there - StockLevel.objects.get(variant__sku="TEA").on_hand) == (Decimal(0), gone)
        assert order.lines.get().quantity == gone
    assert (deadlocks(), audit_books()) == (before, [])


def test_a_change_against_a_payment_never_leaves_more_paid_than_is_due(acme: Shop) -> None:
    before, actor = deadlocks(), acme.actor()
    for _ in range(3):
        order = taken(acme, {"TEA": "2"})
        change = proposed(acme, order, "1")
        pay = partial(add_payment, order.pk, Tender(method="card", amount=Decimal("9.00")), actor=actor)
        changed, paid = at_once(acme, [confirming(acme, order, change), pay], 2)
        order.refresh_from_db()
        there = sum(order.payments.values_list("amount", flat=True), Decimal(0))
        if isinstance(changed, tuple):  # then the payment was too much
            assert isinstance(paid, WrongPayment) and (order.total, there) == (Decimal("4.50"), Decimal(0))
        else:
            assert isinstance(changed, StaleVersion) and (order.total, there) == (Decimal(9), Decimal(9))
        cancel_order(order.pk, Cancellation(cancel_id=uuid7(), reason="x"), actor=actor)
    assert (held(), deadlocks(), audit_books()) == (Decimal(0), before, [])
