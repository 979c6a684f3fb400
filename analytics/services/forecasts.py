"""Make the forecasts of a shop: read its sales, reckon, replace what was there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from analytics.errors import Superseded
from analytics.events import ForecastReady
from analytics.models import Forecast, ForecastDay, ForecastRun
from analytics.permissions import RUN_FORECASTS
from analytics.selectors.demand import daily_demand, open_days
from core.actors import Actor
from core.jobs.models import Job
from core.jobs.registry import Progress
from core.jobs.services import enqueue
from core.locations.selectors import business_today
from core.outbox.services import emit

if TYPE_CHECKING:
    from analytics.forecasting.engine import Outlook
    from analytics.forecasting.series import Past

HORIZON_DAYS = 30
THOUSANDTH = Decimal("0.001")
ROWS_AT_ONCE = 5_000
UPDATED = [field.name for field in Forecast._meta.concrete_fields if not field.primary_key]


@transaction.atomic(durable=True)
def ask_for_forecasts(*, actor: Actor) -> Job:
    """Have new forecasts made; while a run waits or works, asking again gives that run.

    Raises `Forbidden` without the permission.
    """
    actor.require(RUN_FORECASTS)
    latest = Job.objects.filter(kind=ForecastRun.JOB).order_by("-created_at", "-pk").first()
    if latest is not None and not latest.is_over:
        return latest
    # Two people who press at once see the same last run, so they get the same next one.
    return enqueue(ForecastRun.JOB, actor=actor, dedupe_key=f"after:{latest.pk if latest else 'none'}")


@dataclass(frozen=True, slots=True)
class _Sales:
    """The sales of a shop as arrays: row i of ``past`` is ``variants[i]``."""

    variants: Sequence[UUID]
    past: "Past"


def make_forecasts(*, run_id: UUID, actor: Actor, progress: Progress, today: date | None = None) -> dict[str, Any]:
    """Forecast every product with enough history for the next 30 days; answers the run's figures.

    ``today`` is the business day to reckon from, of the clock if not given. The same sales give the same rows, so a
    repeat after a crash does no harm; a run that has finished is not made again. Each batch replaces its products'
    forecasts in one transaction; products that have none any more lose theirs at the end.

    Raises `Superseded` when a newer run has begun: that one has the later sales.
    """
    # numpy and what stands on it belong to workers: web processes import this module and must not load them.
    from analytics.forecasting.calendar import first_forecast_day, opening  # noqa: PLC0415
    from analytics.forecasting.engine import outlooks  # noqa: PLC0415

    finished = ForecastRun.objects.filter(pk=run_id, finished_at__isnull=False).first()
    if finished is not None:
        return _figures(finished)
    made_on = today or business_today()
    days = [day for day in open_days() if day < made_on]
    run, _ = ForecastRun.objects.update_or_create(
        pk=run_id, defaults={"made_on": made_on, "horizon_days": HORIZON_DAYS}
    )
    if not days:
        return _finish(run, actor=actor, made=0, young=0, beaten=0)
    calendar = opening(days)
    run.starts_on, run.is_historical = first_forecast_day(days[-1], made_on)
    run.last_sale_on, run.closed_weekdays = days[-1], sorted(calendar.closed_weekdays)
    run.save(update_fields=["starts_on", "is_historical", "last_sale_on", "closed_weekdays"])

    progress(0, None, "Reading the sales")
    sales = _read(days)
    count = len(sales.variants)
    ahead = [run.starts_on + timedelta(days=number) for number in range(HORIZON_DAYS)]
    open_ahead = [day for day in ahead if calendar.is_open(day)]
    made = beaten = 0
    for batch in outlooks(sales.past, _weekdays(open_ahead)):
        _replace(run, sales.variants, batch, ahead, open_ahead)
        made += len(batch)
        beaten += sum(outlook.method != Forecast.Model.SEASONAL_NAIVE for outlook in batch)
        progress(made, count, "Forecasting")
    return _finish(run, actor=actor, made=made, young=count - made, beaten=beaten)


def _weekdays(days: Sequence[date]) -> Any:
    import numpy as np  # noqa: PLC0415 - see make_forecasts

    return np.array([day.weekday() for day in days], dtype=np.int64)


def _read(days: Sequence[date]) -> _Sales:
    """All sales on the open days."""
    import numpy as np  # noqa: PLC0415 - see make_forecasts

    from analytics.forecasting.series import Past  # noqa: PLC0415

    place = {day: number for number, day in enumerate(days)}
    rows: dict[UUID, int] = {}
    cells: list[tuple[int, int, float]] = []
    for variant, day, units in daily_demand(since=days[0], until=days[-1]):
        if day in place:
            cells.append((rows.setdefault(variant, len(rows)), place[day], float(units)))
    order = sorted(rows)  # the same sales give the same arrays, whatever order the database answers in
    new_row = np.empty(len(order), dtype=np.int64)
    for number, variant in enumerate(order):
        new_row[rows[variant]] = number
    sold = np.zeros((len(order), len(days)))
    if cells:
        table = np.array(cells)
        sold[new_row[table[:, 0].astype(np.int64)], table[:, 1].astype(np.int64)] = table[:, 2]
    start = np.argmax(sold > 0, axis=1) if len(order) else np.zeros(0, dtype=np.int64)
    return _Sales(order, Past(sold, _weekdays(days), start.astype(np.int64)))


def _replace(
    run: ForecastRun, variants: Sequence[UUID], batch: "list[Outlook]", ahead: list[date], open_ahead: list[date]
) -> None:
    """Write a batch: each product's forecast and its days change together."""
    place = {day: number for number, day in enumerate(open_ahead)}
    forecasts, days = [], []
    for outlook in sorted(batch, key=lambda outlook: outlook.product):
        variant = variants[outlook.product]
        low, middle, high = (_units(value) for value in outlook.total)
        forecasts.append(
            Forecast(
                variant_id=variant,
                run=run,
                made_on=run.made_on,
                starts_on=ahead[0],
                model=outlook.method,
                demand=outlook.demand,
                total_p10=low,
                total_p50=middle,
                total_p90=high,
                wape=outlook.wape,
                mase=outlook.mase,
                naive_wape=outlook.naive_wape,
                naive_mase=outlook.naive_mase,
                coverage=outlook.coverage,
                history_days=outlook.history_days,
            )
        )
        for day in ahead:
            values = outlook.days[place[day]] if day in place else (0.0, 0.0, 0.0, 0.0)
            mean, p10, p50, p90 = (_units(float(value)) for value in values)
            days.append(ForecastDay(forecast_id=variant, day=day, mean=mean, p10=p10, p50=p50, p90=p90))
    with transaction.atomic():
        _stand_back_for_newer(run)
        Forecast.objects.bulk_create(
            forecasts,
            batch_size=ROWS_AT_ONCE,
            update_conflicts=True,
            unique_fields=["variant"],
            update_fields=UPDATED,
        )
        ForecastDay.objects.filter(forecast_id__in=[forecast.pk for forecast in forecasts]).delete()
        ForecastDay.objects.bulk_create(days, batch_size=ROWS_AT_ONCE)


def _stand_back_for_newer(run: ForecastRun) -> None:
    """Two runs take turns batch by batch, and the older one gives up: a forecast never goes back in time.

    Ids are made in the order in which runs are asked for.
    """
    list(ForecastRun.objects.select_for_update().filter(finished_at__isnull=True).order_by("pk"))
    newer = ForecastRun.objects.filter(pk__gt=run.pk).first()
    if newer is not None:
        raise Superseded(details={"run": str(newer.pk)})


def _units(value: float) -> Decimal:
    return Decimal(value).quantize(THOUSANDTH)


@transaction.atomic(durable=True)
def _finish(run: ForecastRun, *, actor: Actor, made: int, young: int, beaten: int) -> dict[str, Any]:
    _stand_back_for_newer(run)
    Forecast.objects.exclude(run=run).delete()
    ForecastRun.objects.filter(pk__lt=run.pk, finished_at__isnull=True).delete()  # died, or gave up
    run.products, run.too_young, run.beaten = made, young, beaten
    run.finished_at = datetime.now(UTC)
    run.save(update_fields=["products", "too_young", "beaten", "finished_at"])
    emit(
        ForecastReady(
            run_id=run.pk,
            version=1,
            made_on=run.made_on,
            starts_on=run.starts_on,
            horizon_days=run.horizon_days,
            products=made,
            too_young=young,
            beaten=beaten,
        ),
        actor=actor,
    )
    return _figures(run)


def _figures(run: ForecastRun) -> dict[str, Any]:
    return {
        "run": run.pk,
        "starts_on": run.starts_on,
        "products": run.products,
        "too_young": run.too_young,
        "beaten": run.beaten,
    }
