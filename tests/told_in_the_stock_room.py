"""Walks of the services of the stock room, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.testing import Shop
from inventory.services import limits, reservations

MODULES = (limits, reservations)
OTHERS = {f"inventory.services.{name}" for name in ("changes", "tracking", "revaluing")}
"""Parts of the ledger and of stock documents, told by those."""
QUIET = {
    "sell_reserved": "a part of a sale, which is told as stock.changed",
    "expire_reservations": "nobody did it: the events say `expired`, see tests/test_reservations.py",
}


def reserved(shop: Shop) -> Any:
    wanted = reservations.Reserve(
        reservation_id=uuid7(),
        variant_id=shop.variant("TEA").pk,
        location_id=shop.location.pk,
        quantity=Decimal(2),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return reservations.reserve(wanted, actor=shop.actor()).reservation


TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "reserve": (lambda s: None, lambda s, _: reserved(s), ("create", "stock_reservation"), ["stock.reserved"]),
    "extend": (
        reserved,
        lambda s, r: reservations.extend(r.pk, expires_at=datetime.now(UTC) + timedelta(days=1), actor=s.actor()),
        ("change", "stock_reservation"),
        ["stock.reserved"],
    ),
    "release": (
        reserved,
        lambda s, r: reservations.release(r.pk, actor=s.actor()),
        ("change", "stock_reservation"),
        ["stock.released"],
    ),
    "set_limits": (
        lambda s: None,
        lambda s, _: limits.set_limits(
            s.variant("TEA").pk, s.location.pk, low_at=Decimal(3), over_at=None, actor=s.actor()
        ),
        ("change", "stock_limits"),
        ["stock.limits_changed"],
    ),
}
