"""Steps that the tests of webhooks share: connect an endpoint, sell something."""

from decimal import Decimal
from uuid import UUID

from core.ids import uuid7
from core.outbox.relay import number_events
from core.testing import Shop
from orders.services.checkout import BasketLine, Sale, Tender, place_order
from webhooks.models import Endpoint
from webhooks.services.endpoints import create_endpoint


def connect(shop: Shop, url: str, *subscriptions: str) -> tuple[Endpoint, str]:
    """An endpoint that hears of what happens from now on."""
    number_events(shop.tenant)
    made = create_endpoint(
        endpoint_id=uuid7(), url=url, subscriptions=subscriptions or ["order.completed"], actor=shop.actor()
    )
    return made.endpoint, made.secret


def sell(shop: Shop, units: str = "1", sku: str = "TEA") -> UUID:
    variant = shop.variant(sku)
    total = variant.unit_price * Decimal(units)
    sale = Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=variant.pk, quantity=Decimal(units))],
        payments=[Tender(method="card", amount=total)],
    )
    return place_order(sale, actor=shop.actor("cashier")).order.pk
