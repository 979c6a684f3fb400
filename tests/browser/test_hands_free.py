"""Voice, fingers and keys: each does what a button does, and nothing takes money by itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.testing import Shop
from inventory.models import StockMovement
from orders.models import Order
from tests.browser.floor_steps import CUP, TEA, at, phone_of, scan
from tests.browser.test_till import ready
from tests.browser.voice_steps import ear, listen, say, swipe
from tests.browsers import complaints, picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phone(browser: Browser, product: Product, acme: Shop) -> Iterator[BrowserContext]:
    context = phone_of(browser, product, acme, "manager", None)
    yield context
    context.close()


def heard(page: Page, words: str) -> None:
    expect(page.locator(".voice-state__words")).to_contain_text(words)


def many(page: Page, name: str, units: str) -> None:
    expect(page.get_by_label(f"How many: {name}")).to_have_value(units)


def test_what_is_said_on_the_floor_is_done_as_by_its_buttons(phone: BrowserContext) -> None:
    page = phone.new_page()
    ear(page)
    said = complaints(page)
    page.goto("/floor/")
    assert page.evaluate("() => window.listens()") is False  # nobody switched it on
    listen(page)
    picture(page, "voice-floor")
    say(page, "price of earl grey")
    expect(page.locator(".floor-answer")).to_contain_text("£4.50")
    say(page, "add inventory")
    expect(page.get_by_role("heading", name="Receive")).to_be_visible()
    expect(page.locator("[data-screen] > [data-ready]")).to_be_attached()
    scan(page, TEA)
    many(page, "Acme Earl Grey", "1")
    say(page, "count twelve")
    many(page, "Acme Earl Grey", "12")
    say(page, "done", 0.4)  # a guess
    heard(page, "nothing I know")
    say(page, "one less please")
    many(page, "Acme Earl Grey", "11")
    say(page, "undo")
    many(page, "Acme Earl Grey", "12")
    say(page, "search blue cup")
    many(page, "Acme Blue cup", "1")
    say(page, "remove")
    expect(page.locator(".floor-line")).to_have_count(1)
    say(page, "undo")
    expect(page.locator(".floor-line")).to_have_count(2)
    say(page, "save changes")
    expect(page.locator("[data-told]")).to_contain_text("Sent.")
    rows = StockMovement.objects.filter(kind="receipt").exclude(reference_type="test").order_by("variant__sku")
    assert [(row.variant.sku, int(row.delta)) for row in rows] == [("CUP", 1), ("TEA", 12)]
    say(page, "go back")
    expect(page.get_by_role("heading", name="Shop floor")).to_be_visible()
    expect(page.locator(".floor-tile").first).to_have_text("Receive")  # what was used last stands first
    say(page, "stop listening")
    expect(page.locator(".voice-state")).to_be_hidden()
    assert page.evaluate("() => window.listens()") is False
    assert [text for text in said if "Failed to load resource" not in text] == []


def test_at_the_till_pay_opens_the_payment_and_only_a_person_takes_the_money(phone: BrowserContext, acme: Shop) -> None:
    page = phone.new_page()
    ear(page)
    page.goto("/till/")
    ready(page)
    listen(page)
    page.locator(".scan-field__input").fill(TEA)
    page.locator(".scan-field__input").press("Enter")
    expect(page.locator(".cart__line")).to_have_count(1)
    say(page, "quantity three")
    expect(page.locator(".cart__line .stepper__value")).to_have_value("3")
    say(page, "remove")
    expect(page.locator(".cart__line")).to_have_count(0)
    say(page, "bring it back")
    expect(page.locator(".cart__line .stepper__value")).to_have_value("3")
    say(page, "price of cup")
    expect(page.locator(".product-tile")).to_have_count(1)
    expect(page.locator(".cart__line")).to_have_count(1)
    say(page, "pay cash")
    expect(page.locator("till-payment dialog")).to_be_visible()
    for words in ("pay cash", "done", "take the payment", "thirteen", "next"):
        say(page, words)
    heard(page, "next")
    expect(page.locator("till-payment dialog")).to_be_visible()
    assert Order.objects.count() == 0
    say(page, "go back")
    expect(page.locator("till-payment dialog")).to_be_hidden()
    page.evaluate("() => window.fail('not-allowed')")
    expect(page.get_by_text("may not use the microphone")).to_be_visible()
    expect(page.get_by_role("button", name="Voice", exact=True)).to_have_attribute("aria-pressed", "false")


def test_a_swipe_takes_a_line_out_or_one_more_of_it_and_a_press_brings_it_back(phone: BrowserContext) -> None:
    page = phone.new_page()
    at(page, "receive")
    scan(page, TEA, CUP)
    expect(page.locator(".floor-line")).to_have_count(2)
    swipe(page, ".floor-line", -40, 0)  # a tap that slipped
    swipe(page, ".floor-line", 0, 120)  # the page scrolls
    many(page, "Acme Blue cup", "1")
    swipe(page, ".floor-line", 140, 0)
    many(page, "Acme Blue cup", "2")
    expect(page.locator(".floor-line")).to_have_count(2)
    swipe(page, ".floor-line", -140, 6)
    expect(page.locator(".floor-line")).to_have_count(1)
    page.get_by_role("button", name="Bring it back").click()
    expect(page.locator(".floor-line")).to_have_count(2)

    page.goto("/till/")
    ready(page)
    page.locator(".scan-field__input").fill(TEA)
    page.locator(".scan-field__input").press("Enter")
    expect(page.locator(".cart__line")).to_have_count(1)
    page.evaluate("() => import('/static/js/lib/till/ahead.js').then(({ loadAhead }) => loadAhead())")
    swipe(page, ".till-sheet", 0, -80)
    expect(page.locator("till-cart[data-open]")).to_be_attached()
    expect(page.locator(".cart__line").first).to_be_visible()
    swipe(page, ".cart__line", 140, 4)
    expect(page.locator(".cart__line .stepper__value")).to_have_value("2")
    swipe(page, ".cart__line", -140, 4)
    expect(page.locator(".cart__line")).to_have_count(0)
    page.get_by_role("button", name="Bring it back").click()
    expect(page.locator(".cart__line")).to_have_count(1)
    swipe(page, ".till-sheet", 0, 80)
    expect(page.locator("till-cart[data-open]")).to_have_count(0)


def test_a_tablet_with_a_keyboard_needs_no_finger_on_the_floor(browser: Browser, product: Product, acme: Shop) -> None:
    context = phone_of(browser, product, acme, "manager", None)
    page = context.new_page()
    page.set_viewport_size({"width": 1024, "height": 768})
    at(page, "receive")
    page.get_by_role("heading", name="Receive").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    picture(page, "floor-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("F2")
    page.keyboard.type(TEA, delay=60)
    page.keyboard.press("Enter")
    many(page, "Acme Earl Grey", "1")
    page.keyboard.press("F4")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    many(page, "Acme Earl Grey", "7")
    page.get_by_role("heading", name="Receive").focus()
    page.keyboard.press("Delete")
    expect(page.locator(".floor-line")).to_have_count(0)
    page.keyboard.press("Control+z")
    many(page, "Acme Earl Grey", "7")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-told]")).to_contain_text("Sent.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Shop floor")).to_be_visible()
    context.close()
