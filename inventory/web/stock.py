"""Stock on pages: what there is, what needs a person, and what was received, counted or corrected."""

from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, ReusedIdentifier
from core.web.cursors import window_of
from core.web.views import Page
from inventory.models import StockDocument
from inventory.permissions import ADJUST_STOCK, VIEW_STOCK
from inventory.services.documents import StockChange, StockLine, book_stock
from inventory.services.exceptions import settle_exception
from inventory.web.forms import StockFilter, StockForm
from inventory.web.selectors import open_exceptions, places_for, stock_levels

BY_SKU = ("sku", "location_id")
REFUSALS = (Invalid, NotFound, Conflict, ReusedIdentifier, Forbidden)


class Stock(Page):
    """/stock/: levels by SKU, and what a person must look at."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/stock.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        places = places_for(self.actor, VIEW_STOCK)
        form = StockFilter(request.GET, places=places)
        context: dict[str, Any] = {"form": form, "places": places, "may_adjust": self.actor.may(ADJUST_STOCK)}
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
            }
        )


class StockBooking(Page):
    """/stock/book/: goods received, counted or corrected, one article at a time."""

    required_permission: ClassVar = ADJUST_STOCK
    template_name = "inventory/stock_form.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        names = ("kind", "location", "code")
        given = {name: request.GET[name][:80] for name in names if request.GET.get(name)}
        return self.render({"form": StockForm(initial=given, places=places_for(self.actor, ADJUST_STOCK))})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = StockForm(request.POST, places=places_for(self.actor, ADJUST_STOCK))
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        values = form.cleaned_data
        change = StockChange(
            document_id=values["id"],
            kind=values["kind"],
            location_id=values["location"].pk,
            reason=values["reason"],
            lines=[StockLine(code=values["code"], quantity=values["quantity"])],
        )
        try:
            booked = book_stock(change, actor=self.actor)
        except REFUSALS as refusal:
            _explain(refusal, form)
            return self.render({"form": form}, status=refusal.status)
        _tell(request, booked.document, values["code"], is_new=booked.is_new)
        again = {"kind": values["kind"], "location": values["location"].pk}
        return redirect(f"{reverse('stock-book')}?{urlencode(again)}")


class StockExceptionSettled(Page):
    """/stock/exceptions/<id>/settled/: somebody looked, and it is well."""

    required_permission: ClassVar = ADJUST_STOCK

    def post(self, request: HttpRequest, exception_id: UUID) -> HttpResponse:
        is_new = settle_exception(exception_id, actor=self.actor)
        messages.success(request, "Settled." if is_new else "Somebody had settled it before.")
        return redirect("stock")


def _explain(refusal: DomainError, form: StockForm) -> None:
    told = [error["detail"] for error in refusal.details.get("errors", [])] or [refusal.detail]
    pointers = [error["pointer"] for error in refusal.details.get("errors", [])] or [""]
    for pointer, detail in zip(pointers, told, strict=True):
        name = pointer.rsplit("/", 1)[-1]
        form.add_error(name if name in form.fields else None, detail)


def _tell(request: HttpRequest, document: StockDocument, code: str, *, is_new: bool) -> None:
    line = document.lines[0]
    if is_new:
        messages.success(request, f"{code}: {line['before']} before, {line['after']} now at {document.location}.")
    else:
        messages.info(request, f"{code}: this was booked before; nothing was booked twice.")
