"""Read orders and customers."""

from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actors import Actor
from core.errors import NotFound
from orders.models import Customer, Order
from orders.permissions import VIEW_ORDERS


def visible_orders(
    *,
    actor: Actor,
    kind: str | None = None,
    channel: str | None = None,
    location: UUID | None = None,
    customer: UUID | None = None,
    business_date_from: date | None = None,
    business_date_to: date | None = None,
    q: str = "",
) -> QuerySet[Order]:
    """Orders of the locations the actor may see, narrowed by what is given; ``q`` is the number on a receipt."""
    rows = Order.objects.all()
    places = actor.places(VIEW_ORDERS)
    if places is not None:
        rows = rows.filter(location_id__in=places)
    wanted = {
        "kind": kind,
        "channel": channel,
        "location_id": location,
        "customer_id": customer,
        "business_date__gte": business_date_from,
        "business_date__lte": business_date_to,
        "number__in": {q.strip(), q.strip().upper()} if q.strip() else None,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def find_order(order_id: UUID, *, actor: Actor) -> Order:
    """An order with its lines and payments. Raises `NotFound` also for one of a location the actor may not see."""
    order = visible_orders(actor=actor).prefetch_related("lines", "payments").filter(pk=order_id).first()
    if order is None:
        raise NotFound("There is no such order.")
    return order


def customers(*, q: str = "") -> QuerySet[Customer]:
    """Customers whose name or e-mail address contains ``q``, or whose number it is."""
    rows = Customer.objects.all()
    if q := q.strip():
        rows = rows.filter(Q(name__icontains=q) | Q(email__icontains=q) | Q(number=q))
    return rows


def find_customer(customer_id: UUID) -> Customer:
    """A customer. Raises `NotFound`."""
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise NotFound("There is no such customer.")
    return customer
