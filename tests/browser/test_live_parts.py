"""Pages that change by themselves, in a real browser: what differs is drawn, what somebody does is never disturbed."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, expect

from core.actors import SYSTEM
from core.ids import uuid7
from core.outbox.services import emit
from core.testing import CANARY, Shop, sale_body
from inventory.events import StockLow
from orders.services.registers import create_register
from tests.browsers import complaints, logged_in
from tests.live_client import Listener
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_page(browser: Browser, product: Product) -> Iterator[Any]:
    contexts = []

    def opened(shop: Shop, path: str, role: str = "owner") -> Page:
        context = logged_in(browser, product, shop, role)
        contexts.append(context)
        page = context.new_page()
        page.goto(product.url(shop, path))
        expect(page.locator("live-status")).to_have_text("Live")
        page.evaluate("window.__same = true")
        return page

    yield opened
    for context in contexts:
        context.close()


def sell(seller: Listener, sku: str = "TEA", **more: Any) -> str:
    body = sale_body(seller.shop, {sku: "1"}, order_id=uuid7(), **more)
    status, answer = seller.ask("/api/v1/orders/", method="POST", body=body)
    assert status == 201, answer
    return str(body["id"])


def test_a_list_grows_by_itself_while_somebody_types_into_its_search_and_keeps_the_focus(
    product: Product, open_page: Any, acme: Shop, globex: Shop
) -> None:
    seller = Listener(product, acme, "cashier")
    page = open_page(acme, "/orders/")
    said = complaints(page)
    search = page.locator("input[name=q]")
    search.fill("half a wor")
    first = sell(seller)
    row = page.locator(f'[data-key="{first}"]')
    expect(row).to_be_visible()
    expect(search).to_be_focused()
    expect(search).to_have_value("half a wor")

    link = row.get_by_role("link").first
    link.focus()
    second = sell(seller)
    expect(page.locator(f'[data-key="{second}"]')).to_be_visible()
    expect(link).to_be_focused()
    assert page.evaluate("window.__same") is True
    assert CANARY not in page.content() and said == []


# The part knows that it is out of date, has tried to read itself anew and has put it off.
PUT_OFF = """async () => {
  const part = document.querySelector("live-part");
  const end = performance.now() + 15000;
  let first;
  while (performance.now() < end) {
    if (part.isStale && part.timer) first ??= part.timer;
    if (first && part.timer && part.timer !== first) return true;
    await new Promise(requestAnimationFrame);
  }
  return false;
}"""


def test_what_is_typed_into_a_form_holds_the_page_still_until_it_is_taken_back(
    product: Product, open_page: Any, acme: Shop, globex: Shop
) -> None:
    page = open_page(acme, "/registers/")
    name = page.get_by_label("Name")
    name.fill("Fro")
    create_register(name="Back till", location_id=acme.location.pk, actor=acme.actor("owner"))
    assert page.evaluate(PUT_OFF), "the event never came"
    expect(page.get_by_text("Back till")).to_have_count(0)
    expect(name).to_have_value("Fro")
    name.fill("")
    page.get_by_role("heading", name="Shifts", exact=True).click()
    expect(page.get_by_text("Back till")).to_be_visible()


def test_the_bell_counts_up_by_itself_and_down_when_it_is_read_on_another_device(
    product: Product, open_page: Any, acme: Shop, globex: Shop
) -> None:
    here, there = open_page(acme, "/customers/", "manager"), open_page(acme, "/notifications/", "manager")
    other = open_page(globex, "/customers/", "manager")
    bell = here.locator("notification-bell a")
    expect(there.get_by_text("You have seen everything")).to_be_visible()
    low = StockLow(
        variant_id=acme.variant("TEA").pk,
        version=1,
        location_id=acme.location.pk,
        sku="TEA",
        on_hand=Decimal(2),
        low_at=Decimal(3),
    )
    with transaction.atomic():
        emit(low, actor=SYSTEM)
    expect(bell).to_have_accessible_name("Notifications, 1 new")
    expect(there.get_by_text("TEA is low: 2 left")).to_be_visible()
    there.get_by_role("button", name="Mark all as read").click()
    expect(bell).to_have_accessible_name("Notifications")
    expect(there.get_by_text("You have seen everything")).to_be_visible()
    expect(other.locator("notification-bell a")).to_have_accessible_name("Notifications")
