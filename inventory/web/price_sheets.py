"""Price lists as files on pages: take one away, bring it back, look at the difference, apply it, take it back."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify

from core.errors import DomainError
from core.ids import uuid7
from core.jobs.services import has_given_up
from core.uploaded_tables import MOST_BYTES, content_of
from core.web.cursors import window_of
from core.web.downloads import table_file
from core.web.views import Page
from inventory.models import BulkEdit, PriceList
from inventory.permissions import MANAGE_PRICES, VIEW_PRODUCTS
from inventory.selectors.price_sheets import find_price_sheet, price_sheets, rows_of_sheet
from inventory.selectors.prices import find_price_list
from inventory.services.previewed import UNDO_WITHIN
from inventory.services.price_sheets import (
    MOST_ROWS,
    apply_price_sheet,
    export_prices,
    preview_price_sheet,
    undo_price_sheet,
)

State = BulkEdit.State


class PriceSheetForm(forms.Form):
    """The file, and why."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    file = forms.FileField(
        label="File", allow_empty_file=True, widget=forms.FileInput({"accept": ".csv,.xlsx,text/csv"})
    )
    reason = forms.CharField(label="Why", required=False, max_length=200, help_text="Kept with every changed price.")


class PricesFile(Page):
    """/prices/<id>/file/?format=csv|xlsx&rows=all: a list as a spreadsheet."""

    required_permission: ClassVar = VIEW_PRODUCTS

    def get(self, request: HttpRequest, price_list_id: UUID) -> HttpResponse:
        found = find_price_list(price_list_id)
        rows = export_prices(found.pk, with_all=request.GET.get("rows") == "all", actor=self.actor)
        name = f"prices-{slugify(found.name)[:60] or 'list'}"
        return table_file(rows, name=name, title="Prices", kind=request.GET.get("format"))


class PriceSheets(Page):
    """/prices/<id>/sheets/: a list out and in, and what earlier files came to."""

    required_permission: ClassVar = MANAGE_PRICES
    template_name = "inventory/price_sheets.html"

    def get(self, request: HttpRequest, price_list_id: UUID) -> HttpResponse:
        return self.answer(find_price_list(price_list_id), PriceSheetForm())

    def post(self, request: HttpRequest, price_list_id: UUID) -> HttpResponse:
        found = find_price_list(price_list_id)
        form = PriceSheetForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.answer(found, form, status=422)
        given = form.cleaned_data
        try:
            made = preview_price_sheet(
                given["id"],
                content_of(given["file"]),
                price_list_id=found.pk,
                file_name=given["file"].name,
                reason=given["reason"],
                actor=self.actor,
            )
        except DomainError as refusal:
            form.add_error("file", refusal.detail)
            return self.answer(found, form, status=refusal.status)
        return redirect("price-sheet", made.sheet.pk)

    def answer(self, found: PriceList, form: PriceSheetForm, *, status: int = 200) -> HttpResponse:
        rows = price_sheets(price_list=found.pk)
        window = window_of(rows, by=("-created_at", "id"), query=self.request.GET.dict(), size=20)
        limits = {"most_megabytes": MOST_BYTES // 2**20, "most_rows": MOST_ROWS}
        return self.render({"found": found, "form": form, "window": window, **limits}, status=status)


class PriceSheetOne(Page):
    """/prices/sheets/<id>/: the difference, and the two buttons."""

    required_permission: ClassVar = MANAGE_PRICES
    template_name = "inventory/price_sheet.html"

    def get(self, request: HttpRequest, sheet_id: UUID) -> HttpResponse:
        sheet = find_price_sheet(sheet_id)
        is_running, gave_up = sheet.state in (State.APPLYING, State.UNDOING), has_given_up(sheet.job_id)
        until = sheet.applied_at + UNDO_WITHIN if sheet.applied_at else None
        may_apply = sheet.state == State.PREVIEW or (sheet.state == State.APPLYING and gave_up)
        may_undo = sheet.state == State.APPLIED or (sheet.state == State.UNDOING and gave_up)
        context: dict[str, Any] = {
            "sheet": sheet,
            "window": window_of(rows_of_sheet(sheet), by=("id",), query=request.GET.dict()),
            "refused_rows": sheet.refused_rows[:200],
            "may_apply": may_apply and sheet.differs,
            "undo_until": until if may_undo and until is not None and until > datetime.now(UTC) else None,
            "is_running": is_running and not gave_up,
            "has_given_up": is_running and gave_up,
        }
        return self.render(context)

    def post(self, request: HttpRequest, sheet_id: UUID) -> HttpResponse:
        act = undo_price_sheet if request.POST.get("act") == "undo" else apply_price_sheet
        try:
            act(sheet_id, actor=self.actor)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        return redirect("price-sheet", sheet_id)
