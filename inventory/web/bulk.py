"""Bulk edits on pages: say which and what, look at the difference, apply it, take it back."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError
from core.ids import uuid7
from core.jobs.services import has_given_up
from core.web.cursors import window_of
from core.web.templatetags.shell import unit_price
from core.web.views import Page
from inventory.models import Brand, BulkEdit, Category, TaxClass
from inventory.permissions import MANAGE_PRICES, VIEW_COST
from inventory.selectors.bulk import bulk_edits, find_bulk_edit, rows_of
from inventory.services.bulk import apply_bulk_edit, preview_bulk_edit, undo_bulk_edit
from inventory.services.previewed import UNDO_WITHIN

PRICE = {"inputmode": "decimal", "class": "input--num", "autocomplete": "off"}
HOW = [("percent", "Change by per cent"), ("add", "Add an amount"), ("set", "Set to")]
NOTHING, NONE = "", "none"


class BulkForm(forms.Form):
    """Which variants, and what is to be done to them."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    q = forms.CharField(
        label="Words", required=False, max_length=100, help_text="Every word stands in the name or begins the SKU."
    )
    in_category = forms.ModelChoiceField(
        label="Category",
        queryset=Category.objects.all(),
        required=False,
        empty_label="All",
        help_text="With all below.",
    )
    of_brand = forms.ModelChoiceField(label="Brand", queryset=Brand.objects.all(), required=False, empty_label="All")
    price_from = forms.DecimalField(label="Price from", required=False, min_value=0, widget=forms.TextInput(PRICE))
    price_to = forms.DecimalField(label="Price to", required=False, min_value=0, widget=forms.TextInput(PRICE))
    sold = forms.ChoiceField(
        label="State", required=False, choices=[("yes", "For sale"), ("no", "Not for sale"), ("", "All")], initial="yes"
    )
    price_how = forms.ChoiceField(label="Price", required=False, choices=[(NOTHING, "Leave"), *HOW])
    price_value = forms.DecimalField(
        label="By or to", required=False, widget=forms.TextInput(PRICE), help_text="-10 with per cent is 10 % off."
    )
    price_ending = forms.DecimalField(
        label="Ending",
        required=False,
        min_value=0,
        max_value=Decimal("0.9999"),
        widget=forms.TextInput({**PRICE, "placeholder": "0.99"}),
        help_text="Rounds up to this ending; empty rounds nothing.",
    )
    is_active = forms.ChoiceField(
        label="State", required=False, choices=[(NOTHING, "Leave"), ("yes", "For sale"), ("no", "Not for sale")]
    )
    category = forms.ChoiceField(label="Category", required=False)
    brand = forms.ChoiceField(label="Brand", required=False)
    tax_class = forms.ChoiceField(label="Tax", required=False)
    reason = forms.CharField(label="Why", required=False, max_length=200, help_text="Kept with every changed price.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("category", Category), ("brand", Brand), ("tax_class", TaxClass)):
            rows = [(str(row.pk), str(row)) for row in model.objects.all()]
            self.fields[name].choices = [(NOTHING, "Leave"), (NONE, "None"), *rows]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("price_how") and given.get("price_value") is None and "price_value" not in self.errors:
            self.add_error("price_value", "Say by how much, or to what.")
        return given

    @property
    def matching(self) -> dict[str, Any]:
        given = self.cleaned_data
        found: dict[str, Any] = {name: str(given[name]) for name in ("q", "price_from", "price_to") if given[name]}
        for name, field in (("category", "in_category"), ("brand", "of_brand")):
            if given[field]:
                found[name] = str(given[field].pk)
        if given["sold"]:
            found["is_active"] = given["sold"] == "yes"
        return found

    @property
    def changes(self) -> dict[str, Any]:
        given = self.cleaned_data
        found: dict[str, Any] = {}
        if given["price_how"]:
            ending = given["price_ending"]
            found["unit_price"] = {
                "how": given["price_how"],
                "value": str(given["price_value"]),
                **({} if ending is None else {"ending": str(ending)}),
            }
        if given["is_active"]:
            found["is_active"] = {"value": given["is_active"] == "yes"}
        for name in ("category", "brand", "tax_class"):
            if given[name]:
                found[name] = {"value": None if given[name] == NONE else given[name]}
        return found


class BulkEdits(Page):
    """/products/bulk/: a new edit, and what earlier ones came to."""

    required_permission: ClassVar = MANAGE_PRICES
    template_name = "inventory/bulk_edits.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.answer(BulkForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BulkForm(request.POST)
        if not form.is_valid():
            return self.answer(form, status=422)
        try:
            made = preview_bulk_edit(
                form.cleaned_data["id"],
                matching=form.matching,
                changes=form.changes,
                reason=form.cleaned_data["reason"],
                actor=self.actor,
            )
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
            return self.answer(form, status=refusal.status)
        return redirect("bulk-edit", made.edit.pk)

    def answer(self, form: BulkForm, *, status: int = 200) -> HttpResponse:
        window = window_of(bulk_edits(), by=("-created_at", "id"), query=self.request.GET.dict(), size=20)
        return self.render({"form": form, "window": window}, status=status)


class BulkEditOne(Page):
    """/products/bulk/<id>/: the difference, and the two buttons."""

    required_permission: ClassVar = MANAGE_PRICES
    template_name = "inventory/bulk_edit.html"

    def get(self, request: HttpRequest, edit_id: UUID) -> HttpResponse:
        edit = find_bulk_edit(edit_id)
        rows = rows_of(edit)
        if not self.actor.may(VIEW_COST):
            rows = rows.exclude(field="unit_cost")
        window = window_of(rows, by=("id",), query=request.GET.dict())
        _explain(window.rows)
        until = edit.applied_at + UNDO_WITHIN if edit.applied_at else None
        is_running = edit.state in (BulkEdit.State.APPLYING, BulkEdit.State.UNDOING)
        gave_up = is_running and has_given_up(edit.job_id)
        return self.render(
            {
                "edit": edit,
                "window": window,
                "undo_until": until if edit.state == BulkEdit.State.APPLIED else None,
                "may_apply": edit.changed and (edit.state == "preview" or (gave_up and edit.state == "applying")),
                "may_undo": until is not None
                and until > datetime.now(UTC)
                and (edit.state == "applied" or (gave_up and edit.state == "undoing")),
                "is_running": is_running and not gave_up,
                "has_given_up": gave_up,
            }
        )

    def post(self, request: HttpRequest, edit_id: UUID) -> HttpResponse:
        act = undo_bulk_edit if request.POST.get("act") == "undo" else apply_bulk_edit
        try:
            act(edit_id, actor=self.actor)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        return redirect("bulk-edit", edit_id)


LABELS = {
    "unit_price": "Price",
    "unit_cost": "Cost",
    "is_active": "State",
    "tax_class": "Tax",
    "category": "Category",
    "brand": "Brand",
}


def _explain(rows: list[Any]) -> None:
    """Put what a person reads beside the plain values of a difference."""
    names = {str(row.pk): str(row) for model in (Category, Brand, TaxClass) for row in model.objects.all()}
    for row in rows:
        row.label = LABELS[row.field]
        row.shown_before, row.shown_after = _shown(row.field, row.before, names), _shown(row.field, row.after, names)


def _shown(field: str, value: Any, names: dict[str, str]) -> str:
    if value is None:
        return "–"
    if field in ("unit_price", "unit_cost"):
        return unit_price(Decimal(value))
    if field == "is_active":
        return "For sale" if value else "Not for sale"
    return names.get(value, "gone")
