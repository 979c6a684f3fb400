"""Baskets put aside on a device while the server is away: taken up there, or by any till later, and never by both."""

from decimal import Decimal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.sync.models import Flag
from core.testing import Shop
from orders.models import Order
from tests.browser.page_look import ARRIVED
from tests.browser.test_offline_sales import is_empty, standing
from tests.browser.test_till import CUP, SCAN, TEA, standing_at_the_till
from tests.browsers import picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

# The last basket that was parked here, so many times more.
PARK_MORE = """async (count) => {
  const { open } = await import("/static/js/lib/store/open.js");
  const database = await open();
  const meta = await database.get("meta", "last-n");
  const parked = (await database.getAll("queue")).at(-1);
  const change = database.transaction(["queue", "meta"], "readwrite");
  for (let place = 1; place <= count; place++) {
    const id = crypto.randomUUID();
    const body = { ...parked.body, id, label: `Table ${place}` };
    change.objectStore("queue").put({ ...parked, n: parked.n + place, id: crypto.randomUUID(), about: id, body });
  }
  change.objectStore("meta").put({ ...meta, n: parked.n + count });
  await change.done;
}"""


def park(page: Page, name: str, *codes: str) -> None:
    page.evaluate(SCAN, list(codes))
    expect(page.locator(".cart__line")).to_have_count(len(set(codes)))
    page.keyboard.press("F7")
    page.keyboard.type(name, delay=60)
    page.keyboard.press("Enter")
    expect(page.locator(".cart__line")).to_have_count(0)


def test_a_basket_is_parked_and_taken_up_on_the_device_and_sold_once(phone: BrowserContext) -> None:
    page = standing(phone)
    phone.set_offline(True)
    park(page, "Red coat", TEA, TEA, CUP)
    expect(page.locator("[data-show='parked']")).to_have_text("1")
    page.reload()
    expect(page.locator("[data-show='parked']")).to_have_text("1")
    page.keyboard.press("F7")
    expect(page.locator(".till-carts li")).to_contain_text("On this device")
    page.evaluate(ARRIVED)
    picture(page, "offline-parked")
    page.get_by_role("button", name="Take up Red coat, £21.00").click()
    expect(page.locator("[data-total]")).to_have_text("£21.00")
    expect(page.locator("[data-show='parked']")).to_be_hidden()
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    expect(page.locator(".till-done")).to_be_visible()
    assert Order.objects.count() == 0
    phone.set_offline(False)
    is_empty(page)
    sold = Order.objects.get(state="completed")
    assert (sold.total, sold.receipt_number) == (Decimal(21), "K3-000001")
    assert Order.objects.get(state="ended").ended_ref == sold.pk
    assert (Order.objects.count(), Flag.objects.count()) == (2, 0)


def test_of_many_parked_baskets_the_newest_are_shown_and_any_is_found(phone: BrowserContext) -> None:
    page = standing(phone)
    phone.set_offline(True)
    park(page, "Red coat", TEA)
    page.evaluate(PARK_MORE, 2000)
    page.reload()
    expect(page.locator("[data-show='parked']")).to_have_text("2001")
    page.keyboard.press("F7")
    expect(page.locator(".till-carts li")).to_have_count(50)
    expect(page.locator("till-parked")).to_contain_text("50 of 2,001, the newest first.")
    page.get_by_label("Find one").fill("red co")
    expect(page.locator(".till-carts li")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("[data-total]")).to_have_text("£4.50")
    assert Order.objects.count() == 0


def test_other_tills_see_what_was_parked_here_when_the_line_is_back_and_carts_of_the_server_wait_for_it(
    phone: BrowserContext, browser: Browser, product: Product, acme: Shop
) -> None:
    page = standing(phone)
    park(page, "Blue hat", CUP)
    expect(page.locator("[data-show='parked']")).to_have_text("1")
    phone.set_offline(True)
    park(page, "Red coat", TEA)
    park(page, "Nobody came", TEA)
    expect(page.locator("[data-show='parked']")).to_have_text("3")
    page.keyboard.press("F7")
    expect(page.get_by_role("button", name="Take up Blue hat")).to_be_disabled()
    expect(page.locator("[data-state='away']")).to_contain_text("needs the server")
    page.get_by_role("button", name="Discard Nobody came").click()
    page.get_by_role("button", name="Discard", exact=True).click()
    expect(page.locator(".till-carts li")).to_have_count(2)
    page.keyboard.press("Escape")
    with standing_at_the_till(browser, product, acme, "manager") as other:
        phone.set_offline(False)
        is_empty(page)
        expect(other.locator("[data-show='parked']")).to_have_text("2")
        other.keyboard.press("F7")
        other.get_by_role("button", name="Take up Red coat, £4.50").click()
        expect(other.locator("[data-total]")).to_have_text("£4.50")
        expect(page.locator("[data-show='parked']")).to_have_text("1")
    assert sorted(Order.objects.values_list("label", "state")) == [
        ("Blue hat", "parked"),
        ("Nobody came", "ended"),
        ("Red coat", "ended"),
    ]
    assert Flag.objects.count() == 0
