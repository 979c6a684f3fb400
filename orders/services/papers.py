"""What every service that makes a document does alike: its sums, its rows, a repeat of the same request."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.errors import NotFound, ReusedIdentifier
from core.ids import reference
from core.locations.models import Location
from core.locations.selectors import business_date
from core.tenancy.context import current_tenant
from orders.models import Order, OrderLine


def new_document(
    *,
    order_id: UUID,
    request_hash: bytes,
    location: Location,
    lines: Sequence[OrderLine],
    actor: Actor,
    when: datetime,
    like: Order | None = None,
    **more: Any,
) -> Order:
    """A document over some lines, not saved; ``like`` gives the currency and the rules of another one (its sale)."""
    terms = like or current_tenant()
    order = Order(
        id=order_id,
        request_hash=request_hash,
        number=reference(order_id),
        location=location,
        currency=terms.currency,
        prices_include_tax=terms.prices_include_tax,
        rounding=terms.rounding,
        tax_by_document=terms.tax_by_document,
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
        business_date=business_date(when, location),
        occurred_at=when,
        **more,
    )
    add_up(order, lines)
    return order


def add_up(order: Order, lines: Sequence[OrderLine]) -> None:
    """Give a document the sums of its lines."""
    for line in lines:
        line.order = order
    order.subtotal = sum((line.net for line in lines), Decimal(0))
    order.discount_total = sum((line.discount for line in lines), Decimal(0))
    order.tax_total = sum((line.tax for line in lines), Decimal(0))
    order.total = sum((line.total for line in lines), Decimal(0))
    order.apart_total = apart_of(lines)
    order.items = sum(
        (line.quantity for line in lines if line.is_stocked and line.kind == OrderLine.Kind.GOODS), Decimal(0)
    )
    order.line_count = len(lines)


def apart_of(lines: Sequence[OrderLine]) -> Decimal:
    """How much of some lines is no revenue."""
    return sum((line.total for line in lines if line.kind != OrderLine.Kind.GOODS), Decimal(0))


def same_request(order: Order, *, actor: Actor, request_hash: bytes, told: str) -> None:
    """Raise unless a document that stands already was made by this very request."""
    if order.created_by_id != actor.id:
        raise NotFound("There is no such order.")
    if bytes(order.request_hash or b"") != request_hash:
        raise ReusedIdentifier(told)
