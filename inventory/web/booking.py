"""Book stock on a page: goods received, counted or corrected, many articles at once, shown before they are saved."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from core.errors import Conflict, Forbidden, Invalid, NotFound, ReusedIdentifier
from core.ids import uuid7
from core.locations.models import Location
from core.web.refusals import explain
from core.web.views import Page
from inventory.models import StockDocument
from inventory.permissions import ADJUST_STOCK, VIEW_COST
from inventory.reasons import CHOICES, USUAL
from inventory.selectors import LONGEST_CODE
from inventory.services.documents import MOST_LINES, StockChange, StockLine, book_stock, preview_stock
from inventory.services.stating import LONGEST_LOT
from inventory.web.selectors import named, places_for, titles_of

REFUSALS = (Invalid, NotFound, Conflict, ReusedIdentifier, Forbidden)
LINE_FIELDS = ("code", "quantity", "unit_cost", "lot", "expires_on", "serials")
QUIET = {"autocomplete": "off"}
NUMBER = {**QUIET, "inputmode": "text"}


class BookingForm(forms.Form):
    """What happened where. ``id`` is made with the form, so that sending it twice books once."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    kind = forms.ChoiceField(
        label="What happened",
        choices=[
            (StockDocument.Kind.RECEIPT, "Goods received"),
            (StockDocument.Kind.COUNT, "Counted"),
            (StockDocument.Kind.ADJUSTMENT, "Correction"),
        ],
        widget=forms.RadioSelect,
        initial=StockDocument.Kind.RECEIPT,
    )
    location = forms.ModelChoiceField(label="Location", queryset=Location.objects.none(), empty_label=None)
    reason_code = forms.ChoiceField(
        label="Why",
        choices=CHOICES,
        initial=USUAL,
        required=False,
        help_text="Says which way it goes. With a plain correction, fewer is a minus.",
    )
    reason = forms.CharField(
        label="Note", required=False, max_length=200, help_text="Kept in the ledger: delivery note, what happened."
    )
    scan = forms.CharField(
        label="Scan or type",
        required=False,
        max_length=LONGEST_CODE,
        help_text="Each scan adds one.",
        widget=forms.TextInput({**QUIET, "enterkeyhint": "done", "placeholder": "Name, SKU or code"}),
    )

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [place.pk for place in places]
        self.fields["location"].queryset = Location.objects.filter(pk__in=ids)  # type: ignore[attr-defined]
        if places:
            self.fields["location"].initial = places[0].pk


class LineForm(forms.Form):
    """One article: a row of the form. An empty row is left out."""

    code = forms.CharField(
        label="Article", max_length=LONGEST_CODE, widget=forms.TextInput({**QUIET, "placeholder": "SKU or code"})
    )
    quantity = forms.DecimalField(
        label="Quantity", max_digits=14, decimal_places=3, widget=forms.TextInput({**NUMBER, "class": "input--num"})
    )
    unit_cost = forms.DecimalField(
        label="Cost of one",
        required=False,
        max_digits=14,
        decimal_places=4,
        widget=forms.TextInput({**QUIET, "inputmode": "decimal", "class": "input--num"}),
    )
    lot = forms.CharField(label="Lot", required=False, max_length=LONGEST_LOT, widget=forms.TextInput(QUIET))
    expires_on = forms.DateField(label="Expires on", required=False, widget=forms.DateInput({"type": "date"}))
    serials = forms.CharField(
        label="Serial numbers",
        required=False,
        max_length=60_000,
        help_text="Between commas or spaces.",
        widget=forms.TextInput(QUIET),
    )

    def clean_serials(self) -> list[str]:
        return [part for part in re.split(r"[,;\s]+", self.cleaned_data["serials"]) if part]


class StockBooking(Page):
    """/stock/book/: state, look at what it would do, book."""

    required_permission: ClassVar = ADJUST_STOCK
    template_name = "inventory/stock_form.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        names = ("kind", "location", "reason_code")
        given = {name: request.GET[name][:80] for name in names if request.GET.get(name)}
        form = BookingForm(initial=given, places=places_for(self.actor, ADJUST_STOCK))
        return self.answer(form, [{"code": request.GET.get("code", "")[:LONGEST_CODE]}], is_bound=False)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BookingForm(request.POST, places=places_for(self.actor, ADJUST_STOCK))
        rows, wish = _rows(request), "add" if request.POST.get("pick") else request.POST.get("do", "book")
        if wish == "add":
            return self.added(form, rows, request.POST.get("pick") or request.POST.get("scan", ""))
        if wish.startswith("remove-"):
            kept = [row for place, row in enumerate(rows) if f"remove-{place}" != wish]
            return self.answer(_unscanned(form), kept or [{"code": ""}], is_bound=False)
        rows = [row for row in rows if any(row.values())] or [{"code": ""}]
        lines = self.lines(rows)
        if not (all([line.is_valid() for line in lines]) and form.is_valid()):
            return self.answer(form, rows, lines=lines, status=422)
        change = _change(form.cleaned_data, [line.cleaned_data for line in lines])
        try:
            if wish == "check":
                return self.answer(form, rows, lines=lines, effects=preview_stock(change, actor=self.actor))
            booked = book_stock(change, actor=self.actor)
        except REFUSALS as refusal:
            explain(refusal, form, lines=lines)
            return self.answer(form, rows, lines=lines, status=refusal.status)
        _tell(request, booked.document, lines, is_new=booked.is_new)
        again = {"kind": change.kind, "location": change.location_id}
        return redirect(f"{reverse('stock-book')}?{urlencode(again)}")

    def added(self, form: BookingForm, rows: list[dict[str, str]], typed: str) -> HttpResponse:
        """A line more for what was typed, scanned or chosen; where that is no one article, the question which."""
        typed, again = typed.strip()[:LONGEST_CODE], _unscanned(form)
        places = places_for(self.actor, ADJUST_STOCK)
        if not typed or not places:
            return self.answer(again, _scanned(rows, ""), is_bound=False)
        chosen = next((place for place in places if str(place.pk) == form.data.get("location")), places[0])
        meant = named(typed, location_id=chosen.pk)
        if meant.code:
            return self.answer(again, _scanned(rows, meant.code), is_bound=False)
        again.initial["scan"] = typed
        kept = [row for row in rows if any(row.values())] or [{"code": ""}]
        problem = "" if meant.may_mean else "No article carries this code or is called so."
        return self.answer(again, kept, is_bound=False, may_mean=meant.may_mean, problem=problem)

    def lines(self, rows: Sequence[Mapping[str, str]], *, is_bound: bool = True) -> list[LineForm]:
        made = []
        for place, row in enumerate(rows[:MOST_LINES]):
            values: dict[str, Any] = {"auto_id": f"line{place}_%s", "use_required_attribute": False}
            line = LineForm(row, **values) if is_bound else LineForm(initial=dict(row), **values)
            if not self.actor.may(VIEW_COST):
                del line.fields["unit_cost"]
            made.append(line)
        return made

    def answer(
        self,
        form: BookingForm,
        rows: Sequence[Mapping[str, str]],
        *,
        lines: list[LineForm] | None = None,
        effects: Sequence[Any] | None = None,
        is_bound: bool = True,
        status: int = 200,
        **more: Any,
    ) -> HttpResponse:
        may_view_cost = self.actor.may(VIEW_COST)
        titles = titles_of([row["code"] for row in rows[:MOST_LINES] if row.get("code")])
        lines = lines if lines is not None else self.lines(rows, is_bound=is_bound)
        known = [effect.value for effect in effects or () if effect.value is not None]
        return self.render(
            {
                "form": form,
                "lines": [(line, titles.get(row.get("code", ""), "")) for line, row in zip(lines, rows, strict=False)],
                "effects": effects,
                "value": sum(known, Decimal(0)) if may_view_cost and known else None,
                "may_view_cost": may_view_cost,
                **more,
            },
            status=status,
        )


def _rows(request: HttpRequest) -> list[dict[str, str]]:
    """The rows as they were sent: the n-th value of every name."""
    columns = {name: request.POST.getlist(name)[: MOST_LINES + 1] for name in LINE_FIELDS}
    count = max((len(values) for values in columns.values()), default=0)
    return [
        {name: values[place] if place < len(values) else "" for name, values in columns.items()}
        for place in range(count)
    ]


def _unscanned(form: BookingForm) -> BookingForm:
    """The same form with an empty scan field, and nothing complained about yet."""
    given = {name: form.data.get(name) for name in ("id", "kind", "location", "reason_code", "reason")}
    again = BookingForm(initial={name: value for name, value in given.items() if value}, places=())
    again.fields["location"].queryset = form.fields["location"].queryset  # type: ignore[attr-defined]
    return again


def _scanned(rows: list[dict[str, str]], code: str) -> list[dict[str, str]]:
    """A row more for the code, or one unit more of it; without a code an empty row."""
    code = code.strip()
    kept = [row for row in rows if any(row.values())]
    if not code:
        return [*kept, {"code": ""}]
    for row in kept:
        if row["code"] == code and row["quantity"].isascii() and row["quantity"].isdigit():
            row["quantity"] = str(int(row["quantity"]) + 1)
            return kept
    return [*kept, {"code": code[:LONGEST_CODE], "quantity": "1"}]


def _change(values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> StockChange:
    is_correction = values["kind"] == StockDocument.Kind.ADJUSTMENT
    return StockChange(
        document_id=values["id"],
        kind=values["kind"],
        location_id=values["location"].pk,
        reason_code=values["reason_code"] if is_correction else "",
        reason=values["reason"],
        lines=[
            StockLine(
                code=line["code"],
                quantity=line["quantity"],
                unit_cost=line.get("unit_cost"),
                lot=line["lot"],
                expires_on=line["expires_on"],
                serials=line["serials"],
            )
            for line in lines
        ],
    )


def _tell(request: HttpRequest, document: StockDocument, lines: Sequence[LineForm], *, is_new: bool) -> None:
    first, code = document.lines[0], lines[0].cleaned_data["code"]
    if not is_new:
        messages.info(request, f"{code}: this was booked before; nothing was booked twice.")
    elif len(document.lines) == 1:
        messages.success(request, f"{code}: {first['before']} before, {first['after']} now at {document.location}.")
    else:
        messages.success(request, f"{len(document.lines)} articles booked at {document.location}.")
