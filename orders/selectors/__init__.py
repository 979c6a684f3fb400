"""Read orders, carts and approvals."""

from datetime import UTC, date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actors import Actor
from core.errors import NotFound
from core.people.models import Grant, User
from core.people.permissions import means_something
from orders.models import Approval, ApprovalPin, ApprovalRequest, Order
from orders.permissions import SELL, VIEW_APPROVALS, VIEW_CUSTOMER_HISTORY, VIEW_ORDERS
from orders.selectors.axes import by_axes, with_axes

MOST_REQUESTS = 100
CARTS = (Order.State.PARKED, Order.State.ENDED)
"""States of what was never sold: no list of orders shows them."""


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
    state: str | None = None,
    paid: str | None = None,
    handed_over: str | None = None,
    returned: str | None = None,
) -> QuerySet[Order]:
    """Orders of the locations the actor may see, narrowed by what is given; ``q`` is the number on a receipt.

    ``paid``, ``handed_over`` and ``returned`` as in `orders.selectors.axes`.

    Raises:
        Forbidden: the orders of one customer are asked for by somebody who may not see what customers did.
    """
    if customer is not None:
        actor.require(VIEW_CUSTOMER_HISTORY)
    rows = _orders_at(actor.places(VIEW_ORDERS))
    wanted = {
        "kind": kind,
        "channel": channel,
        "location_id": location,
        "customer_id": customer,
        "business_date__gte": business_date_from,
        "business_date__lte": business_date_to,
        "state": state,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if typed := q.strip():
        numbers = {typed, typed.upper()}
        rows = rows.filter(Q(number__in=numbers) | Q(receipt_number__in=numbers))
    return by_axes(rows, paid=paid, handed_over=handed_over, returned=returned)


def _orders_at(places: frozenset[UUID] | None) -> QuerySet[Order]:
    rows = Order.objects.exclude(state__in=CARTS)
    return rows if places is None else rows.filter(location_id__in=places)


def find_order(order_id: UUID, *, actor: Actor, permission: str = VIEW_ORDERS) -> Order:
    """An order with its lines and payments. Raises `NotFound` also for one of a location the actor may not see.

    ``permission`` is what the actor holds where it is: who packs orders sees them without their money.
    """
    rows = with_axes(_orders_at(actor.places(permission))).select_related("location", "customer")
    order = rows.prefetch_related("lines", "payments").filter(pk=order_id).first()
    if order is None:
        raise NotFound("There is no such order.")
    return order


def parked_carts(*, actor: Actor, location: UUID | None = None) -> QuerySet[Order]:
    """Carts put aside at the locations where the actor sells, with their lines."""
    rows = (
        Order.objects.filter(state=Order.State.PARKED).prefetch_related("lines").select_related("location", "customer")
    )
    places = actor.places(SELL)
    if places is not None:
        rows = rows.filter(location_id__in=places)
    return rows if location is None else rows.filter(location_id=location)


def approvals(*, actor: Actor, location: UUID | None = None) -> QuerySet[Approval]:
    """Who approved what for whom, at the locations where the actor may see it."""
    rows = Approval.objects.select_related("location")
    places = actor.places(VIEW_APPROVALS)
    if places is not None:
        rows = rows.filter(location_id__in=places)
    return rows if location is None else rows.filter(location_id=location)


def approvals_of(order: Order) -> list[Approval]:
    """What was approved for an order: both names stand on its receipt."""
    return list(Approval.objects.filter(reference_type="order", reference_id=order.pk).order_by("approved_at"))


def approvers(*, permission: str, location_id: UUID) -> list[User]:
    """The people with a PIN who may approve something at a location, by name."""
    grants = Grant.objects.filter(
        Q(location=None) | Q(location=location_id),
        user__is_active=True,
        user__in=ApprovalPin.objects.values("user_id"),
    ).select_related("user", "role")
    found = {
        grant.user
        for grant in grants
        if permission in grant.role.holds and means_something(permission, everywhere=grant.location_id is None)
    }
    return sorted(found, key=str)


def approval_requests(*, actor: Actor) -> list[ApprovalRequest]:
    """What waits for an answer that the actor may give, the oldest first."""
    waiting = ApprovalRequest.objects.filter(state=ApprovalRequest.State.WAITING, expires_at__gt=datetime.now(UTC))
    rows = waiting.exclude(requested_by=actor.id).select_related("location").order_by("requested_at", "pk")
    return [row for row in rows[:MOST_REQUESTS] if actor.may(row.permission, at=row.location_id)]


def find_approval_request(request_id: UUID, *, actor: Actor) -> ApprovalRequest:
    """One's own request, or one where the actor sees approvals. Raises `NotFound` for any other."""
    row = ApprovalRequest.objects.select_related("location").filter(pk=request_id).first()
    if row is None or not (row.requested_by_id == actor.id or actor.may(VIEW_APPROVALS, at=row.location_id)):
        raise NotFound("There is no such request.")
    return row
