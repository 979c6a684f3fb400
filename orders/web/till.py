"""The till: the page and the articles it asks for while somebody types."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from core.actors import Actor
from core.api.views import as_uuid
from core.devices.browser import device_at
from core.devices.permissions import MANAGE_DEVICES
from core.errors import Invalid
from core.events import plain
from core.locations.models import Location
from core.locations.papers import papers_of
from core.web.views import Page
from inventory.permissions import MANAGE_PRODUCTS
from inventory.web.selectors import Article, articles, categories_for_sale, places_for, veiled
from orders.models import Shift
from orders.permissions import (
    GIVE_DISCOUNT,
    MANAGE_CUSTOMERS,
    OVERSELL,
    REFUND,
    REFUND_BEYOND,
    RUN_SHIFT,
    SELL,
    SELL_EXPIRED,
    VIEW_CREDIT,
    VIEW_CUSTOMERS,
    VIEW_SHIFTS,
)
from orders.selectors.best_sellers import best_sellers
from orders.selectors.policy import away_limits
from orders.selectors.shifts import open_shifts, registers
from orders.selectors.terms import shop_terms
from orders.services.checkout import MOST_LINES
from orders.web.forms import ArticleQuery

FAVOURITES = 24
NO_ID = UUID(int=0)


class Till(Page):
    """/till/: ring up sales."""

    required_permission: ClassVar = SELL
    template_name = "orders/till.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        places = places_for(self.actor, SELL)
        is_device = device_at(request) is not None
        return self.render(
            {
                "places": places,
                "setup": {
                    "locations": [_place(place, self.actor) for place in places],
                    "categories": plain(categories_for_sale()),
                    "terms": shop_terms(),
                    "most_lines": MOST_LINES,
                    "may": {
                        "customers": self.actor.may(VIEW_CUSTOMERS),
                        "add_customers": self.actor.may(MANAGE_CUSTOMERS),
                        "refund": self.actor.may(REFUND),
                        "refund_beyond": self.actor.may(REFUND_BEYOND),
                        "credit": self.actor.may(VIEW_CREDIT),
                        "run_shift": self.actor.may(RUN_SHIFT),
                        "sell_expired": self.actor.may(SELL_EXPIRED),
                        "discount": self.actor.may(GIVE_DISCOUNT),
                        "link": self.actor.may(MANAGE_PRODUCTS),
                    },
                    "device": is_device,
                    "away": away_limits() if is_device else {},  # nobody else sells while the server is away
                    "registers": _registers(self.actor),
                    "permissions": {"discount": GIVE_DISCOUNT, "refund": REFUND_BEYOND, "expired": SELL_EXPIRED},
                    "urls": {
                        "articles": reverse("till-articles"),
                        "scan": reverse("api-scan", args=["CODE"]).removesuffix("CODE/"),
                        "orders": reverse("api-orders"),
                        "quote": reverse("api-order-quote"),
                        "parked": reverse("api-parked"),
                        "approvals": reverse("api-approvals"),
                        "customers": reverse("api-customers"),
                        "gift_cards": reverse("api-gift-card-lookup"),
                        "serials": reverse("api-serials"),
                        "lots": reverse("api-lots"),
                        "registers": reverse("api-registers"),
                        "shifts": reverse("api-shifts"),
                        "order_returns": reverse("api-order-returns", args=[NO_ID]),
                        "return_quote": reverse("api-return-quote", args=[NO_ID]),
                        "exchanges": reverse("api-order-exchanges", args=[NO_ID]),
                        "shift": reverse("shift", args=[NO_ID]),
                        "order": reverse("order", args=[NO_ID]),
                        "order_api": reverse("api-order", args=[NO_ID]),
                        "receipt": reverse("order-receipt", args=[NO_ID]),
                        "log_in": f"{reverse('login')}?next={reverse('till')}",
                        "no_id": str(NO_ID),
                        "link": reverse("floor"),
                        "devices": reverse("devices") if self.actor.may(MANAGE_DEVICES) else None,
                    },
                },
            }
        )


class TillArticles(Page):
    """/till/articles/: what is for sale at a location. Without words, category or ids: its best sellers."""

    required_permission: ClassVar = SELL

    def get(self, request: HttpRequest) -> JsonResponse:
        form = ArticleQuery(request.GET)
        if not form.is_valid():
            raise Invalid(f"The till asked for something impossible: {', '.join(form.errors)}.")
        wanted = form.cleaned_data
        location_id = wanted["location"]
        self.actor.require(SELL, at=location_id)
        found: list[Article]
        if wanted["ids"]:
            ids = [pk for pk in map(as_uuid, wanted["ids"].split(",")[:MOST_LINES]) if pk]
            found = articles(location_id=location_id, ids=ids, limit=MOST_LINES)
        elif wanted["q"].strip() or wanted["category"]:
            found = articles(location_id=location_id, words=wanted["q"], category_id=wanted["category"])
        else:
            found = favourites(location_id)
        shown = veiled(found, location_id=location_id, actor=self.actor)
        response = JsonResponse({"articles": [_article(article) for article in shown]})
        response["Cache-Control"] = "no-store"
        return response


def favourites(location_id: UUID) -> list[Article]:
    """The location's best sellers; where they leave room (a young shop), the first other articles by name follow."""
    ids = best_sellers(location_id, count=FAVOURITES)
    best = articles(location_id=location_id, ids=ids, limit=FAVOURITES) if ids else []
    if len(best) >= FAVOURITES:
        return best
    rest, there = articles(location_id=location_id, limit=FAVOURITES), {article.id for article in best}
    return [*best, *(article for article in rest if article.id not in there)][:FAVOURITES]


def _article(article: Article) -> dict[str, Any]:
    is_low = article.on_hand is not None and article.low_at is not None and article.on_hand <= article.low_at
    return {
        "id": str(article.id),
        "sku": article.sku,
        "title": article.title,
        "unit_price": str(article.unit_price),
        "tax_rate": str(article.tax_rate),
        "is_stocked": article.is_stocked,
        "on_hand": None if article.on_hand is None else str(article.on_hand),
        "is_low": is_low,
        "tracking": article.tracking,
        "picture": article.picture,
    }


def _place(place: Location, actor: Actor) -> dict[str, Any]:
    papers = papers_of(place.pk, at=datetime.now(UTC))  # for receipts that the device draws
    return {
        "id": str(place.pk),
        "name": place.name,
        "sells_below_zero": place.sells_below_zero,
        "may_oversell": actor.may(OVERSELL, at=place.pk),
        "papers": {"head": papers.head, "foot": papers.foot},
    }


def _registers(actor: Actor) -> list[dict[str, Any]]:
    """The registers that are in use, with who opened the shift that runs."""
    if not actor.may(VIEW_SHIFTS):
        return []
    rows = list(registers(actor=actor).filter(is_active=True))
    running = open_shifts(row.pk for row in rows)
    return [
        {"id": str(row.pk), "name": row.name, "location": str(row.location_id), "shift": _shift(running.get(row.pk))}
        for row in rows
    ]


def _shift(shift: Shift | None) -> dict[str, str] | None:
    if shift is None:
        return None
    return {"id": str(shift.pk), "opened_by": shift.opened_by_label, "opened_at": shift.opened_at.isoformat()}
