"""Walks of the services of discounts and coupons, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.testing import Shop
from orders.services import coupons, discounts

MODULES = (coupons, discounts)
OTHERS = {f"orders.services.{name}" for name in ("discount_rules", "given", "offers", "quotes")}
PARTS = {"use_coupons", "give_back_coupons", "refuse_coupons", "check_sale", "cash_rounding_of"}
"""Parts of a sale or a void, told by those; some only ask."""


def discount(shop: Shop) -> Any:
    return discounts.create_discount(
        name="Spring", kind="percent", value=Decimal(10), needs_coupon=True, actor=shop.actor()
    )


def coupon(shop: Shop) -> Any:
    return discounts.create_coupon(discount=discount(shop).pk, code="spring", actor=shop.actor())


TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "create_discount": (lambda s: None, lambda s, _: discount(s), ("create", "discount"), ["discount.created"]),
    "update_discount": (
        discount,
        lambda s, d: discounts.update_discount(d.pk, {"value": Decimal(20)}, actor=s.actor()),
        ("change", "discount"),
        ["discount.updated"],
    ),
    "create_coupon": (
        discount,
        lambda s, d: discounts.create_coupon(discount=d.pk, code="spring", actor=s.actor()),
        ("create", "coupon"),
        ["coupon.created"],
    ),
    "update_coupon": (
        coupon,
        lambda s, c: discounts.update_coupon(c.pk, {"is_active": False}, actor=s.actor()),
        ("change", "coupon"),
        ["coupon.updated"],
    ),
}
