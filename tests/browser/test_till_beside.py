"""What stands beside a sale at the till: the customer, and carts put aside, in a real browser."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from core.testing import Shop
from inventory.models import StockMovement
from orders.models import Customer, Order
from orders.services.customers import create_customer
from tests.browser.page_look import ARRIVED, SMALL_TARGETS, SMALLEST_TILL_TARGET
from tests.browser.test_till import CUP, SCAN, TEA, ready, standing_at_the_till
from tests.browsers import complaints, logged_in, picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

CARD = "2900000000018"

# As long as `window.lost` is set the line breaks after the server has done it and before the till hears of it. Prices
# are told: a till that hears nothing at all believes the server away and opens no such dialog.
LOSE_ANSWERS = """() => {
  const send = window.fetch;
  window.lost = true;
  window.fetch = async (url, options) => {
    const answer = await send(url, options);
    if (String(url).includes("/quote/")) return answer;
    if (window.lost && options?.method === "POST") throw new TypeError("the line broke");
    return answer;
  };
}"""
FOUND_AGAIN = "() => { window.lost = false; }"


@pytest.fixture
def till(browser: Browser, product: Product, acme: Shop) -> Iterator[Page]:
    with standing_at_the_till(browser, product, acme, "cashier") as page:
        yield page


@pytest.fixture
def ann(acme: Shop) -> Customer:
    values = {"name": "Ann Walker", "email": "ann@example.org", "phone": "+44 20 7946 0123"}
    return create_customer(actor=acme.actor("manager"), values=values, codes=[CARD]).customer


def scan(page: Page, *codes: str) -> None:
    page.evaluate(SCAN, list(codes))


def park(page: Page, code: str) -> None:
    """One article, put aside by keyboard."""
    scan(page, code)
    expect(page.locator(".cart__line")).to_have_count(1)
    page.keyboard.press("F7")
    page.keyboard.press("Enter")


def pay_cash(page: Page) -> None:
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    expect(page.locator(".till-done")).to_be_visible()


def test_a_customer_is_found_by_keyboard_and_goes_into_the_sale(till: Page, acme: Shop, ann: Customer) -> None:
    keys = till.keyboard
    scan(till, TEA)
    expect(till.locator(".cart__line")).to_have_count(1)
    keys.press("F3")
    keys.type("walk", delay=90)
    expect(till.locator(".till-choice")).to_have_text([f"Ann Walker{ann.number} · ann@example.org · +44 20 7946 0123"])
    picture(till, "till-customer")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(till.locator("[data-show='customer']")).to_have_text("Ann Walker")
    till.reload()
    ready(till)
    expect(till.locator("[data-show='customer']")).to_have_text("Ann Walker")
    pay_cash(till)
    keys.press("Enter")
    expect(till.locator("[data-show='customer']")).to_have_text("Add a customer")
    assert Order.objects.get().customer_id == ann.pk


def test_a_card_is_scanned_where_customers_are_looked_for_and_can_be_taken_away(
    till: Page, acme: Shop, ann: Customer
) -> None:
    scan(till, TEA)
    till.get_by_role("button", name="Add a customer").click()
    expect(till.get_by_role("searchbox", name="Find a customer")).to_be_focused()
    scan(till, CARD)
    expect(till.locator("[data-show='customer']")).to_have_text("Ann Walker")
    expect(till.locator(".cart__line")).to_have_count(1)
    till.get_by_role("button", name="Remove the customer").click()
    pay_cash(till)
    assert Order.objects.get().customer_id is None


def test_a_new_customer_is_added_once_although_the_first_answer_was_lost(till: Page, acme: Shop) -> None:
    before = Customer.objects.count()
    till.evaluate(LOSE_ANSWERS)
    till.keyboard.press("F3")
    till.keyboard.type("Grace Hopper", delay=60)
    expect(till.get_by_text("Nobody is known by that.")).to_be_visible()
    till.get_by_role("button", name="New customer").click()
    expect(till.get_by_label("Name", exact=True)).to_have_value("Grace Hopper")
    till.keyboard.press("Enter")
    expect(till.get_by_text("Trying again adds nobody twice.")).to_be_visible()
    picture(till, "till-customer-new")
    till.evaluate(FOUND_AGAIN)
    till.keyboard.press("Enter")
    expect(till.locator("[data-show='customer']")).to_have_text("Grace Hopper")
    assert Customer.objects.count() == before + 1


def test_a_cart_is_parked_by_one_till_and_taken_up_by_another_by_keyboard(
    till: Page, browser: Browser, product: Product, acme: Shop, ann: Customer
) -> None:
    with standing_at_the_till(browser, product, acme, "manager") as other:
        badge = other.locator("[data-show='parked']")
        scan(till, TEA, CUP, TEA)
        expect(till.locator("[data-total]")).to_have_text("£21.00")
        till.keyboard.press("F3")
        till.keyboard.type("ann", delay=90)
        expect(till.locator(".till-choice")).to_have_count(1)
        till.keyboard.press("Enter")
        expect(till.locator("[data-show='customer']")).to_have_text("Ann Walker")
        till.keyboard.press("F7")
        till.keyboard.type("Red coat", delay=60)
        picture(till, "till-park")
        till.keyboard.press("Enter")
        expect(till.locator(".cart__line")).to_have_count(0)
        expect(badge).to_have_text("1")  # told by the server, nobody asked
        assert (Order.objects.get().state, StockMovement.objects.filter(kind="sale").count()) == ("parked", 0)

        other.keyboard.press("F7")
        expect(other.locator(".till-carts li")).to_contain_text(["Red coat"])
        expect(other.get_by_role("button", name="Take up Red coat, £21.00")).to_be_focused()
        picture(other, "till-parked")
        other.keyboard.press("Enter")
        expect(other.locator("[data-total]")).to_have_text("£21.00")
        expect(other.locator("[data-show='customer']")).to_have_text("Ann Walker")
        expect(till.locator("[data-show='parked']")).to_be_hidden()
        pay_cash(other)
    sold = Order.objects.get(state="completed")
    assert (sold.total, sold.customer_id, sold.line_count) == (Decimal(21), ann.pk, 2)
    assert Order.objects.get(state="ended").ended_ref == sold.pk


def test_the_till_that_is_slower_is_told_who_has_the_cart(
    till: Page, browser: Browser, product: Product, acme: Shop
) -> None:
    park(till, TEA)
    expect(till.locator("[data-show='parked']")).to_have_text("1")
    with standing_at_the_till(browser, product, acme, "manager") as other:
        other.keyboard.press("F7")
        take = other.get_by_role("button", name="Take up Acme Earl Grey, £4.50")
        expect(take).to_be_focused()
        other.evaluate("() => document.querySelector('till-counter').parked.stop()")  # the news are late here
        till.keyboard.press("F7")
        expect(till.get_by_role("button", name="Take up Acme Earl Grey, £4.50")).to_be_focused()
        till.keyboard.press("Enter")
        expect(till.locator(".cart__line")).to_have_count(1)
        take.click()
        expect(other.get_by_text("has this cart already.")).to_be_visible()
        expect(other.locator(".till-carts")).to_be_hidden()
        picture(other, "till-parked-late")
        expect(other.locator(".cart__line")).to_have_count(0)


def test_a_cart_whose_answer_was_lost_is_parked_once_and_taken_up_once_after_a_reload(till: Page, acme: Shop) -> None:
    till.evaluate(LOSE_ANSWERS)
    park(till, TEA)
    expect(till.get_by_text("Try again: it is parked once.")).to_be_visible()
    picture(till, "till-park-no-answer")
    scan(till, CUP)  # waits: the basket may be parked already
    expect(till.locator(".cart__line")).to_have_count(1)
    till.evaluate(FOUND_AGAIN)
    till.get_by_role("button", name="Try again").click()
    expect(till.locator(".cart__name")).to_have_text(["Acme Blue cup"])
    assert Order.objects.get().line_count == 1
    till.get_by_role("button", name="Remove: Acme Blue cup").click()

    till.evaluate("() => { window.lost = true; }")
    till.keyboard.press("F7")
    expect(till.get_by_role("button", name="Take up Acme Earl Grey, £4.50")).to_be_focused()
    till.keyboard.press("Enter")
    expect(till.get_by_text("Try again: the cart is not lost.")).to_be_visible()
    till.reload()
    expect(till.locator(".cart__name")).to_have_text(["Acme Earl Grey"])
    expect(till.locator("[data-show='parked']")).to_be_hidden()
    assert Order.objects.get().state == "ended"


def test_a_cart_is_discarded_after_one_question(till: Page, acme: Shop) -> None:
    park(till, TEA)
    expect(till.locator("[data-show='parked']")).to_have_text("1")
    till.keyboard.press("F7")
    expect(till.get_by_role("button", name="Take up Acme Earl Grey, £4.50")).to_be_focused()
    till.keyboard.press("Delete")
    till.get_by_role("button", name="Discard", exact=True).click()
    expect(till.get_by_text("Nothing is parked here.")).to_be_visible()
    picture(till, "till-parked-none")
    assert Order.objects.get().state == "ended"


def test_customer_and_parked_carts_by_one_thumb_on_a_phone(
    browser: Browser, product: Product, acme: Shop, ann: Customer
) -> None:
    options = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "color_scheme": "light"}
    context = logged_in(browser, product, acme, "cashier", **options)
    page = context.new_page()
    said = complaints(page)
    page.goto(product.url(acme, "/till/"))
    ready(page)
    page.locator(".product-tile", has_text="Earl Grey").tap()
    page.locator("[data-sheet]").tap()
    picture(page, "till-phone-basket")
    page.get_by_role("button", name="Add a customer").tap()
    page.get_by_role("searchbox", name="Find a customer").fill("ann@")
    page.locator(".till-choice").tap()
    expect(page.locator("[data-show='customer']")).to_have_text("Ann Walker")
    page.locator("[data-sheet]").tap()
    page.locator("[data-ask='parked']").tap()
    picture(page, "till-phone-park")
    page.get_by_role("button", name="Park this basket").tap()
    expect(page.locator("[data-total]")).to_have_text("£0.00")
    page.locator("[data-sheet]").tap()
    page.locator("[data-ask='parked']").tap()
    expect(page.locator(".till-carts li")).to_have_count(1)
    picture(page, "till-phone-parked")
    page.evaluate(ARRIVED)
    small = page.evaluate(SMALL_TARGETS, {"within": "dialog[open]", "least": SMALLEST_TILL_TARGET})
    assert small == []
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    page.locator(".till-carts .till-choice").tap()
    expect(page.locator("[data-total]")).to_have_text("£4.50")
    page.get_by_role("button", name="Cash", exact=True).first.tap()
    page.get_by_role("button", name="Take £4.50").tap()
    expect(page.locator(".till-done")).to_be_visible()
    assert Order.objects.get(state="completed").customer_id == ann.pk
    context.close()
    assert said == []
