"""Read forecasts, beside the stock and the sales they are about."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import DecimalField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import NullIf

from analytics.models import Forecast, ForecastDay, ForecastRun
from analytics.permissions import VIEW_FORECASTS
from analytics.selectors.demand import demand_of
from core.actors import Actor
from core.errors import NotFound
from core.jobs.models import Job
from inventory.models import StockLevel
from inventory.permissions import VIEW_STOCK

HISTORY_DAYS = 150
SORTS = {
    "demand": "-total_p50",
    "name": "variant__product__name",
    "cover": "cover_days",
    "error": "wape",
    "stock": "on_hand",
}
_DAYS = DecimalField(max_digits=20, decimal_places=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast with what was sold before it: ``history`` has every calendar day, closed ones as zero."""

    forecast: Forecast
    days: list[ForecastDay]
    history: list[tuple[date, Decimal]]
    on_hand: Decimal | None
    cover_days: Decimal | None


def latest_run() -> ForecastRun | None:
    """The last run that finished."""
    return ForecastRun.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()


def run_in_progress() -> Job | None:
    """The job that makes forecasts now, or waits to."""
    over = [Job.State.DONE, Job.State.FAILED]
    return Job.objects.filter(kind=ForecastRun.JOB).exclude(state__in=over).order_by("-created_at").first()


def last_failure() -> Job | None:
    """The latest job, if it failed."""
    latest = Job.objects.filter(kind=ForecastRun.JOB).order_by("-created_at").first()
    return latest if latest is not None and latest.state == Job.State.FAILED else None


def forecasts(*, actor: Actor, q: str = "", sort: str = "demand") -> QuerySet[Forecast]:
    """Forecasts with ``on_hand`` and ``cover_days`` (None where the actor may not see stock), by one of `SORTS`."""
    actor.require(VIEW_FORECASTS)
    rows = Forecast.objects.select_related("variant__product")
    if q := q.strip().replace("\x00", ""):
        rows = rows.filter(Q(variant__sku__icontains=q) | Q(variant__product__name__icontains=q))
    order = F(SORTS[sort].removeprefix("-"))
    return with_stock(rows, actor).order_by(
        order.desc(nulls_last=True) if SORTS[sort].startswith("-") else order.asc(nulls_last=True), "pk"
    )


def with_stock(rows: QuerySet[Forecast], actor: Actor) -> QuerySet[Forecast]:
    """The same with the stock on hand where the actor may see it, and how many days it lasts."""
    levels = StockLevel.objects.filter(variant_id=OuterRef("variant_id")).order_by()
    if not actor.may(VIEW_STOCK):
        levels = levels.none()
    elif (places := actor.places(VIEW_STOCK)) is not None:
        levels = levels.filter(location_id__in=places)
    on_hand = levels.values("variant_id").annotate(sum=Sum("on_hand")).values("sum")
    return rows.annotate(
        on_hand=Subquery(on_hand, output_field=DecimalField(max_digits=20, decimal_places=3)),
        cover_days=ExpressionWrapper(
            F("on_hand") * F("run__horizon_days") / NullIf(F("total_p50"), Decimal(0)), output_field=_DAYS
        ),
    )


def outlook(variant_id: UUID, *, actor: Actor) -> Outlook:
    """One product's forecast with its history. Raises `NotFound` for a product without one."""
    actor.require(VIEW_FORECASTS)
    rows = Forecast.objects.select_related("variant__product", "run")
    forecast = with_stock(rows, actor).filter(pk=variant_id).first()
    if forecast is None:
        raise NotFound("There is no forecast for this product (yet).")
    since = forecast.starts_on - timedelta(days=HISTORY_DAYS)
    sold = demand_of(variant_id, since=since, until=forecast.starts_on - timedelta(days=1))
    dates = [since + timedelta(days=number) for number in range(HISTORY_DAYS)]
    return Outlook(
        forecast=forecast,
        days=list(forecast.days.all()),
        history=[(day, sold.get(day, Decimal(0))) for day in dates],
        on_hand=forecast.on_hand,  # type: ignore[attr-defined]  # annotated
        cover_days=forecast.cover_days,  # type: ignore[attr-defined]
    )
