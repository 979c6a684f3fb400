"""What was sold per product and business day: the input of every forecast."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet, Sum

from orders.models import Order, OrderLine

MOST_DAYS = 3 * 366
"""How far back a forecast looks."""

_COUNTED = Q(order__state=Order.State.COMPLETED, order__kind__in=[Order.Kind.SALE, Order.Kind.REFUND])


def open_days() -> list[date]:
    """The business days with at least one sale, ascending, of the last three years of the shop's history."""
    sales = Order.objects.filter(state=Order.State.COMPLETED, kind=Order.Kind.SALE).order_by()
    ends = sales.aggregate(first=Min("business_date"), last=Max("business_date"))
    if ends["last"] is None:
        return []
    since = ends["last"] - timedelta(days=MOST_DAYS)
    days = sales.filter(business_date__gte=since).values_list("business_date", flat=True).distinct()
    return sorted(days)


def daily_demand(*, since: date, until: date) -> Iterator[tuple[UUID, date, Decimal]]:
    """Units of goods sold less units that came back, per product and business day, never below zero.

    A return takes away from its own day only: what came back later was wanted when it was bought.
    """
    rows = (
        _goods(since, until)
        .filter(variant__is_stocked=True, variant__is_active=True, variant__product__is_active=True)
        .values_list("variant_id", "order__business_date")
        .annotate(units=Sum("quantity"))
        .filter(units__gt=0)
    )
    yield from rows.iterator(chunk_size=20_000)


def demand_of(variant_id: UUID, *, since: date, until: date) -> dict[date, Decimal]:
    """The same for one product."""
    rows = _goods(since, until).filter(variant_id=variant_id).values_list("order__business_date")
    return {day: max(units, Decimal(0)) for day, units in rows.annotate(units=Sum("quantity"))}


def _goods(since: date, until: date) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(
        _COUNTED, is_stocked=True, variant__isnull=False, order__business_date__range=(since, until)
    ).order_by()
