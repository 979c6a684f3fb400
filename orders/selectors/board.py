"""What was sold today, as the board shows it: figures with last week's beside them, the last sales, 24 hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import ExpressionWrapper, F, FloatField, QuerySet, Value
from django.db.models.functions import Cast, Extract, Floor

from core.locations.selectors import business_date, zone_of
from core.money import round_money
from core.tenancy.context import current_tenant
from orders.metrics_base import COMPLETED, ITEMS, ORDERS, REVENUE, SALES
from orders.models import Order

Places = frozenset[UUID] | None
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """One stretch of selling. ``average`` None: nothing was sold."""

    revenue: Decimal
    orders: int
    items: Decimal
    average: Decimal | None


@dataclass(frozen=True, slots=True)
class Today:
    """The business day so far, beside the same weekday last week up to the same time of day."""

    now: Figures
    before: Figures

    @property
    def changes(self) -> dict[str, Decimal | None]:
        """The change of each figure as a share of last week's; None where there is nothing to compare with."""
        return {
            "revenue": _change(self.now.revenue, self.before.revenue),
            "orders": _change(Decimal(self.now.orders), Decimal(self.before.orders)),
            "items": _change(self.now.items, self.before.items),
            "average": _change(self.now.average, self.before.average),
        }


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour that began at ``starts_at``, and the same hour a week before."""

    starts_at: datetime
    revenue: Decimal
    orders: int
    revenue_before: Decimal


def visible_orders(places: Places) -> QuerySet[Order]:
    """Completed documents of the locations somebody may see (None: all)."""
    orders = Order.objects.filter(COMPLETED)
    return orders if places is None else orders.filter(location_id__in=places)


def today(places: Places, *, now: datetime | None = None) -> Today:
    """The figures of the business day that is running, and of last week's at this time of the day."""
    now = now or datetime.now(UTC)
    day = business_date(now)
    then = (now.astimezone(zone_of()) - WEEK).astimezone(UTC)  # the same time on the wall, also over a clock change
    return Today(
        _figures(visible_orders(places).filter(business_date=day)),
        _figures(visible_orders(places).filter(business_date=day - WEEK, occurred_at__lte=then)),
    )


def _change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return (now - before) / before if now is not None and before and before > 0 else None


def _figures(orders: QuerySet[Order]) -> Figures:
    found = orders.aggregate(revenue=REVENUE, orders=ORDERS, items=ITEMS, sales=SALES)
    count = found["orders"]
    average = round_money(found["sales"] / count, current_tenant().currency) if count else None
    return Figures(found["revenue"], count, found["items"], average)


def last_sales(places: Places, *, most: int = 10) -> Sequence[Order]:
    """The newest documents, refunds included."""
    return list(visible_orders(places).select_related("location").order_by("-occurred_at", "-pk")[:most])


def last_hours(places: Places, *, hours: int = 24, now: datetime | None = None) -> list[Hour]:
    """Revenue by hour: the running hour last, with the shop's full hours as borders, and a week before."""
    now = now or datetime.now(UTC)
    local = now.astimezone(zone_of())
    end = local.replace(minute=0, second=0, microsecond=0).astimezone(UTC) + HOUR
    start = end - hours * HOUR
    end_then = (local.replace(minute=0, second=0, microsecond=0) - WEEK).astimezone(UTC) + HOUR  # as in `today`
    rows = _by_hour(places, start, hours)
    before = _by_hour(places, end_then - hours * HOUR, hours)
    none = (Decimal(0), 0)
    return [Hour(start + place * HOUR, *rows.get(place, none), before.get(place, none)[0]) for place in range(hours)]


def _by_hour(places: Places, start: datetime, hours: int) -> dict[int, tuple[Decimal, int]]:
    epoch = Cast(Extract(F("occurred_at"), "epoch"), FloatField())
    place = Floor(ExpressionWrapper((epoch - Value(start.timestamp())) / Value(3600.0), output_field=FloatField()))
    rows = (
        visible_orders(places)
        .filter(occurred_at__gte=start, occurred_at__lt=start + hours * HOUR)
        .annotate(place=place)
        .order_by()
        .values_list("place")
        .annotate(revenue=REVENUE, orders=ORDERS)
    )
    return {int(number): (revenue, orders) for number, revenue, orders in rows}


def has_sold() -> bool:
    """Whether this shop ever sold anything."""
    return Order.objects.exists()
