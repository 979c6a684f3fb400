"""What the pages of selling read beyond orders and customers themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actors import Actor
from core.outbox.models import Event
from inventory.models import Product
from orders.metrics_base import COMPLETED, ORDERS, REVENUE
from orders.models import Customer, Order, OrderLine
from orders.permissions import VIEW_CUSTOMER_HISTORY, VIEW_ORDERS
from orders.selectors import visible_orders
from orders.selectors.axes import with_axes
from orders.selectors.customers import customers

SALES_SHOWN = 10
HISTORY_SHOWN = 50
CUSTOMERS_FOUND = 100


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer with what the actor may see of their orders."""

    customer: Customer
    orders: int
    total: Decimal


def found_orders(rows: QuerySet[Order], *, q: str, actor: Actor) -> QuerySet[Order]:
    """The orders whose number begins with what was typed, or of the customers it finds, with what a list shows.

    Customers are looked for only by those who may see what customers did.
    """
    if typed := q.strip():
        found = Q(number__startswith=typed.upper()) | Q(number=typed) | Q(receipt_number=typed.upper())
        if actor.may(VIEW_CUSTOMER_HISTORY):
            people = list(customers(q=typed).order_by().values_list("pk", flat=True)[:CUSTOMERS_FOUND])
            found |= Q(customer__in=people) if people else Q()
        rows = rows.filter(found)
    return with_axes(rows.select_related("location", "customer").defer("request_hash"))


def history_of(order: Order) -> list[Event]:
    """What happened to an order, in order."""
    return list(Event.objects.filter(object_type="order", object_id=str(order.pk)).order_by("id")[:HISTORY_SHOWN])


def customer_rows(found: Sequence[Customer], *, actor: Actor) -> list[CustomerRow]:
    """Number and sum of the orders of some customers, as far as the actor may see orders: one query for all."""
    sums: dict[UUID, tuple[int, Decimal]] = {}
    if found and actor.may(VIEW_CUSTOMER_HISTORY) and actor.may(VIEW_ORDERS):
        ids = [customer.pk for customer in found]
        rows = visible_orders(actor=actor).filter(COMPLETED, customer__in=ids).order_by()
        sums = {
            row["customer_id"]: (row["count"], row["sum"])
            for row in rows.values("customer_id").annotate(count=ORDERS, sum=REVENUE)
        }
    return [CustomerRow(customer, *sums.get(customer.pk, (0, Decimal(0)))) for customer in found]


def last_sales_of(product: Product, *, actor: Actor) -> list[OrderLine]:
    """The latest lines that sold a product, newest first, of the locations the actor may see."""
    if not actor.may(VIEW_ORDERS):
        return []
    sold = [Order.State.OPEN, Order.State.COMPLETED]
    lines = OrderLine.objects.filter(variant__in=product.variants.values("pk"), order__state__in=sold)
    places = actor.places(VIEW_ORDERS)
    if places is not None:
        lines = lines.filter(order__location__in=places)
    return list(lines.select_related("order__location").order_by("-order__occurred_at", "-pk")[:SALES_SHOWN])
