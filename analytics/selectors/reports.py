"""The report of a period: a fixed number of queries, whatever the period and the size of the shop."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, Max, Q, QuerySet, Sum, Window
from django.db.models.functions import Coalesce, ExtractHour, RowNumber

from analytics.metrics import METRICS, Metric, Value, derived, plain_metrics
from analytics.periods import Period
from analytics.permissions import VIEW_REPORTS
from core.actors import Actor
from core.errors import Forbidden, NotFound
from core.locations.models import Location
from core.locations.selectors import business_today, zone_of
from core.tenancy.context import current_tenant
from inventory.models import Variant
from orders.metrics_base import COMPLETED
from orders.models import Order, OrderLine

TOP = 10
TENFOLD = 10
_GOODS = Coalesce(Sum("quantity", filter=Q(is_stocked=True)), Decimal(0))
Sums = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric's value in the period and in the one it is compared with."""

    metric: Metric
    value: Value
    before: Value

    @property
    def change(self) -> Decimal | None:
        """The change as a share of the value before; None where there is nothing of the same sign to compare with."""
        if self.value is None or not self.before or self.value * self.before < 0:
            return None
        return (Decimal(self.value) - Decimal(self.before)) / abs(Decimal(self.before))

    @property
    def telling_change(self) -> Decimal | None:
        """The change where a percentage says something: up to tenfold."""
        return self.change if self.change is not None and abs(self.change) < TENFOLD else None


@dataclass(frozen=True, slots=True)
class Slice:
    """One day, hour or channel with its figures."""

    label: str
    key: date | int | str
    figures: Sums


@dataclass(frozen=True, slots=True)
class ProductRow:
    """What one product brought in the period."""

    variant_id: UUID | None
    sku: str
    name: str
    revenue: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Report:
    """All of one page; ``is_empty`` says that nothing was sold and nothing came back."""

    period: Period
    compared: Period
    location: Location | None
    locations: list[Location]
    figures: dict[str, Figure]
    days: list[Slice]
    hours: list[Slice]
    channels: list[Slice]
    by_revenue: list[ProductRow]
    by_quantity: list[ProductRow]
    last_day: date | None = None

    @property
    def is_empty(self) -> bool:
        documents = self.figures.get("documents")
        return documents is None or not documents.value


def report(*, period: Period, actor: Actor, location_id: UUID | None = None) -> Report:
    """Everything about a period that ``actor`` may see, of one location or of all that are theirs.

    Raises:
        Forbidden: the actor may not see reports, there or anywhere.
        NotFound: there is no such location.
    """
    locations, location = _places(actor, location_id)
    compared = period.compared_at(business_today(location))
    scope = _Scope(actor.places(VIEW_REPORTS) if location is None else frozenset([location.pk]))
    documents = scope.documents()
    rows: list[Mapping[str, Any]] = list(
        documents.filter(business_date__range=(compared.start, period.end))
        .values("business_date", "channel")
        .annotate(**plain_metrics("documents"))
    )
    now = [row for row in rows if row["business_date"] >= period.start]
    then = [row for row in rows if compared.start <= row["business_date"] <= compared.end]
    sums, before = _add(now, "documents"), _add(then, "documents")
    allowed = {name: metric for name, metric in METRICS.items() if actor.may(metric.permission)}
    sees_costs = any(metric.source == "lines" for metric in allowed.values())
    if sees_costs:
        now_costs, then_costs = _costs(scope, period, compared)
        sums, before = sums | now_costs, before | then_costs
    by_revenue, by_quantity = _top(scope.lines(period))
    sums, before = derived(sums), derived(before)
    return Report(
        period=period,
        compared=compared,
        location=location,
        locations=locations,
        figures={name: Figure(metric, sums.get(name), before.get(name)) for name, metric in allowed.items()},
        days=_by_day(now, period),
        hours=_by_hour(documents, period, location) if period.length == 1 else [],
        channels=_by_channel(now),
        by_revenue=by_revenue,
        by_quantity=by_quantity,
        last_day=documents.aggregate(last=Max("business_date"))["last"],
    )


def chosen_metrics(names: Iterable[str], actor: Actor) -> list[Metric]:
    """The metrics of these names that must exist and be allowed. Raises `NotFound` or `Forbidden`, naming them."""
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in METRICS]
    if unknown:
        known = ", ".join(METRICS)
        raise NotFound(f"There is no metric {', '.join(unknown)}. There are: {known}.", details={"metrics": unknown})
    denied = [name for name in wanted if not actor.may(METRICS[name].permission)]
    if denied:
        raise Forbidden(f"You may not see {', '.join(denied)}.", details={"metrics": denied})
    return [METRICS[name] for name in wanted]


def _places(actor: Actor, location_id: UUID | None) -> tuple[list[Location], Location | None]:
    places = actor.places(VIEW_REPORTS)
    locations = list(Location.objects.filter(Q() if places is None else Q(pk__in=places)))
    if location_id is None:
        return locations, None
    found = next((location for location in locations if location.pk == location_id), None)
    if found is None:
        raise NotFound("There is no such location, or you may not see its reports.")
    return locations, found


@dataclass(frozen=True, slots=True)
class _Scope:
    """The completed documents of some locations (None: of all), and their lines."""

    places: frozenset[UUID] | None

    def documents(self) -> QuerySet[Order]:
        rows = Order.objects.filter(COMPLETED).order_by()
        return rows if self.places is None else rows.filter(location_id__in=self.places)

    def lines(self, *periods: Period) -> QuerySet[OrderLine]:
        days = Q()
        for period in periods:
            days |= Q(order__business_date__range=(period.start, period.end))
        goods = Q(order__state=Order.State.COMPLETED, kind=OrderLine.Kind.GOODS)
        rows = OrderLine.objects.filter(days, goods).order_by()
        return rows if self.places is None else rows.filter(order__location_id__in=self.places)


def _add(rows: Iterable[Mapping[str, Any]], source: str) -> Sums:
    names = [metric.name for metric in METRICS.values() if metric.source == source and not metric.parts]
    sums: Sums = dict.fromkeys(names, 0)
    for row in rows:
        for name in names:
            sums[name] = (sums[name] or 0) + (row[name] or 0)
    return sums


def _by_day(rows: list[Mapping[str, Any]], period: Period) -> list[Slice]:
    found: dict[date, list[Mapping[str, Any]]] = {day: [] for day in period.dates}
    for row in rows:
        found[row["business_date"]].append(row)
    return [Slice(day.isoformat(), day, derived(_add(found[day], "documents"))) for day in found]


def _by_channel(rows: list[Mapping[str, Any]]) -> list[Slice]:
    channels = Order.Channel
    parts = [(channel, [row for row in rows if row["channel"] == channel.value]) for channel in channels]
    found = [
        Slice(str(channel.label).capitalize(), channel.value, derived(_add(part, "documents")))
        for channel, part in parts
        if part
    ]
    return sorted(found, key=lambda part: -Decimal(part.figures["revenue"] or 0))


def _by_hour(documents: QuerySet[Order], period: Period, location: Location | None) -> list[Slice]:
    """The business day's hours by the clock on the wall, from the first to the last with a document."""
    rows = (
        documents.filter(business_date=period.start)
        .values(hour=ExtractHour("occurred_at", tzinfo=zone_of(location)))
        .annotate(**plain_metrics("documents"))
    )
    found: dict[int, Mapping[str, Any]] = {row["hour"]: row for row in rows}
    if not found:
        return []
    starts = (location.day_starts_at if location else None) or current_tenant().day_starts_at
    places = sorted((hour - starts.hour) % 24 for hour in found)  # one o'clock at night is late, not early
    hours = [(place + starts.hour) % 24 for place in range(places[0], places[-1] + 1)]
    sums = {hour: _add([found[hour]] if hour in found else [], "documents") for hour in hours}
    return [Slice(f"{hour:02}:00", hour, derived(sums[hour])) for hour in hours]


def _costs(scope: _Scope, period: Period, compared: Period) -> tuple[Sums, Sums]:
    """The sums of the metrics over lines, of both periods in one pass."""
    is_now = ExpressionWrapper(Q(order__business_date__gte=period.start), output_field=BooleanField())
    rows = scope.lines(period, compared).values(is_now=is_now).annotate(**plain_metrics("lines"))
    found: dict[bool, list[Mapping[str, Any]]] = {row["is_now"]: [row] for row in rows}
    return _add(found.get(True, []), "lines"), _add(found.get(False, []), "lines")


def _top(lines: QuerySet[OrderLine]) -> tuple[list[ProductRow], list[ProductRow]]:
    """The best products by revenue and by quantity: one pass over the lines; names as the catalogue has them now."""
    sums = (
        lines.values("variant_id", "sku")
        .annotate(revenue=Sum("total"), goods=_GOODS, line_name=Max("name"))
        .annotate(
            by_revenue=Window(RowNumber(), order_by=[F("revenue").desc(), F("sku").asc()]),
            by_quantity=Window(RowNumber(), order_by=[F("goods").desc(), F("sku").asc()]),
        )
        .filter(Q(by_revenue__lte=TOP) | Q(by_quantity__lte=TOP))
    )
    rows: list[Mapping[str, Any]] = list(sums)
    variants = Variant.objects.select_related("product").in_bulk(
        [row["variant_id"] for row in rows if row["variant_id"]]
    )

    def best(place: str) -> list[ProductRow]:
        chosen = sorted((row for row in rows if row[place] <= TOP), key=lambda row: row[place])
        return [
            ProductRow(
                row["variant_id"],
                row["sku"],
                variants[row["variant_id"]].title if row["variant_id"] in variants else row["line_name"],
                row["revenue"],
                row["goods"],
            )
            for row in chosen
        ]

    return best("by_revenue"), best("by_quantity")
