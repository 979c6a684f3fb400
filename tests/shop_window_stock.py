"""Something in every place of the stock room, for tests/shop_window.py."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.testing import Shop, make_variant, stock
from inventory.models import Lot, Serial, Variant
from inventory.services.documents import StockChange, StockLine, book_stock
from inventory.services.reservations import Reserve, reserve


def fill_stock_room(shop: Shop) -> dict[str, Any]:
    """Answers arguments for the routes of the stock room. To be called inside the shop."""
    stock(shop.variant("TEA"), shop.location, "500")  # the imported history has sold more than there was
    held = reserve(
        Reserve(
            reservation_id=uuid7(),
            variant_id=shop.variant("TEA").pk,
            location_id=shop.location.pk,
            quantity=Decimal(2),
            expires_at=datetime.now(UTC) + timedelta(days=3),
            note="Mrs Featherstonehaugh of the allotment society, comes on Saturday morning",
        ),
        actor=shop.actor("owner"),
    )
    line = StockLine(variant_id=shop.variant("JAM").pk, quantity=Decimal(24), unit_cost=Decimal("1.8"))
    receipt = StockChange(
        document_id=uuid7(),
        kind="receipt",
        location_id=shop.location.pk,
        lines=[line],
        reason="Delivery note 2026-11-0042",
    )
    document = book_stock(receipt, actor=shop.actor("owner")).document
    milk, phone = (_tracked(shop, *wanted) for wanted in (("MILK", "lot"), ("PHONE", "serial")))
    lines = [
        StockLine(variant_id=milk.pk, quantity=Decimal(6), lot="L-2026-W47/A", expires_on=date(2026, 1, 31)),
        StockLine(variant_id=milk.pk, quantity=Decimal(6), lot="L-2026-W48/B", expires_on=date(2036, 1, 31)),
        StockLine(variant_id=phone.pk, quantity=Decimal(2), serials=["356938035643809", "356938035643810"]),
    ]
    more = StockChange(document_id=uuid7(), kind="receipt", location_id=shop.location.pk, lines=lines)
    book_stock(more, actor=shop.actor("owner"))
    return {
        "document_id": document.pk,
        "location_id": shop.location.pk,
        "lot_id": Lot.objects.get(code="L-2026-W47/A").pk,
        "serial_id": Serial.objects.get(number="356938035643809").pk,
        "reservation_id": held.reservation.pk,
    }


def _tracked(shop: Shop, sku: str, how: str) -> Variant:
    variant = make_variant(sku, name=f"{shop.mark} {sku.lower()}")
    Variant.objects.filter(pk=variant.pk).update(tracking=how)
    return variant
