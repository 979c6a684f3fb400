"""Something in every place of the stock room, for tests/shop_window.py."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.testing import Shop, stock
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
    return {"location_id": shop.location.pk, "reservation_id": held.reservation.pk}
