"""Stock on pages: what there is, what needs a person, and what was received, counted or corrected."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Conflict, Forbidden, Invalid, NotFound, ReusedIdentifier
from core.web.cursors import window_of
from core.web.views import Page
from inventory.permissions import ADJUST_STOCK, VIEW_COST, VIEW_STOCK
from inventory.selectors.blind import blind_counts
from inventory.services.exceptions import settle_exception
from inventory.web.forms import StockFilter
from inventory.web.selectors import open_exceptions, places_for, stock_levels

BY_SKU = ("sku", "location_id")
REFUSALS = (Invalid, NotFound, Conflict, ReusedIdentifier, Forbidden)


class Stock(Page):
    """/stock/: levels by SKU, and what a person must look at."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/stock.html"
    live_events = "stock.* product.*"

    def get(self, request: HttpRequest) -> HttpResponse:
        places = places_for(self.actor, VIEW_STOCK)
        form = StockFilter(request.GET, places=places)
        context: dict[str, Any] = {
            "form": form,
            "places": places,
            "may_adjust": self.actor.may(ADJUST_STOCK),
            "may_view_cost_of_stock": self.actor.may(VIEW_COST),
        }
        if not form.is_valid():
            return self.render(context, status=422)
        wanted = form.cleaned_data
        location_id = wanted["location"].pk if wanted["location"] else None
        rows = stock_levels(actor=self.actor, location_id=location_id, state=wanted["state"], words=wanted["q"])
        window = window_of(rows, by=BY_SKU, query=request.GET.dict())
        return self.render(
            {
                **context,
                "window": window,
                "exceptions": open_exceptions(actor=self.actor, location_id=location_id),
                "is_filtered": any(wanted.values()),
                "counted_blind": blind_counts(actor=self.actor),
            }
        )


class StockExceptionSettled(Page):
    """/stock/exceptions/<id>/settled/: somebody looked, and it is well."""

    required_permission: ClassVar = ADJUST_STOCK

    def post(self, request: HttpRequest, exception_id: UUID) -> HttpResponse:
        is_new = settle_exception(exception_id, actor=self.actor)
        messages.success(request, "Settled." if is_new else "Somebody had settled it before.")
        return redirect("stock")
