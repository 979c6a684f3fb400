"""Goods set aside on pages: who holds what until when; and the limits of a level."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, ReusedIdentifier
from core.ids import uuid7
from core.locations.models import Location
from core.web.cursors import window_of
from core.web.views import Page
from inventory.errors import OutOfStock, ReservationOver
from inventory.models import StockLevel
from inventory.permissions import ADJUST_STOCK, RESERVE_STOCK, VIEW_COST, VIEW_STOCK
from inventory.selectors import LONGEST_CODE, targets_of
from inventory.selectors.stock import find_level, reservations
from inventory.services.holds import NEVER
from inventory.services.limits import set_limits
from inventory.services.reservations import Reserve, extend, release, reserve
from inventory.web.causes import page_of
from inventory.web.forms import ArticleField
from inventory.web.selectors import places_for

REFUSALS = (Invalid, NotFound, Conflict, ReusedIdentifier, Forbidden, OutOfStock, ReservationOver)
HOLD_FOR = [("60", "1 hour"), ("240", "4 hours"), ("1440", "1 day"), ("4320", "3 days"), ("10080", "1 week")]
NUMBER = {"inputmode": "decimal", "autocomplete": "off"}


class ReserveForm(forms.Form):
    """Goods to set aside. ``id`` is made with the form, so that sending it twice reserves once."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    location = forms.ModelChoiceField(label="Location", queryset=Location.objects.none(), empty_label=None)
    code = ArticleField()
    quantity = forms.DecimalField(
        label="Quantity", max_digits=14, decimal_places=3, initial=1, widget=forms.TextInput(NUMBER)
    )
    hold_for = forms.ChoiceField(label="Keep it for", choices=HOLD_FOR, initial="1440")
    note = forms.CharField(
        label="For whom", required=False, max_length=200, widget=forms.TextInput({"autocomplete": "off"})
    )

    def __init__(self, *args: Any, places: list[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [place.pk for place in places]
        self.fields["location"].queryset = Location.objects.filter(pk__in=ids)  # type: ignore[attr-defined]
        if places:
            self.fields["location"].initial = places[0].pk


class Reservations(Page):
    """/stock/reservations/: what is set aside, and a form to set more aside."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "POST": RESERVE_STOCK}
    template_name = "inventory/reservations.html"
    live_events = "stock.reserved stock.released stock.changed"

    def get(self, request: HttpRequest) -> HttpResponse:
        places = places_for(self.actor, RESERVE_STOCK) if self.actor.may(RESERVE_STOCK) else []
        given = {"code": request.GET["code"][:LONGEST_CODE]} if request.GET.get("code") else {}
        return self.answer(ReserveForm(initial=given, places=places) if places else None)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ReserveForm(request.POST, places=places_for(self.actor, RESERVE_STOCK))
        if not form.is_valid():
            return self.answer(form, status=422)
        values = form.cleaned_data
        target = targets_of([values["code"]]).get(values["code"])
        units = target.units(values["quantity"]) if target else None
        if target is None or units is None:
            form.add_error("code", "A pack of it in this number is no quantity we can keep.")
            return self.answer(form, status=422)
        wanted = Reserve(
            reservation_id=values["id"],
            variant_id=target.variant_id,
            location_id=values["location"].pk,
            quantity=units,
            expires_at=datetime.now(UTC) + timedelta(minutes=int(values["hold_for"])),
            note=values["note"],
        )
        try:
            reserve(wanted, actor=self.actor)
        except REFUSALS as refusal:
            _explain(refusal, form)
            return self.answer(form, status=refusal.status)
        messages.success(request, f"{values['code']}: set aside.")
        return redirect("stock-reservations")

    def answer(self, form: ReserveForm | None, *, status: int = 200) -> HttpResponse:
        show_all = self.request.GET.get("show") == "all"
        rows = reservations(places=self.actor.places(VIEW_STOCK), live_only=not show_all)
        window = window_of(rows, by=("-created_at", "pk"), query=self.request.GET.dict())
        return self.render(
            {
                "form": form,
                "window": window,
                "rows": [(row, page_of(row.reference_type, row.reference_id)) for row in window.rows],
                "never": NEVER,
                "show_all": show_all,
                "now": datetime.now(UTC),
                "may_view_cost_of_stock": self.actor.may(VIEW_COST),
            },
            status=status,
        )


class ReservationReleased(Page):
    """/stock/reservations/<id>/released/: the goods are free again."""

    required_permission: ClassVar = RESERVE_STOCK

    def post(self, request: HttpRequest, reservation_id: UUID) -> HttpResponse:
        try:
            row = release(reservation_id, actor=self.actor)
        except Conflict as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, f"{row.variant.title}: {row.get_state_display()}.")
        return redirect("stock-reservations")


class ReservationExtended(Page):
    """/stock/reservations/<id>/extended/: a day more."""

    required_permission: ClassVar = RESERVE_STOCK

    def post(self, request: HttpRequest, reservation_id: UUID) -> HttpResponse:
        try:
            row = extend(reservation_id, expires_at=datetime.now(UTC) + timedelta(days=1), actor=self.actor)
        except (Conflict, ReservationOver) as refusal:
            messages.error(request, f"{refusal.detail.rstrip('.')}.")
        else:
            messages.success(request, f"{row.variant.title}: kept for a day from now.")
        return redirect("stock-reservations")


class LimitsForm(forms.Form):
    """From when on there is little, or too much."""

    low_at = forms.DecimalField(
        label="Low at",
        required=False,
        max_digits=14,
        decimal_places=3,
        help_text="Warn when there is this much or less. Leave it empty for no warning.",
        widget=forms.TextInput(NUMBER),
    )
    over_at = forms.DecimalField(
        label="Too many at",
        required=False,
        max_digits=14,
        decimal_places=3,
        help_text="Tell when there is this much or more.",
        widget=forms.TextInput(NUMBER),
    )


class StockLimits(Page):
    """/stock/limits/<variant>/<location>/: the limits of one level."""

    required_permission: ClassVar = ADJUST_STOCK
    template_name = "inventory/stock_limits.html"

    def get(self, request: HttpRequest, variant_id: UUID, location_id: UUID) -> HttpResponse:
        level = find_level(variant_id, location_id, places=self.actor.places(ADJUST_STOCK))
        given = {
            name: f"{limit.normalize():f}"
            for name in ("low_at", "over_at")
            if (limit := getattr(level, name)) is not None
        }
        return self.answer(level, LimitsForm(initial=given))

    def post(self, request: HttpRequest, variant_id: UUID, location_id: UUID) -> HttpResponse:
        level = find_level(variant_id, location_id, places=self.actor.places(ADJUST_STOCK))
        form = LimitsForm(request.POST)
        if not form.is_valid():
            return self.answer(level, form, status=422)
        try:
            set_limits(variant_id, location_id, **form.cleaned_data, actor=self.actor)
        except REFUSALS as refusal:
            _explain(refusal, form)
            return self.answer(level, form, status=refusal.status)
        messages.success(request, f"{level.variant.title} at {level.location}: limits saved.")
        return redirect(f"{reverse('product', args=[level.variant.product_id])}?tab=stock")

    def answer(self, level: StockLevel, form: LimitsForm, *, status: int = 200) -> HttpResponse:
        return self.render({"level": level, "form": form}, status=status)


def _explain(refusal: DomainError, form: forms.Form) -> None:
    for error in refusal.details.get("errors", []):
        name = error["pointer"].rsplit("/", 1)[-1]
        form.add_error(name if name in form.fields else None, error["detail"])
    for short in refusal.details.get("short", []):
        form.add_error("quantity", f"Only {short['available']} of {short['sku'] or 'it'} are free here.")
    if not form.errors:
        form.add_error(None, refusal.detail)
