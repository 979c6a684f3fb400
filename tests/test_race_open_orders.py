"""Two hands on one open order: the last goods are packed once, and money never meets a cancelled order."""

from decimal import Decimal
from functools import partial

import pytest

from core.errors import Conflict, Invalid
from core.ids import uuid7
from core.testing import Shop
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.models import Order
from orders.services.basket import Tender
from orders.services.fulfilment import FulfilmentDraft, create_fulfilment
from orders.services.placing import Cancellation, add_payment, cancel_order
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
