"""The stock at the end of a day of the past, as a page and as a file."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.text import slugify

from core.errors import Invalid
from core.locations.models import Location
from core.locations.selectors import business_today
from core.web.cursors import window_of
from core.web.downloads import table_file
from core.web.views import Page
from inventory.permissions import VIEW_COST, VIEW_STOCK
from inventory.selectors.blind import blind_counts, places_told
from inventory.selectors.stock import kept_by, levels_like
from inventory.selectors.value import stock_of, values_at
from inventory.services.stock_lists import export_stock_then
from inventory.web.forms import StockFilter
from inventory.web.history import DAY, end_before
from inventory.web.selectors import places_for

BY_SKU = ("sku", "location_id")
FIRST = date(1970, 1, 1)


class DayFilter(StockFilter):
    """Which day, where, and which articles."""

    state = None  # type: ignore[assignment]  # of today, not of that day
    day = forms.DateField(label="Day", required=False, widget=forms.DateInput(DAY))

    def clean_day(self) -> date:
        """The day; the last one of the month before, if left out."""
        today = business_today()
        day: date = self.cleaned_data["day"] or today.replace(day=1) - timedelta(days=1)
        if day > today:
            raise forms.ValidationError("This day has not come yet.")
        if day < FIRST:
            raise forms.ValidationError("Choose a later day: nothing was kept then.")
        return day


class _DayPage(Page):
    """What the page and the file share."""

    required_permission: ClassVar = VIEW_STOCK

    def asked(self) -> tuple[DayFilter, list[Location]]:
        places = places_for(self.actor, VIEW_STOCK)
        return DayFilter(self.request.GET, places=places), places


def _end_of(wanted: dict[str, Any]) -> datetime:
    """The instant the stock is told of: the end of the day, or now while it is not over."""
    return min(end_before(wanted["day"] + timedelta(days=1), wanted["location"]), datetime.now(UTC))


class StockOnADay(_DayPage):
    """/stock/on-a-day/?day=&location=&q=: what there was of each article at the end of a day."""

    template_name = "inventory/stock_day.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form, places = self.asked()
        may_view_cost = self.actor.may(VIEW_COST)
        context: dict[str, Any] = {"form": form, "places": places, "may_view_cost_of_stock": may_view_cost}
        if not form.is_valid():
            return self.render(context, status=422)
        wanted = form.cleaned_data
        place, instant = wanted["location"], _end_of(wanted)
        rows = levels_like(actor=self.actor, location_id=place.pk if place else None, words=wanted["q"])
        window = window_of(kept_by(rows, instant), by=BY_SKU, query=request.GET.dict())
        then = stock_of(window.rows, instant)
        return self.render(
            {
                **context,
                "day": wanted["day"],
                "place": place,
                "window": window,
                "rows": [(level, then[level.variant_id, level.location_id]) for level in window.rows],
                "worth": self.worth(instant, place) if may_view_cost and not wanted["q"] else None,
                "counted_blind": blind_counts(actor=self.actor),
                "is_searched": bool(wanted["q"]),
            }
        )

    def worth(self, instant: datetime, place: Location | None) -> Any:
        """The value of all of it, where a sum may be told."""
        chosen = frozenset([place.pk]) if place else self.actor.places(VIEW_STOCK)
        told = places_told(chosen, actor=self.actor)
        return sum(values_at(instant, None if told is None else sorted(told)).values())


class StockOnADayFile(_DayPage):
    """/stock/on-a-day/file/?day=&location=&q=&format=csv|xlsx: the whole list."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form, _ = self.asked()
        if not form.is_valid():
            raise Invalid(str(next(iter(form.errors.values()))[0]))
        wanted = form.cleaned_data
        place = wanted["location"]
        table = export_stock_then(wanted["day"], _end_of(wanted), place=place, words=wanted["q"], actor=self.actor)
        name = f"stock-{wanted['day'].isoformat()}" + (f"-{slugify(place.code)}" if place else "")
        return table_file(table, name=name, title=f"Stock {wanted['day'].isoformat()}", kind=request.GET.get("format"))
