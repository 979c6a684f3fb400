"""Answers on pages: why there are seven, what was booked, and what the stock was worth."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError, Forbidden, NotFound
from core.ids import uuid7
from core.locations.models import Location
from core.locations.selectors import business_today, zone_of
from core.web.choices import offered
from core.web.cursors import window_of
from core.web.views import Page
from inventory.models import StockDocument, StockMovement, Variant
from inventory.permissions import ADJUST_STOCK, VIEW_COST, VIEW_STOCK
from inventory.reasons import REASONS
from inventory.selectors.blind import blind_counts, is_hidden, places_told
from inventory.selectors.stock import find_document, find_level, history_of
from inventory.selectors.value import stock_value
from inventory.services.late_costs import BY_QUANTITY, BY_VALUE, LateCost, book_late_cost
from inventory.web.causes import in_words
from inventory.web.selectors import places_for

DAY = {"type": "date"}


class HistoryFilter(forms.Form):
    """Which movements."""

    kind = forms.ChoiceField(
        label="What", required=False, choices=[("", "Everything"), *offered(StockMovement.Kind.choices)]
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(DAY))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(DAY))


class StockHistory(Page):
    """/stock/history/<variant>/<location>/: every movement in words, with the balance after it."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/history.html"

    def get(self, request: HttpRequest, variant_id: UUID, location_id: UUID) -> HttpResponse:
        level = find_level(variant_id, location_id, places=self.actor.places(VIEW_STOCK))
        if is_hidden(variant_id, location_id, actor=self.actor):
            raise Forbidden("This is being counted blind. Its history is shown again when the count is booked.")
        form = HistoryFilter(request.GET)
        if not form.is_valid():
            return self.render({"level": level, "form": form}, status=422)
        wanted = form.cleaned_data
        rows = history_of(
            variant_id,
            location_id,
            kind=wanted["kind"],
            since=_start_of(wanted["since"], level.location),
            until=_start_of(wanted["until"] and wanted["until"] + timedelta(days=1), level.location),
        )
        window = window_of(rows, by=("-version",), query=request.GET.dict())
        return self.render(
            {
                "level": level,
                "form": form,
                "window": window,
                "rows": in_words(window.rows, actor=self.actor),
                "is_filtered": any(wanted.values()),
                "may_view_cost": self.actor.may(VIEW_COST),
            }
        )


def _start_of(day: date | None, location: Location | None = None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone_of(location)).astimezone(UTC)


class LateCostForm(forms.Form):
    """A cost that became known after the goods came."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    amount = forms.DecimalField(
        label="Amount",
        max_digits=18,
        decimal_places=4,
        help_text="Less than zero for a credit.",
        widget=forms.TextInput({"autocomplete": "off", "class": "input--num"}),
    )
    spread_by = forms.ChoiceField(
        label="Spread over the goods",
        choices=[(BY_VALUE, "By what they cost"), (BY_QUANTITY, "By how many they are")],
        initial=BY_VALUE,
    )
    reason = forms.CharField(label="What for", max_length=200, help_text="Freight, duty, a corrected invoice.")


class StockDocumentOne(Page):
    """/stock/documents/<id>/: what was booked, and for receipts what they cost later."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "POST": ADJUST_STOCK}
    template_name = "inventory/stock_document.html"

    def get(self, request: HttpRequest, document_id: UUID) -> HttpResponse:
        return self.answer(find_document(document_id, places=self.actor.places(VIEW_STOCK)), LateCostForm())

    def post(self, request: HttpRequest, document_id: UUID) -> HttpResponse:
        document = find_document(document_id, places=self.actor.places(ADJUST_STOCK))
        form = LateCostForm(request.POST)
        if not form.is_valid():
            return self.answer(document, form, status=422)
        values = form.cleaned_data
        cost = LateCost(
            document_id=values["id"],
            receipt_id=document.pk,
            amount=values["amount"],
            spread_by=values["spread_by"],
            reason=values["reason"],
        )
        try:
            booked = book_late_cost(cost, actor=self.actor)
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
            return self.answer(document, form, status=refusal.status)
        messages.success(request, "The cost was booked.")
        return redirect("stock-document", booked.document.pk)

    def answer(self, document: StockDocument, form: LateCostForm, *, status: int = 200) -> HttpResponse:
        may_view_cost = self.actor.may(VIEW_COST)
        is_cost = document.kind == StockDocument.Kind.COST
        if is_cost and not may_view_cost:
            raise NotFound("There is no such stock document.")
        may_add = (
            document.kind == StockDocument.Kind.RECEIPT
            and may_view_cost
            and self.actor.may(ADJUST_STOCK, at=document.location_id)
        )
        ids = [line["variant"] for line in document.lines]
        variants = {str(row.pk): row for row in Variant.objects.filter(pk__in=ids).select_related("product")}
        return self.render(
            {
                "document": document,
                "why": REASONS[document.reason_code].label if document.reason_code in REASONS else "",
                "lines": [{**line, "variant": variants.get(line["variant"])} for line in document.lines],
                "form": form if may_add else None,
                "is_cost": is_cost,
                "may_view_cost": may_view_cost,
            },
            status=status,
        )


class ValueFilter(forms.Form):
    """Between which days, and where."""

    since = forms.DateField(label="From", required=False, widget=forms.DateInput(DAY))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(DAY))
    location = forms.ModelChoiceField(
        label="Location", queryset=Location.objects.none(), required=False, empty_label="All"
    )

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [place.pk for place in places]
        self.fields["location"].queryset = Location.objects.filter(pk__in=ids)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("since") and values.get("until") and values["since"] > values["until"]:
            self.add_error("until", "The last day is before the first.")
        return values


class StockWorth(Page):
    """/stock/value/: what the stock was worth on two days, and everything in between."""

    required_permission: ClassVar = VIEW_COST
    template_name = "inventory/stock_value.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        places = places_for(self.actor, VIEW_STOCK) if self.actor.may(VIEW_STOCK) else []
        form = ValueFilter(request.GET, places=places)
        if not form.is_valid():
            return self.render({"form": form, "places": places, "may_view_cost_of_stock": True}, status=422)
        wanted = form.cleaned_data
        until = wanted["until"] or business_today()
        since = wanted["since"] or min(until, business_today()).replace(day=1)
        since = min(since, until)
        location = wanted["location"]
        chosen = frozenset([location.pk]) if location else self.actor.places(VIEW_STOCK)
        held = places_told(chosen, actor=self.actor)
        ids = None if held is None else sorted(held)
        value = stock_value(
            since=end_before(since, location), at=end_before(until + timedelta(days=1), location), places=ids
        )
        names = {place.pk: place.name for place in Location.objects.filter(pk__in=value.by_location)}
        return self.render(
            {
                "form": form,
                "places": places,
                "value": value,
                "counted_blind": blind_counts(actor=self.actor),
                "since": since,
                "until": until,
                "may_view_cost_of_stock": True,
                "by_location": sorted((names[pk], amount) for pk, amount in value.by_location.items()),
            }
        )


def end_before(day: date, location: Location | None) -> datetime:
    """The last instant before a day begins in the time of the place (None: the shop's), to the microsecond."""
    return datetime.combine(day, time(), zone_of(location)).astimezone(UTC) - timedelta(microseconds=1)
