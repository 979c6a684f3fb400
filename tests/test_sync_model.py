"""Whatever becomes of what a till sends, nothing is lost, nothing is doubled, and the money is equal to the cent."""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.devices.models import Device
from core.errors import Conflict
from core.sync import registry
from core.sync.models import Flag, SyncItem
from core.sync.registry import Item, Kind, Outcome
from core.testing import Shop, sale_body
from orders.auditor import audit_books
from orders.models import Order, Payment
from tests.api import person
from tests.tills_away import Till, as_sold, at_another_price

STEPS = st.lists(
    st.sampled_from(
        ["sell", "sell dear", "sell online too", "no sum", "poison", "refused", "send", "send, no answer", "send mixed"]
    ),
    min_size=4,
    max_size=14,
)


def breaks(item: Item) -> Outcome:
    Order.objects.filter(pk=item.id).exists()
    if item.body["how"] == "poison":
        raise RuntimeError("a mistake of ours")
    raise Conflict("It cannot be.")


class Notebook:
    """What happened at one till, as plainly as can be."""

    def __init__(self, shop: Shop, prefix: str, dice: Random) -> None:
        self.till, self.shop, self.dice = Till.at(shop, prefix=prefix), shop, dice
        self.sold: dict[str, Decimal] = {}
        self.dear: set[str] = set()
        self.kept = 0
        self.held = Decimal(0)
        self.all: list[dict[str, Any]] = []

    def do(self, step: str) -> None:
        steps: dict[str, Callable[[], Any]] = {
            "sell": self.sell,
            "sell dear": self.sell_dear,
            "sell online too": self.sell_online_too,
            "no sum": self.no_sum,
            "poison": lambda: self.broken("poison"),
            "refused": lambda: self.broken("refused"),
            "send": self.till.send,
            "send, no answer": self.send_unheard,
            "send mixed": self.send_mixed,
        }
        steps[step]()

    def sell(self) -> dict[str, Any]:
        item = self.till.sell({self.dice.choice(["TEA", "CUP", "JAM"]): str(self.dice.randint(1, 4))})
        self.sold[item["body"]["order"]["id"]] = Decimal(item["body"]["as_sold"]["total"])
        self.all.append(item)
        return item

    def sell_dear(self) -> None:
        body = sale_body(self.shop, {"CUP": "1"}, channel="counter", payments=[{"method": "cash", "amount": "13.37"}])
        item = self.till.item("sale", {"order": body, "as_sold": at_another_price(as_sold(body), "13.37")})
        self.sold[body["id"]] = Decimal("13.37")
        self.dear.add(body["id"])
        self.all.append(item)

    def sell_online_too(self) -> None:
        body = self.sell()["body"]["order"]
        person(self.shop, "cashier").post("orders/", {**body, "accept_shortage": False})

    def no_sum(self) -> None:
        self.all.append(self.till.sell({"TEA": "1"}, charged={"total": "4.00"}))
        self.kept += 1
        self.held += Decimal("4.50")

    def broken(self, how: str) -> None:
        self.all.append(self.till.item("broken", {"how": how}))
        self.kept += 1

    def send_unheard(self) -> None:
        queue = list(self.till.queue)
        self.till.send()
        self.till.queue = queue

    def send_mixed(self) -> None:
        some = self.dice.sample(self.all, self.dice.randint(0, len(self.all)))
        self.till.send(some)

    def finish(self) -> None:
        while self.till.queue:
            self.till.send()
        self.till.send(self.dice.sample(self.all, len(self.all)))

    def check(self) -> None:
        orders = {str(order.pk): order for order in Order.objects.filter(pk__in=self.sold)}
        assert {pk: order.total for pk, order in orders.items()} == self.sold
        paid = Payment.objects.filter(order__in=list(orders.values())).values_list("amount", flat=True)
        assert sum(paid, Decimal(0)) == sum(self.sold.values(), Decimal(0))
        flags = Flag.objects.filter(device=self.till.device)
        assert {str(flag.object_id) for flag in flags if flag.kind == "price"} == self.dear
        kept = [flag for flag in flags if flag.kind == "not-booked"]
        assert (len(kept), sum((flag.held for flag in kept), Decimal(0))) == (self.kept, self.held)
        rows = SyncItem.objects.filter(device=self.till.device)
        assert sorted(row.n or 0 for row in rows) == list(range(1, self.till.n + 1))
        device = Device.objects.get(pk=self.till.device.pk)
        assert (device.last_n, device.gaps.count()) == (self.till.n, 0)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, seed=st.integers(0, 2**32))
def test_nothing_is_lost_nothing_is_doubled_and_the_money_is_equal_to_the_cent(
    acme: Shop, globex: Shop, monkeypatch: pytest.MonkeyPatch, steps: list[str], seed: int
) -> None:
    monkeypatch.setitem(registry.KINDS, "broken", Kind(name="broken", title="A test", version=1, take=breaks))
    dice = Random(seed)
    book = Notebook(acme, f"P{Device.objects.count()}", dice)
    for step in steps:
        book.do(step)
    book.finish()
    book.check()
    assert audit_books() == []
