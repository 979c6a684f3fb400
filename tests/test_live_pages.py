"""Pages that change by themselves: each says after which events, about what, and how old it is."""

from typing import Any

import pytest
from django.urls import reverse

from core.checks import routes
from core.events import CATALOGUE, matches
from core.ids import uuid7
from core.outbox.models import Stream
from core.outbox.relay import number_events
from core.testing import Shop, sale_body
from core.web.views import Page
from orders.models import Order
from tests.api import machine

pytestmark = pytest.mark.django_db

LIVE = {
    "/orders/": "order.* payment.*",
    "/to-pack/": "order.* payment.*",
    "/parked/": "order.parked order.resumed order.discarded",
    "/approvals/": "approval.* order.*",
    "/registers/": "register.* shift.*",
    "/stock/": "stock.* product.*",
    "/stock/alerts/": "stock.*",
    "/stock/reservations/": "stock.reserved stock.released stock.changed",
    "/transfers/": "transfer.*",
    "/counts/": "count.*",
    "/settings/webhooks/": "*",
}


def browser_of(shop: Shop) -> Any:
    browser = shop.client()
    browser.force_login(shop.person("owner"), backend="core.people.backends.EmailBackend")
    return browser


@pytest.mark.parametrize(("path", "events"), LIVE.items(), ids=LIVE)
def test_a_list_that_changes_by_itself_says_when_and_how_old_it_is(
    acme: Shop, globex: Shop, path: str, events: str
) -> None:
    assert machine(acme).post("orders/", sale_body(acme, {"TEA": "1"})).status_code == 201
    number_events(acme.tenant)
    stream = Stream.objects.get(pk=1)
    text = browser_of(acme).get(path).content.decode()
    assert f'data-events="{events}" data-mark="{stream.epoch}:{stream.head}"' in text


def test_pages_of_one_thing_hear_only_of_that_thing(acme: Shop, globex: Shop) -> None:
    assert machine(acme).post("orders/", sale_body(acme, {"TEA": "1"}, order_id=uuid7())).status_code == 201
    order, tea = Order.objects.get(), acme.variant("TEA")
    number_events(acme.tenant)
    browser = browser_of(acme)
    text = browser.get(reverse("order", args=[order.pk])).content.decode()
    assert f'data-about="{order.pk}"' in text
    text = browser.get(reverse("product", args=[tea.product_id])).content.decode()
    assert f'data-about="{tea.product_id} {tea.pk}"' in text


def test_every_page_names_events_that_there_are(acme: Shop, globex: Shop) -> None:
    views = {callback.view_class for _, callback in routes() if hasattr(callback, "view_class")}
    live = [view for view in views if issubclass(view, Page) and view.live_events]
    assert len(live) >= 15
    for view in live:
        for pattern in view.live_events.split():
            assert any(matches(pattern, name) for name in CATALOGUE), (view, pattern)


def test_a_look_in_the_background_leaves_the_messages_for_the_next_page(acme: Shop, globex: Shop) -> None:
    browser = browser_of(acme)
    browser.post(reverse("first-steps-away"))  # leaves a message for the page that follows
    assert "put away" not in browser.get("/orders/", headers={"X-Live-Part": "1"}).content.decode()
    assert "put away" in browser.get("/orders/").content.decode()
