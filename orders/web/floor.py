"""The shop floor on a phone: prices, stock and what moves it, by scanning. What is done is kept on the device first."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core.actors import Actor
from core.devices.browser import living_device_at
from core.locations.models import Location
from core.tenancy.context import current_tenant
from core.web.views import Page
from inventory.models import Count
from inventory.permissions import ADJUST_STOCK, COUNT_STOCK, MANAGE_PRODUCTS, MOVE_STOCK, VIEW_PRODUCTS, VIEW_STOCK
from inventory.reasons import REASONS
from inventory.selectors.counts import counts
from inventory.services.documents import MOST_LINES
from inventory.services.policy import stock_policy
from inventory.web.selectors import places_for
from orders.models import Consent
from orders.permissions import MANAGE_CUSTOMERS

AT_A_PLACE = {
    "stock": VIEW_STOCK,
    "receive": ADJUST_STOCK,
    "count": COUNT_STOCK,
    "adjust": ADJUST_STOCK,
    "send": MOVE_STOCK,
    "arrive": MOVE_STOCK,
}
"""What needs a right at the place where somebody works."""
MOST_COUNTS = 100
NO_ID = UUID(int=0)
ASKED = {
    Consent.Purpose.EMAIL: "{shop} sends me news by e-mail.",
    Consent.Purpose.SMS: "{shop} sends me news by text message.",
    Consent.Purpose.PHONE: "{shop} calls me with offers.",
    Consent.Purpose.PROFILE: "{shop} uses what I bought to make me offers.",
}
"""What somebody new is asked at the shelf, in the words that are kept as the proof."""


class Floor(Page):
    """/floor/: one screen with what is done in the shop, each part of it by scanning."""

    required_permission: ClassVar = VIEW_PRODUCTS
    template_name = "orders/floor.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        places = _places(self.actor)
        device = living_device_at(request)
        others = _everywhere(places)
        may = {"link": self.actor.may(MANAGE_PRODUCTS), "customer": self.actor.may(MANAGE_CUSTOMERS)}
        setup = {
            "locations": places,
            "device_location": str(device.location_id) if device else None,
            "most_lines": MOST_LINES,
            "may": may,
            "others": others,
            "counts": _open_counts(self.actor),
            "notes_corrections": stock_policy().note_above is not None,  # a device does not know what goods are worth
            "agreements": _agreements(),
            "reasons": [
                {
                    "code": reason.code,
                    "label": reason.label,
                    "effect": reason.effect,
                    "is_signed": reason.is_signed,
                    "needs_note": reason.needs_note,
                }
                for reason in REASONS.values()
            ],
            "urls": {
                "scan": reverse("api-scan", args=["CODE"]).removesuffix("CODE/"),
                "stock": reverse("api-stock"),
                "movements": reverse("api-stock-movements"),
                "entries": reverse("api-count-entries", args=[NO_ID]),
                "codes": reverse("api-variant-codes", args=[NO_ID]),
                "transfers": reverse("api-transfers"),
                "customers": reverse("api-customers"),
                "product_new": reverse("product-new"),
                "no_id": str(NO_ID),
            },
        }
        return self.render({"places": places, "setup": setup, "tiles": _tiles(places, others, may)})


def _places(actor: Actor) -> list[dict[str, Any]]:
    """The places where the actor does anything by hand, and what; those where nothing is done only tell prices."""
    held = [permission for permission in dict.fromkeys(AT_A_PLACE.values()) if actor.may(permission)]
    able = {permission: places_for(actor, permission) for permission in held}
    known = {place.pk: place for places in able.values() for place in places}
    return [
        {
            "id": str(place.pk),
            "name": place.name,
            "may": [kind for kind, permission in AT_A_PLACE.items() if place in able.get(permission, ())],
        }
        for place in sorted(known.values(), key=lambda one: one.name)
    ]


def _everywhere(places: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The places that goods can be sent to; none where nobody here sends any."""
    if not any("send" in place["may"] for place in places):
        return []
    return [
        {"id": str(place.pk), "name": place.name} for place in Location.objects.filter(is_active=True).order_by("name")
    ]


def _tiles(places: list[dict[str, Any]], others: list[dict[str, str]], may: dict[str, bool]) -> list[str]:
    """What stands on the first screen, in its order. Goods are sent only where there is another place."""
    anywhere = {kind for place in places for kind in place["may"]}
    wanted = ["price", "stock", "count", "receive", "adjust", *(["send", "arrive"] if len(others) > 1 else [])]
    shown = [kind for kind in wanted if kind == "price" or kind in anywhere]
    return [*shown, *(kind for kind in ("customer", "link") if may[kind])]


def _agreements() -> list[dict[str, str]]:
    shop = current_tenant().name
    return [{"purpose": purpose.value, "wording": words.format(shop=shop)} for purpose, words in ASKED.items()]


def _open_counts(actor: Actor) -> list[dict[str, Any]]:
    """The stocktakes that run where the actor counts."""
    if not actor.may(COUNT_STOCK):
        return []
    rows = counts(actor=actor).filter(state=Count.State.OPEN).order_by("-opened_at")[:MOST_COUNTS]
    return [
        {
            "id": str(row.pk),
            "number": row.number,
            "name": row.name,
            "location": str(row.location_id),
            "is_blind": row.is_blind,
        }
        for row in rows
    ]
