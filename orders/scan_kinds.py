"""How customers and receipts are found by what is scanned."""

import re
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from core.actors import Actor
from inventory.scan_targets import Kind, Shape, Target, register_kind, register_shape
from orders.models import Customer, Order
from orders.permissions import REFUND, VIEW_CUSTOMERS, VIEW_ORDERS
from orders.receipts.content import SCANNED

RECEIPT = re.compile(rf"{SCANNED}([0-9A-Z-]{{3,40}})")
"""What a receipt prints for a scanner: R- and its number."""


def _customer(pk: UUID, actor: Actor) -> Target | None:
    row = Customer.objects.filter(pk=pk).first() if actor.may(VIEW_CUSTOMERS) else None
    if row is None:
        return None
    return Target(kind="customer", id=row.pk, label=str(row), url=reverse("customer", args=[row.pk]))


def _receipt(text: str, actor: Actor) -> Target | None:
    if not actor.may(VIEW_ORDERS):
        return None
    number = text.removeprefix(SCANNED)
    places, rows = actor.places(VIEW_ORDERS), Order.objects.filter(Q(number=number) | Q(receipt_number=number))
    row = (rows if places is None else rows.filter(location__in=places)).order_by("-occurred_at").first()
    if row is None:
        return None
    comes_back = row.kind == Order.Kind.SALE and row.state == Order.State.COMPLETED
    page = "order-return" if comes_back and actor.may(REFUND, at=row.location_id) else "order"
    return Target(kind="order", id=row.pk, label=row.number, url=reverse(page, args=[row.pk]))


register_kind(Kind(name="customer", word="a customer", find=_customer))
register_shape(Shape(word="receipts", pattern=RECEIPT, find=_receipt))
