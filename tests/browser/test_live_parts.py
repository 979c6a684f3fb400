"""Pages that change by themselves, in a real browser: what differs is drawn, what somebody does is never disturbed."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.ids import uuid7
from core.testing import CANARY, Shop, sale_body
from orders.services.registers import create_register
from tests.browsers import complaints, logged_in
from tests.live_client import Listener
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_page(browser: Browser, product: Product) -> Iterator[Any]:
    contexts = []

    def opened(shop: Shop, path: str) -> Page:
        context = logged_in(browser, product, shop)
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


def test_what_is_typed_into_a_form_holds_the_page_still_until_it_is_taken_back(
    product: Product, open_page: Any, acme: Shop, globex: Shop
) -> None:
    page = open_page(acme, "/registers/")
    name = page.get_by_label("Name")
    name.fill("Fro")
    create_register(name="Back till", location_id=acme.location.pk, actor=acme.actor("owner"))
    page.wait_for_timeout(1500)  # longer than the page would take: nothing must happen in this time
    expect(page.get_by_text("Back till")).to_have_count(0)
    expect(name).to_have_value("Fro")
    name.fill("")
    page.get_by_role("heading", name="Shifts", exact=True).click()
    expect(page.get_by_text("Back till")).to_be_visible()
