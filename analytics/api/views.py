"""/api/v1/reports/, /api/v1/metrics/ and /api/v1/forecasts/."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.serializers import (
    ForecastOutput,
    ForecastQuery,
    ForecastWithDaysOutput,
    MetricOutput,
    ProductOutput,
    ReportOutput,
    ReportQuery,
    RunOutput,
)
from analytics.metrics import METRICS, Metric, Value
from analytics.periods import period_from
from analytics.permissions import RUN_FORECASTS, VIEW_FORECASTS, VIEW_REPORTS
from analytics.selectors.forecasts import forecasts, latest_run, outlook
from analytics.selectors.reports import Figure, Slice, chosen_metrics, report
from analytics.services.forecasts import ask_for_forecasts
from core.api.pagination import page_of
from core.api.platform import JobBody
from core.api.views import ApiView
from core.locations.selectors import business_today
from core.money import plain_amount, plain_decimal
from core.tenancy.context import current_tenant


class Metrics(ApiView):
    """The registry of metrics, in words: every figure of this API is one of these."""

    required_permission: ClassVar = VIEW_REPORTS
    tag = "reports"

    @extend_schema(responses=MetricOutput(many=True))
    def get(self, request: Request) -> Response:
        allowed = [metric for metric in METRICS.values() if self.actor.may(metric.permission)]
        return Response({"results": MetricOutput(allowed, many=True).data})


class Reports(ApiView):
    """The figures of a day, a week, a month or a range, with the period before, days, channels and best products."""

    required_permission: ClassVar = VIEW_REPORTS
    tag = "reports"

    @extend_schema(parameters=[ReportQuery], responses=ReportOutput)
    def get(self, request: Request) -> Response:
        asked = self.query(ReportQuery)
        period = period_from(
            kind=asked["period"], day=asked["date"], first=asked["from"], last=asked["to"], today=business_today()
        )
        names = [name.strip() for name in asked["metrics"].split(",") if name.strip()]
        metrics = chosen_metrics(names, self.actor) or [m for m in METRICS.values() if self.actor.may(m.permission)]
        found = report(period=period, actor=self.actor, location_id=asked["location"])
        shown = [metric.name for metric in metrics]
        return Response(
            {
                "period": period.kind,
                "start": period.start,
                "end": period.end,
                "compared_start": found.compared.start,
                "compared_end": found.compared.end,
                "currency": current_tenant().currency,
                "location": found.location.pk if found.location else None,
                "figures": {name: _figure(found.figures[name]) for name in shown},
                "days": [_slice(part, shown) for part in found.days],
                "hours": [_slice(part, shown) for part in found.hours],
                "channels": [_slice(part, shown) for part in found.channels],
                "top_by_revenue": ProductOutput(found.by_revenue, many=True).data,
                "top_by_quantity": ProductOutput(found.by_quantity, many=True).data,
            }
        )


class Forecasts(ApiView):
    """What every product is expected to sell in the next 30 days, with its band and its measured error."""

    required_permission: ClassVar = VIEW_FORECASTS
    tag = "forecasts"

    @extend_schema(parameters=[ForecastQuery], responses=ForecastOutput(many=True))
    def get(self, request: Request) -> Response:
        asked = self.query(ForecastQuery)
        rows, cursor = page_of(
            forecasts(actor=self.actor, q=asked["q"]),
            by=("variant_id",),
            cursor=asked["cursor"],
            limit=asked["limit"],
        )
        run = latest_run()
        return Response(
            {
                "run": RunOutput(run).data if run else None,
                "results": ForecastOutput(rows, many=True).data,
                "next": cursor,
            }
        )


class ForecastOne(ApiView):
    """One product's forecast, day by day."""

    required_permission: ClassVar = VIEW_FORECASTS
    tag = "forecasts"

    @extend_schema(responses=ForecastWithDaysOutput)
    def get(self, request: Request, variant_id: UUID) -> Response:
        found = outlook(variant_id, actor=self.actor)
        return Response(ForecastWithDaysOutput(found.forecast).data)


class ForecastRuns(ApiView):
    """Ask for new forecasts; while a run waits or works, asking again gives that run."""

    required_permission: ClassVar = RUN_FORECASTS
    tag = "forecasts"

    @extend_schema(request=None, responses={202: JobBody})
    def post(self, request: Request) -> Response:
        job = ask_for_forecasts(actor=self.actor)
        return Response(JobBody(job).data, status=202, headers={"Location": reverse("api-job", args=[job.pk])})


def _figure(figure: Figure) -> dict[str, str | None]:
    return {
        "value": _text(figure.metric, figure.value),
        "before": _text(figure.metric, figure.before),
        "change": None if figure.change is None else plain_decimal(round(figure.change, 4)),
        "unit": figure.metric.unit,
    }


def _slice(part: Slice, shown: list[str]) -> dict[str, Any]:
    figures = {name: _text(METRICS[name], part.figures[name]) for name in shown if name in part.figures}
    return {"key": str(part.key), "label": part.label, "figures": figures}


def _text(metric: Metric, value: Value) -> str | None:
    if value is None:
        return None
    return (
        plain_amount(Decimal(value), current_tenant().currency)
        if metric.unit == "money"
        else plain_decimal(Decimal(value))
    )
