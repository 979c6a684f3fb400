"""Walks of the services of orders for later, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.testing import Shop
from orders.models import Fulfilment, Order
from orders.services import deliveries, failed_payments, finishing, fulfilment, placing, promises
from orders.services.basket import BasketLine, Sale, Tender

MODULES = (deliveries, failed_payments, finishing, fulfilment, placing, promises)
OTHERS = {"inventory.services.holds", "inventory.services.naming", "orders.services.previews"}
PARTS = {"check_delivery", "check_promise", "order_at_hand", "told_promise", "finish", "told_reserved", "told_released"}
"""Parts of other services, and what puts an event into words."""
DECLINED = failed_payments.Attempt(attempt_id=uuid7(), method="card", amount=Decimal(9), reason="declined")


def taken(shop: Shop) -> Order:
    line = BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(2))
    sale = Sale(order_id=uuid7(), location_id=shop.location.pk, lines=[line], payments=[], channel="phone")
    return placing.place_open_order(sale, delivery={"kind": "pickup"}, actor=shop.actor()).order


def packing(shop: Shop, order: Order) -> Fulfilment:
    draft = fulfilment.FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk)
    return fulfilment.create_fulfilment(draft, actor=shop.actor())[0]


TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "place_open_order": (
        lambda s: None,
        lambda s, _: taken(s),
        ("create", "order"),
        ["order.created", "stock.reserved"],
    ),
    "add_payment": (
        taken,
        lambda s, o: placing.add_payment(o.pk, Tender(method="card", amount=Decimal(4)), actor=s.actor()),
        ("change", "order"),
        ["payment.received", "order.updated"],
    ),
    "note_failed_payment": (
        taken,
        lambda s, o: failed_payments.note_failed_payment(o.pk, DECLINED, actor=s.actor()),
        ("change", "order"),
        ["payment.failed"],
    ),
    "cancel_order": (
        taken,
        lambda s, o: placing.cancel_order(
            o.pk, placing.Cancellation(cancel_id=uuid7(), reason="moved"), actor=s.actor()
        ),
        ("change", "order"),
        ["order.cancelled", "stock.released"],
    ),
    "change_delivery": (
        taken,
        lambda s, o: deliveries.change_delivery(
            o.pk,
            {"kind": "pickup", "name": "Ada"},
            promised_at=datetime.now(UTC) + timedelta(days=2),
            version=1,
            actor=s.actor(),
        ),
        ("change", "order"),
        ["order.updated", "order.promised"],
    ),
    "create_fulfilment": (taken, packing, ("create", "fulfilment"), ["order.updated"]),
    "take_step": (
        lambda s: packing(s, taken(s)),
        lambda s, f: fulfilment.take_step(f.pk, fulfilment.Step(name="pack"), actor=s.actor()),
        ("change", "fulfilment"),
        ["order.updated"],
    ),
}
