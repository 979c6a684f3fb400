"""Walks of the services around a placed order, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.testing import PASSWORD, Shop
from orders.services import approvals, checkout, parking

MODULES = (approvals, parking)
OTHERS = {"orders.services.papers"}
PARTS = {"policy", "allowed"}
"""Parts of other services, told by those; `policy` asks."""


def approval(shop: Shop) -> Any:
    asked = approvals.Request(
        approval_id=uuid7(),
        permission="orders.void",
        location_id=shop.location.pk,
        requested_by=shop.person("cashier").pk,
    )
    return approvals.give_approval(asked, actor=shop.actor())


def parked(shop: Shop) -> parking.Kept:
    line = checkout.BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(1))
    return parking.park(parking.Cart(order_id=uuid7(), location_id=shop.location.pk, lines=[line]), actor=shop.actor())


TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "set_pin": (
        lambda s: None,
        lambda s, _: approvals.set_pin(pin="2580", password=PASSWORD, actor=s.actor()),
        ("change", "approval_pin"),
        [],
    ),
    "give_approval": (lambda s: None, lambda s, _: approval(s), ("create", "approval"), ["approval.given"]),
    "change_policy": (
        lambda s: None,
        lambda s, _: approvals.change_policy({"return_days": 30}, actor=s.actor()),
        ("change", "policy"),
        ["policy.changed"],
    ),
    "park": (lambda s: None, lambda s, _: parked(s), ("create", "order"), ["order.parked"]),
    "resume": (
        parked,
        lambda s, k: parking.resume(k.order.pk, take_id=uuid7(), actor=s.actor()),
        ("change", "order"),
        ["order.resumed"],
    ),
    "discard": (
        parked,
        lambda s, k: parking.discard(k.order.pk, actor=s.actor()),
        ("delete", "order"),
        ["order.discarded"],
    ),
}
