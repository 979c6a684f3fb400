"""/forecasts/: what every product is expected to sell, and how sure that is."""

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from analytics.permissions import RUN_FORECASTS, VIEW_FORECASTS
from analytics.selectors.demand import open_days
from analytics.selectors.forecasts import (
    SORTS,
    forecasts,
    last_failure,
    latest_run,
    outlook,
    run_in_progress,
)
from analytics.services.forecasts import ask_for_forecasts
from core.web.views import Page
from inventory.permissions import VIEW_STOCK

PER_PAGE = 50
LABELS = {
    "demand": "Expected demand",
    "name": "Name",
    "cover": "Runs out first",
    "error": "Most certain",
    "stock": "Least stock",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Forecasts(Page):
    """GET /forecasts/?q=&sort=&page="""

    required_permission: ClassVar = VIEW_FORECASTS
    template_name = "analytics/forecasts.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        q = request.GET.get("q", "")[:100]
        sort = request.GET.get("sort", "")
        sort = sort if sort in SORTS else "demand"
        run = latest_run()
        page = Paginator(forecasts(actor=self.actor, q=q, sort=sort), PER_PAGE).get_page(request.GET.get("page"))
        return self.render(
            {
                "run": run,
                "ends_on": run.starts_on + timedelta(days=run.horizon_days - 1) if run and run.starts_on else None,
                "closed": [WEEKDAYS[number] for number in run.closed_weekdays] if run else [],
                "page": page,
                "q": q,
                "sort": sort,
                "sorts": [(name, LABELS[name]) for name in SORTS],
                "job": run_in_progress(),
                "failure": last_failure(),
                "may_run": self.actor.may(RUN_FORECASTS),
                "sees_stock": self.actor.may(VIEW_STOCK),
                "open_days": len(open_days()) if not page.paginator.count and not q else None,
            }
        )


class ForecastNow(Page):
    """POST /forecasts/run/: have new forecasts made, then back to the list, which shows how far they are."""

    required_permission: ClassVar = RUN_FORECASTS
    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it

    def post(self, request: HttpRequest) -> HttpResponse:
        ask_for_forecasts(actor=self.actor)
        return redirect("forecasts")


class ForecastOne(Page):
    """GET /forecasts/<variant>/: history, forecast and band."""

    required_permission: ClassVar = VIEW_FORECASTS
    template_name = "analytics/forecast.html"

    def get(self, request: HttpRequest, variant_id: UUID) -> HttpResponse:
        found = outlook(variant_id, actor=self.actor)
        forecast = found.forecast
        return self.render(
            {
                "forecast": forecast,
                "outlook": found,
                "ends_on": forecast.starts_on + timedelta(days=forecast.run.horizon_days - 1),
                "sees_stock": self.actor.may(VIEW_STOCK),
            }
        )
