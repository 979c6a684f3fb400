"""Walks of the services of the stock room, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.testing import Shop
from inventory.models import Lot
from inventory.services import digests, documents, late_costs, limits, lots, policy, reservations

MODULES = (digests, late_costs, limits, lots, policy, reservations)
OTHERS = {
    f"inventory.services.{name}" for name in ("changes", "cover", "piece_codes", "tracking", "revaluing", "stating")
}
OTHERS |= {"orders.services.told_apart", "inventory.services.order_lists", "inventory.services.stock_lists"}
"""Parts of the ledger and of stock documents, told by those."""
QUIET = {
    "preview_stock": "books nothing",
    "stock_policy": "reads",
    "set_digest": "one person's wish for mail; the audit log has it",
    "send_digests": "what it tells was told before, as alerts",
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


def receipt(shop: Shop) -> Any:
    line = documents.StockLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(5))
    change = documents.StockChange(document_id=uuid7(), kind="receipt", location_id=shop.location.pk, lines=[line])
    return documents.book_stock(change, actor=shop.actor()).document


def freight(shop: Shop, receipt_id: Any) -> Any:
    cost = late_costs.LateCost(document_id=uuid7(), receipt_id=receipt_id, amount=Decimal(3), reason="freight")
    return late_costs.book_late_cost(cost, actor=shop.actor())


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
    "book_late_cost": (receipt, lambda s, r: freight(s, r.pk), ("change", "stock"), ["stock.revalued"]),
    "block_lot": (
        lambda s: Lot.objects.create(variant=s.variant("TEA"), code="A"),
        lambda s, lot: lots.block_lot(lot.pk, is_blocked=True, note="recall", actor=s.actor()),
        ("change", "lot"),
        ["lot.blocked"],
    ),
    "set_limits": (
        lambda s: None,
        lambda s, _: limits.set_limits(
            s.variant("TEA").pk, s.location.pk, low_at=Decimal(3), over_at=None, actor=s.actor()
        ),
        ("change", "stock_limits"),
        ["stock.limits_changed"],
    ),
    "change_stock_policy": (
        lambda s: None,
        lambda s, _: policy.change_stock_policy({"dead_days": 30}, actor=s.actor()),
        ("change", "stock_policy"),
        ["stock_policy.changed"],
    ),
}
