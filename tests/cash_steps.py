"""What tests of drawers and credit do again and again."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.ids import uuid7
from core.testing import Shop
from orders.models import Order, Register, Shift
from orders.services.checkout import BasketLine, Sale, Tender, place_order
from orders.services.registers import create_register
from orders.services.shifts import close_shift, open_shift


def a_register(shop: Shop, name: str = "Till 1") -> Register:
    return create_register(location_id=shop.location.pk, name=name, actor=shop.actor())


def an_open_shift(shop: Shop, register: Register | None = None, opening_float: str = "50.00") -> Shift:
    register = register or a_register(shop)
    return open_shift(
        shift_id=uuid7(), register_id=register.pk, opening_float=Decimal(opening_float), actor=shop.actor("cashier")
    ).shift


def closed(shop: Shop, shift: Shift, reason: str = "tested") -> Shift:
    return close_shift(shift_id=shift.pk, counted={}, reason=reason, actor=shop.actor("cashier")).shift


def a_sale(
    shop: Shop,
    register: Register | UUID | None,
    *payments: Tender,
    sku: str = "TEA",
    quantity: str = "1",
    occurred_at: datetime | None = None,
    **more: Any,
) -> Sale:
    """A sale of one article, paid in cash to the cent if nothing else is said."""
    variant = shop.variant(sku)
    total = (variant.unit_price * Decimal(quantity)).quantize(Decimal("0.01"))
    return Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=variant.pk, quantity=Decimal(quantity))],
        payments=payments or [Tender(method="cash", amount=total)],
        register_id=register.pk if isinstance(register, Register) else register,
        occurred_at=occurred_at,
        **more,
    )


def sell(shop: Shop, register: Register | None, *payments: Tender, role: str = "cashier", **more: Any) -> Order:
    return place_order(a_sale(shop, register, *payments, **more), actor=shop.actor(role)).order
