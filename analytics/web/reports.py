"""/reports/: the figures of a day, a week, a month or a range, on a page and as a file."""

from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from analytics.metrics import METRICS
from analytics.periods import KINDS, Period, WrongPeriod, period_from
from analytics.permissions import VIEW_REPORTS
from analytics.selectors.reports import Figure, Report, report
from analytics.services.exports import export_report
from core.errors import NotFound
from core.locations.selectors import business_today
from core.web.views import Page

TILES = ("revenue", "orders", "average_order", "items", "refunded", "net_revenue", "tax", "gross_profit", "margin")
ALWAYS_SHOWN = frozenset({"revenue", "orders", "average_order", "items", "refunded"})
ICONS = {
    "revenue": "cash",
    "orders": "orders",
    "average_order": "trend",
    "items": "products",
    "refunded": "refund",
    "net_revenue": "cash",
    "tax": "audit",
    "gross_profit": "trend",
    "margin": "trend",
}


class _ReportPage(Page):
    """What the page and its file share: the report that the address asks for."""

    required_permission: ClassVar = VIEW_REPORTS

    def asked(self) -> Period:
        given = self.request.GET
        return period_from(
            kind=given.get("period", ""),
            day=given.get("date", ""),
            first=given.get("from", ""),
            last=given.get("to", ""),
            today=business_today(),
        )

    def found(self, period: Period) -> Report:
        return report(period=period, actor=self.actor, location_id=_location(self.request.GET.get("location", "")))


class Reports(_ReportPage):
    """GET /reports/?period=&date=&from=&to=&location=; a date that is none gives a plain message, not a guess."""

    template_name = "analytics/reports.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            found = self.found(self.asked())
        except (WrongPeriod, NotFound) as refusal:
            fallback = self.found_without_place(Period.around("month", business_today()))
            context = self.context(fallback) | {"refusal": refusal.detail}
            return self.render(context, status=refusal.status)
        return self.render(self.context(found))

    def found_without_place(self, period: Period) -> Report:
        return report(period=period, actor=self.actor)

    def context(self, found: Report) -> dict[str, Any]:
        tiles = [name for name in TILES if name in found.figures and _is_worth_a_tile(found.figures[name])]
        if "tax" not in tiles:  # then it is the revenue once more
            tiles = [name for name in tiles if name != "net_revenue"]
        today = business_today(found.location)
        period = found.period
        best = max(found.days, key=lambda part: part.figures["revenue"] or 0, default=None)
        return {
            "report": found,
            "tiles": [(found.figures[name], ICONS[name]) for name in tiles],
            "parts": found.hours or found.days,
            "by_hour": bool(found.hours),
            "best_day": best,
            "formulas": [figure.metric for name, figure in found.figures.items()],
            "metrics": METRICS,
            "kinds": [(kind, self.link(Period.around(kind, _anchor(period, today)), found)) for kind in KINDS[:3]],
            "previous": self.link(period.previous(), found),
            "next": self.link(period.next(), found) if period.next().start <= today else "",
            "last": self.link(Period.around("month", found.last_day), found) if found.last_day else "",
            "is_running": period.start <= today < period.end or period.start == period.end == today,
        }

    def link(self, period: Period, found: Report) -> str:
        """The address of another period of the same report."""
        if period.kind == "range":
            query = {"from": period.start.isoformat(), "to": period.end.isoformat()}
        else:
            query = {"period": period.kind, "date": period.start.isoformat()}
        if found.location:
            query["location"] = str(found.location.pk)
        return f"{reverse('reports')}?{urlencode(query)}"


class ReportFile(_ReportPage):
    """GET /reports/download.csv?table=days|products|channels with the parameters of the page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        found = self.found(self.asked())
        table = request.GET.get("table", "days")
        text = export_report(found, table=table, actor=self.actor)
        name = f"{table}-{found.period.start}-{found.period.end}.csv"
        return HttpResponse(
            text.encode("utf-8-sig"),  # the mark tells spreadsheets that it is UTF-8
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )


def _anchor(period: Period, today: Any) -> Any:
    """The day to keep when the kind of period changes: today if it is inside, else the first day."""
    return today if period.start <= today <= period.end else period.start


def _is_worth_a_tile(figure: Figure) -> bool:
    return figure.metric.name in ALWAYS_SHOWN or bool(figure.value)


def _location(text: str) -> UUID | None:
    """The location of the address; nothing means all. Raises `NotFound` for what is no identifier."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("There is no such location, or you may not see its reports.") from error
