"""Walks of the services of drawers and of what the shop owes, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.testing import Shop
from orders.services import registers, shifts

MODULES = (registers, shifts)
OTHERS = {"orders.services.tenders", "orders.services.drawers", "orders.services.credit"}


def open_drawer(shop: Shop) -> Any:
    register = registers.create_register(location_id=shop.location.pk, name="Till", actor=shop.actor())
    opened = shifts.open_shift(shift_id=uuid7(), register_id=register.pk, opening_float=Decimal(5), actor=shop.actor())
    return opened.shift


TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "create_register": (
        lambda s: None,
        lambda s, _: registers.create_register(location_id=s.location.pk, name="Till", actor=s.actor()),
        ("create", "register"),
        ["register.changed"],
    ),
    "update_register": (
        open_drawer,
        lambda s, shift: registers.update_register(shift.register_id, name="Front", actor=s.actor()),
        ("change", "register"),
        ["register.changed"],
    ),
    "open_shift": (
        lambda s: registers.create_register(location_id=s.location.pk, name="Till", actor=s.actor()),
        lambda s, r: shifts.open_shift(shift_id=uuid7(), register_id=r.pk, opening_float=Decimal(5), actor=s.actor()),
        ("create", "shift"),
        ["shift.opened"],
    ),
    "move_cash": (
        open_drawer,
        lambda s, shift: shifts.move_cash(
            movement_id=uuid7(), shift_id=shift.pk, amount=Decimal(-1), reason="milk", actor=s.actor()
        ),
        ("change", "shift"),
        ["cash.moved"],
    ),
    "close_shift": (
        open_drawer,
        lambda s, shift: shifts.close_shift(shift_id=shift.pk, counted={"5": 1}, actor=s.actor()),
        ("change", "shift"),
        ["shift.closed"],
    ),
}
