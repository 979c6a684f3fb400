"""The pages of locations."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Conflict, Invalid, NotFound, StaleVersion
from core.locations.forms import LocationForm, ShopForm
from core.locations.models import Location
from core.locations.papers import SHOP_FIELDS, shop_details
from core.locations.selectors import zone_of
from core.locations.services import FIELDS, create_location, update_location
from core.locations.shop import change_shop
from core.people.permissions import MANAGE_LOCATIONS, MANAGE_SHOP, VIEW_LOCATIONS
from core.web.refusals import explain
from core.web.views import Page


class Locations(Page):
    """/settings/locations/: where the shop holds goods and sells."""

    required_permission: ClassVar = VIEW_LOCATIONS
    template_name = "locations/locations.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        places = self.actor.places(VIEW_LOCATIONS)
        rows = Location.objects.order_by("-is_active", "code", "pk")
        found = rows if places is None else rows.filter(pk__in=places)
        shown = [{"location": row, "zone": zone_of(row).key} for row in found]
        return self.render({"rows": shown, "may_manage": self.actor.may(MANAGE_LOCATIONS)})


class LocationEdit(Page):
    """/settings/locations/new/ and /settings/locations/<id>/: one form for a place."""

    required_permission: ClassVar = MANAGE_LOCATIONS
    template_name = "locations/location.html"

    def get(self, request: HttpRequest, location_id: UUID | None = None) -> HttpResponse:
        location = self.found(location_id)
        initial = {name: getattr(location, name) for name in (*FIELDS, "version")} if location else {}
        return self.answer(location, LocationForm(initial=initial))

    def post(self, request: HttpRequest, location_id: UUID | None = None) -> HttpResponse:
        location, form = self.found(location_id), LocationForm(request.POST)
        if not form.is_valid():
            return self.answer(location, form, status=422)
        values = {name: form.cleaned_data[name] for name in FIELDS}
        try:
            if location is None:
                saved = create_location(values, actor=self.actor)
            else:
                seen = form.cleaned_data["version"]
                saved = update_location(location.pk, values, actor=self.actor, expected_version=seen)
        except StaleVersion:
            form.add_error(None, "Somebody changed this location in the meantime. Open it anew to see what is there.")
            return self.answer(location, form, status=StaleVersion.status)
        except (Invalid, Conflict) as refusal:
            explain(refusal, form)
            return self.answer(location, form, status=refusal.status)
        messages.success(request, f"{saved.name} was saved.")
        return redirect("locations")

    def found(self, location_id: UUID | None) -> Location | None:
        if location_id is None:
            return None
        location = Location.objects.filter(pk=location_id).first()
        if location is None:
            raise NotFound("There is no such location.")
        return location

    def answer(self, location: Location | None, form: LocationForm, *, status: int = 200) -> HttpResponse:
        context: dict[str, Any] = {"location": location, "form": form}
        return self.render(context, status=status)


class Shop(Page):
    """/settings/shop/: who the shop is, as receipts and packing slips say it."""

    required_permission: ClassVar = MANAGE_SHOP
    template_name = "locations/shop.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        row = shop_details()
        shown = {name: getattr(row, name) for name in ("version", *SHOP_FIELDS)}
        return self.render({"form": ShopForm(initial=shown)})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ShopForm(request.POST)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        values = dict(form.cleaned_data)
        try:
            change_shop(values, version=values.pop("version"), actor=self.actor)
        except StaleVersion:
            form.add_error(None, "Somebody changed this in the meantime. Open it anew to see what is there.")
            return self.render({"form": form}, status=StaleVersion.status)
        except Invalid as refusal:
            explain(refusal, form)
            return self.render({"form": form}, status=refusal.status)
        messages.success(request, "Saved. Receipts say it from the next sale on.")
        return redirect("shop-details")
