"""Lots and pieces on pages: what expires, where a lot went, what became of one piece."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.locations.selectors import business_today
from core.web.choices import offered
from core.web.cursors import window_of
from core.web.views import Page
from inventory.models import Serial
from inventory.permissions import ADJUST_STOCK, MANAGE_PRODUCTS, MANAGE_STOCK_POLICY, VIEW_COST, VIEW_STOCK
from inventory.selectors.blind import hidden_variants
from inventory.selectors.lots import (
    find_lot,
    find_serial,
    lot_levels,
    lots,
    serials,
    to_mark_down,
    way_of_lot,
    way_of_serial,
)
from inventory.services.lots import block_lot
from inventory.services.policy import stock_policy
from inventory.web.causes import in_words

SEARCH = {"type": "search", "autocomplete": "off"}


class LotFilter(forms.Form):
    """Which lots."""

    q = forms.CharField(
        label="Search", required=False, max_length=64, widget=forms.TextInput({**SEARCH, "placeholder": "Lot or SKU"})
    )
    show = forms.ChoiceField(
        label="Which",
        required=False,
        choices=[("", "On hand"), ("expiring", "Expiring soon"), ("expired", "Expired"), ("all", "All")],
    )


class SerialFilter(forms.Form):
    """Which pieces."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=64,
        widget=forms.TextInput({**SEARCH, "placeholder": "Serial number or SKU"}),
    )
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *offered(Serial.State.choices)])


class LotsPage(Page):
    """What the pages of lots and pieces share."""

    def tabs(self) -> dict[str, Any]:
        return {"may_view_cost_of_stock": self.actor.may(VIEW_COST)}


class Lots(LotsPage):
    """/stock/lots/: lots by expiry date."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/lots.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = LotFilter(request.GET)
        if not form.is_valid():
            return self.render({"form": form, **self.tabs()}, status=422)
        show, today = form.cleaned_data["show"], business_today()
        days = stock_policy().expiring_days
        limits = {"expiring": today + timedelta(days=days), "expired": today - timedelta(days=1)}
        rows = lots(
            places=self.actor.places(VIEW_STOCK),
            held_only=show != "all",
            expires_by=limits.get(show),
            words=form.cleaned_data["q"],
        )
        if (hidden := hidden_variants(actor=self.actor)) is not None:
            rows = rows.exclude(variant__in=hidden)
        window = window_of(rows, by=("ends", "id"), query=request.GET.dict())
        return self.render(
            {
                "form": form,
                "window": window,
                "today": today,
                "soon": today + timedelta(days=days),
                "is_filtered": any(form.cleaned_data.values()),
                **self.tabs(),
            }
        )


class Markdowns(LotsPage):
    """/stock/markdowns/: what expires soon and is still for sale at its full price."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/markdowns.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        days = stock_policy().markdown_days
        window = window_of(to_mark_down(actor=self.actor, days=days), by=("ends", "id"), query=request.GET.dict())
        context = {"window": window, "days": days, "today": business_today()}
        may = {"may_price": self.actor.may(MANAGE_PRODUCTS), "may_decide": self.actor.may(MANAGE_STOCK_POLICY)}
        return self.render({**context, **may, **self.tabs()})


class LotOne(LotsPage):
    """/stock/lots/<id>/: where a lot came from, whom it went to, and what is left of it."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/lot.html"

    def get(self, request: HttpRequest, lot_id: UUID) -> HttpResponse:
        lot = find_lot(lot_id)
        window = window_of(way_of_lot(lot, actor=self.actor), by=("-id",), query=request.GET.dict(), size=200)
        told = in_words((part.movement for part in window.rows), actor=self.actor)
        return self.render(
            {
                "lot": lot,
                "levels": lot_levels(lot, actor=self.actor),
                "window": window,
                "rows": list(zip(window.rows, told, strict=True)),
                "today": business_today(),
                "may_adjust": self.actor.may(ADJUST_STOCK),
                "may_recall": self.actor.may("orders.view_orders"),
            }
        )


class LotBlocking(Page):
    """/stock/lots/<id>/blocking/: not to be sold, or to be sold again."""

    required_permission: ClassVar = ADJUST_STOCK

    def post(self, request: HttpRequest, lot_id: UUID) -> HttpResponse:
        is_blocked = request.POST.get("blocked") == "yes"
        lot = block_lot(lot_id, is_blocked=is_blocked, note=request.POST.get("note", "")[:200], actor=self.actor)
        messages.success(request, f"Lot {lot.code} is {'blocked' if is_blocked else 'sold again'}.")
        return redirect("stock-lot", lot.pk)


class Serials(LotsPage):
    """/stock/serials/: pieces by number."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/serials.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = SerialFilter(request.GET)
        if not form.is_valid():
            return self.render({"form": form, **self.tabs()}, status=422)
        wanted = form.cleaned_data
        rows = serials(actor=self.actor, words=wanted["q"], state=wanted["state"])
        window = window_of(rows, by=("number", "id"), query=request.GET.dict())
        return self.render({"form": form, "window": window, "is_filtered": any(wanted.values()), **self.tabs()})


class SerialOne(LotsPage):
    """/stock/serials/<id>/: the history of one piece."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/serial.html"

    def get(self, request: HttpRequest, serial_id: UUID) -> HttpResponse:
        serial = find_serial(serial_id, actor=self.actor)
        way = way_of_serial(serial, places=self.actor.places(VIEW_STOCK))
        told = in_words((step.movement for step in way), actor=self.actor)
        return self.render({"serial": serial, "rows": list(zip(way, told, strict=True))})
