"""The axes of an order, read from rows: paid, handed over, returned. Nothing sets them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db.models import BooleanField, Case, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from orders.events import OrderUpdated
from orders.metrics_base import PAYABLE
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine, Payment

Paid = Literal["unpaid", "partly", "paid", "overpaid", "refunded"]
Part = Literal["none", "partly", "all"]
_MONEY: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=24, decimal_places=4)
_UNITS: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=24, decimal_places=3)
GONE = (Fulfilment.State.SHIPPED, Fulfilment.State.DONE)
"""States of a fulfilment whose goods have left."""
GIVEN_UP = (Order.State.VOIDED, Order.State.CANCELLED)
"""States in which nothing is due any more."""
UNFINISHED = (Order.State.OPEN, *GIVEN_UP)
"""What is not completed: few rows, with an index of their own. A completed order is paid and handed over."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Where an order stands. ``to_pay`` is what is still due (negative: to be given back).

    ``paid`` is ``refunded`` where all the money that came in went back: returned, voided or cancelled.
    """

    paid: Paid
    handed_over: Part
    returned: Part
    to_pay: Decimal


def with_axes(rows: QuerySet[Order]) -> QuerySet[Order]:
    """Orders with the sums that `axes_of` reads, so that a list costs one statement."""
    payments = Payment.objects.filter(order=OuterRef("pk")).order_by().values("order")
    given = Payment.objects.filter(order__refund_of=OuterRef("pk")).exclude(order__state=Order.State.VOIDED)
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order").annotate(sum=Sum("quantity"))
    gone = (
        FulfilmentLine.objects.filter(fulfilment__order=OuterRef("pk"), fulfilment__state__in=GONE)
        .order_by()
        .values("fulfilment__order")
        .annotate(sum=Sum("quantity"))
    )
    back = (
        OrderLine.objects.filter(origin__order=OuterRef("pk"))
        .exclude(order__state=Order.State.VOIDED)
        .order_by()
        .values("origin__order")
        .annotate(sum=-Sum("quantity"))
    )
    return rows.annotate(
        paid_sum=_sum(payments.annotate(sum=Sum("amount")), _MONEY),
        came_in=_sum(payments.annotate(sum=Sum("amount", filter=Q(amount__gt=0))), _MONEY),
        given_back=_sum(given.order_by().values("order__refund_of").annotate(sum=-Sum("amount")), _MONEY),
        units=_sum(lines, _UNITS),
        units_gone=_sum(gone, _UNITS),
        units_back=_sum(back, _UNITS),
    )


def _sum(rows: QuerySet[Any, Any], field: "DecimalField[Decimal, Decimal]") -> Coalesce:
    return Coalesce(Subquery(rows.values("sum")), Value(Decimal(0)), output_field=field)


def by_axes(
    rows: QuerySet[Order], *, paid: str | None = None, handed_over: str | None = None, returned: str | None = None
) -> QuerySet[Order]:
    """The orders that stand so on these axes.

    What is rare is found by an index, before any sum is read: orders that are not completed, and those with refunds.
    """
    if not (paid or handed_over or returned):
        return rows
    rows = with_axes(rows)
    due = PAYABLE
    opened, done = Q(state=Order.State.OPEN), Q(state=Order.State.COMPLETED)
    given_up, elsewhere = Q(state__in=GIVEN_UP), Q(is_paid_elsewhere=True)
    refunds = Order.objects.filter(refund_of__isnull=False).exclude(state=Order.State.VOIDED)
    came_back = Q(pk__in=refunds.values("refund_of"))
    all_back = done & came_back & Q(total__gt=0, given_back__gte=due)
    unfinished = Q(state__in=UNFINISHED)
    ways: dict[str, dict[str, Q | Case]] = {
        "paid": {
            "unpaid": unfinished
            & ~elsewhere
            & (opened & Q(paid_sum__lte=0) & ~Q(paid_sum=due) | given_up & Q(came_in=0)),
            "partly": opened & Q(paid_sum__gt=0, paid_sum__lt=due) & ~elsewhere,
            "paid": ~given_up & (elsewhere | Q(paid_sum=due)) & ~all_back,
            "overpaid": opened & Q(paid_sum__gt=due) & ~elsewhere,
            "refunded": given_up & Q(came_in__gt=0) | all_back,
        },
        "handed_over": {
            "none": unfinished & Q(units_gone=0),
            "partly": unfinished & Q(units_gone__gt=0, units_gone__lt=F("units")),
            "all": done | unfinished & Q(units_gone__gt=0, units_gone__gte=F("units")),
        },
        "returned": {
            "none": ~(came_back & Q(units_back__gt=0)),
            "partly": _in_turn(came_back & Q(units_back__gt=0, units_back__lt=F("units"))),
            "all": _in_turn(came_back & Q(units_back__gt=0, units_back__gte=F("units"))),
        },
    }
    for axis, value in (("paid", paid), ("handed_over", handed_over), ("returned", returned)):
        if value:
            rows = rows.filter(ways[axis][value])
    return rows


def _in_turn(condition: Q) -> Case:
    """A condition the planner may not take apart: else it adds up the returns of every sale there is, to find 50."""
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def axes_of(order: Order) -> Axes:
    """Where one order stands; reads its sums unless `with_axes` brought them."""
    row: Any = order if hasattr(order, "units_back") else with_axes(Order.objects.filter(pk=order.pk)).get()
    due = order.payable
    paid_sum = due if order.is_paid_elsewhere else row.paid_sum
    done = order.state == Order.State.COMPLETED
    if order.state in GIVEN_UP:
        paid: Paid = "refunded" if row.came_in > 0 else "unpaid"
        due = paid_sum
    elif done and order.total > 0 and row.given_back >= due:
        paid = "refunded"
    else:
        paid = _paid(paid_sum, due)
    return Axes(
        paid=paid,
        handed_over="all" if done else _part(row.units_gone, row.units),
        returned=_part(row.units_back, row.units),
        to_pay=due - paid_sum,
    )


def axes_of_new(order: Order, payments: Sequence[Payment]) -> Axes:
    """Where an order stands that was just made, from rows at hand: nothing can have come back yet."""
    due = order.payable
    paid = sum((payment.amount for payment in payments), Decimal(0))
    done = order.state == Order.State.COMPLETED
    return Axes(paid=_paid(paid, due), handed_over="all" if done else "none", returned="none", to_pay=due - paid)


def _paid(paid: Decimal, due: Decimal) -> Paid:
    if paid == due:
        return "paid"
    if paid > due:
        return "overpaid"
    return "partly" if paid > 0 else "unpaid"


def _part(some: Decimal, of: Decimal) -> Part:
    if not some:
        return "none"
    return "partly" if some < of else "all"


def returned_of(order_id: UUID) -> dict[int, Decimal]:
    """How much of each line of a sale came back so far, by the line's key."""
    rows = OrderLine.objects.filter(origin__order=order_id).exclude(order__state=Order.State.VOIDED).order_by()
    return {int(row["origin"] or 0): -row["sum"] for row in rows.values("origin").annotate(sum=Sum("quantity"))}


def bump(order: Order) -> None:
    """A new version of an order whose returns, payments or goods changed; its row is locked by the caller."""
    order.version += 1
    Order.objects.filter(pk=order.pk).update(version=order.version)


def updated(order: Order) -> OrderUpdated:
    """What is told of an order that stands elsewhere on its axes now."""
    where = axes_of(Order.objects.get(pk=order.pk))
    return OrderUpdated(
        order_id=order.pk,
        version=order.version,
        number=order.number,
        location_id=order.location_id,
        state=order.state,
        paid=where.paid,
        handed_over=where.handed_over,
        returned=where.returned,
        currency=order.currency,
        total=order.total,
    )
