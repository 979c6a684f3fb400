"""The screens that open inside the till and the shop floor: everybody can use each of them, on a phone."""

import pytest
from playwright.sync_api import Browser, Page, expect

from core.testing import Shop
from tests.browser.floor_steps import TEA, at, phone_of, scan
from tests.browser.page_look import (
    ARRIVED,
    NAVIGATION,
    PHONE,
    RUN_AXE,
    SMALL_TARGETS,
    SMALLEST_TILL_TARGET,
    STANDARD,
    axe,
)
from tests.browser.test_till import SCAN, ready
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

SCREENS = ("price", "stock", "count", "receive", "adjust", "send", "arrive", "customer", "link", "waiting")
KEYS = ("F1", "F3", "F7", "Shift+F9", "Shift+F2", "Shift+F8", "F8", "F9")


def flaws(page: Page, within: str) -> list[str]:
    page.evaluate(ARRIVED)
    page.evaluate(axe())
    found: list[str] = page.evaluate(RUN_AXE, {"tags": STANDARD, "rules": None, "without": NAVIGATION})
    found += page.evaluate(SMALL_TARGETS, {"within": within, "least": SMALLEST_TILL_TARGET})
    return found


def test_every_screen_of_the_floor_and_every_dialog_of_the_till_can_be_used_by_everybody(
    browser: Browser, product: Product, acme: Shop
) -> None:
    context = phone_of(browser, product, acme, "manager", None)
    page = context.new_page()
    page.set_viewport_size({"width": PHONE, "height": 1400})  # nothing lies below what sticks to the lower edge
    found = {}
    for name in SCREENS:
        at(page, name)
        if name in ("price", "receive"):
            scan(page, TEA)
            expect(page.locator(".floor-answer, .floor-line").first).to_contain_text("Earl Grey")
        found[name] = flaws(page, "[data-screen]")
    page.goto("/till/")
    ready(page)
    page.evaluate(SCAN, [TEA, "9999999999994"])
    expect(page.get_by_role("button", name="Link it to an article")).to_be_visible()
    found["unknown"] = flaws(page, "till-products")
    for key in KEYS:
        page.keyboard.press(key)
        expect(page.locator("dialog:modal")).to_be_visible()
        found[key] = flaws(page, "dialog:modal")
        page.keyboard.press("Escape")
        expect(page.locator("dialog:modal")).to_have_count(0)
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    expect(page.locator(".till-done")).to_be_visible()
    found["done"] = flaws(page, "dialog:modal")
    assert {name: some for name, some in found.items() if some} == {}
    context.close()
