"""A queue that leaves a device twice at once, and beside the online try of the same sale: every sale is there once."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from core.devices.models import Device
from core.sync.models import Flag, SyncItem
from core.sync.taking import take_items
from core.testing import Shop
from inventory.models import StockLevel
from orders.models import Order, Payment
from tests.api import Api
from tests.test_race_checkout import at_once, deadlocks
from tests.tills_away import Till

pytestmark = pytest.mark.django_db(transaction=True)

SALES = 6


def sending(till: Till, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Send, on a connection of its own, and again what was told to wait."""
    told = {one["n"]: one for one in take_items(Device.objects.get(pk=till.device.pk), items, sender=till.sender)}
    for _ in range(20):
        left = [item for item in items if told[item["n"]]["result"] == "retry"]
        if not left:
            break
        again = take_items(Device.objects.get(pk=till.device.pk), left, sender=till.sender)
        told |= {one["n"]: one for one in again}
    return list(told.values())


def test_one_queue_sent_by_four_tabs_at_once_is_booked_once(acme: Shop, globex: Shop) -> None:
    till, before = Till.at(acme), deadlocks()
    for _ in range(SALES):
        till.sell({"TEA": "1", "CUP": "1"})
    till.sell({"TEA": "1"}, charged={"total": "1.00"})
    orders = [partial(sending, till, list(till.queue)), partial(sending, till, list(reversed(till.queue)))]

    told = at_once(acme, [orders[number % 2] for number in range(4)], 4)

    results = Counter(one["result"] for answers in told for one in answers)
    assert results == {"applied": SALES, "quarantined": 1, "duplicate": 3 * (SALES + 1)}
    assert deadlocks() == before
    assert Order.objects.count() == Payment.objects.count() == SALES
    assert StockLevel.objects.get(variant__sku="TEA").on_hand == 10 - SALES
    assert (SyncItem.objects.count(), Flag.objects.count()) == (SALES + 1, 1)
    till.device.refresh_from_db()
    assert (till.device.last_n, till.device.gaps.count()) == (SALES + 1, 0)


def test_a_sale_that_is_sent_beside_its_online_try_is_one(acme: Shop) -> None:
    till, before = Till.at(acme), deadlocks()
    sales = [till.sell({"TEA": "1"}) for _ in range(SALES)]
    work: list[Any] = []
    for item in sales:
        browser = acme.client("cashier")
        work += [
            partial(Api(browser).post, "orders/", item["body"]["order"]),
            partial(sending, till, [item]),
        ]

    answers = at_once(acme, work, 4)

    assert {answer.status_code for answer in answers[::2]} <= {200, 201}
    assert {one["result"] for told in answers[1::2] for one in told} <= {"applied", "duplicate"}
    assert deadlocks() == before
    assert Order.objects.count() == Payment.objects.count() == SALES
    assert {order.receipt_number for order in Order.objects.all()} == {f"K3-{n:06}" for n in range(1, SALES + 1)}
    assert StockLevel.objects.get(variant__sku="TEA").on_hand == 10 - SALES
    assert not Flag.objects.exists()
