"""Discounts at the till, and who lets a cashier give more than the shop allows, in a real browser."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from core.testing import PASSWORD, Shop
from orders.models import Approval, CouponUse, Order, OrderLine, Payment
from orders.services.approvals import set_pin
from orders.services.customers import create_customer
from orders.services.discounts import create_discount
from orders.services.policy import change_policy
from tests.browser.page_look import ARRIVED, SMALL_TARGETS, SMALLEST_TILL_TARGET
from tests.browser.test_till import CUP, SCAN, TEA, ready, standing_at_the_till
from tests.browsers import complaints, held_up, logged_in, picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

PIN = "2580"


@pytest.fixture
def reduced(acme: Shop) -> None:
    """Everything costs a tenth less by itself, a coupon takes off a pound, a cashier may give five per cent."""
    owner = acme.actor("owner")
    create_discount(actor=owner, name="Opening week", kind="percent", value=Decimal(10))
    create_discount(
        actor=owner, name="Newsletter", kind="amount", scope="order", value=Decimal(1), stacking="combine", code="HELLO"
    )
    change_policy({"discount_percent": Decimal(5)}, actor=owner, version=None)
    set_pin(pin=PIN, password=PASSWORD, actor=acme.actor("manager"))


@pytest.fixture
def till(browser: Browser, product: Product, acme: Shop, reduced: None) -> Iterator[Page]:
    with standing_at_the_till(browser, product, acme, "cashier") as page:
        yield page


def scan(page: Page, *codes: str) -> None:
    page.evaluate(SCAN, list(codes))


def test_to_pay_before_the_quote_has_answered_waits_and_asks_for_the_approval(till: Page) -> None:
    scan(till, CUP)
    expect(till.locator("[data-total]")).to_have_text("£10.80")
    held = held_up(till, "**/orders/quote/")
    till.keyboard.press("F1")
    till.keyboard.type("50", delay=60)
    with till.expect_request("**/orders/quote/"):
        till.keyboard.press("Enter")
    till.keyboard.press("F8")
    expect(till.locator("till-payment dialog[open]")).to_have_count(0)
    held.pop().continue_()
    expect(till.get_by_label("PIN")).to_be_visible()
    expect(till.locator("till-payment dialog[open]")).to_have_count(0)


def test_a_sale_with_customer_discounts_approval_parking_and_two_payments_by_keyboard_alone(
    till: Page, acme: Shop
) -> None:
    create_customer(actor=acme.actor("manager"), values={"name": "Ann Walker"})
    keys, total = till.keyboard, till.locator("[data-total]")
    scan(till, TEA, TEA, CUP)
    expect(total).to_have_text("£18.90")
    expect(till.locator(".cart__saved")).to_have_text(["Opening week -£0.90", "Opening week -£1.20"])
    keys.press("F3")
    keys.type("walker", delay=60)
    expect(till.locator(".till-choice")).to_have_count(1)
    keys.press("Enter")
    expect(till.locator("[data-show='customer']")).to_have_text("Ann Walker")

    keys.press("F7")
    expect(till.get_by_label("Name, if it helps")).to_be_focused()
    keys.press("Enter")
    expect(till.locator("[data-show='parked']")).to_have_text("1")
    keys.press("F7")
    expect(till.locator(".till-carts .till-choice")).to_be_focused()
    keys.press("Enter")
    expect(total).to_have_text("£18.90")

    keys.press("F1")  # of the selected line, the cup: 10.80
    expect(till.locator(".till-why")).to_contain_text("Opening week")
    keys.type("25", delay=60)
    keys.press("Tab")
    keys.type("Dented box", delay=60)
    picture(till, "till-discount")
    keys.press("Enter")
    expect(total).to_have_text("£16.20")
    expect(till.get_by_text("Somebody must approve what is taken off by hand.")).to_be_visible()
    picture(till, "till-discounted")

    keys.press("F8")
    expect(till.get_by_label("PIN")).to_be_focused()
    expect(till.get_by_text("£2.70 off by hand")).to_be_visible()
    keys.type("9999", delay=60)
    keys.press("Enter")
    expect(till.locator("till-approval .field__error").first).to_be_visible()
    picture(till, "till-approval")
    keys.type(PIN, delay=60)
    keys.press("Enter")
    expect(till.locator("till-payment dialog")).to_be_visible()
    expect(till.locator(".till-due")).to_have_text("£16.20")
    keys.type("10", delay=60)
    keys.press("Enter")
    expect(till.locator(".till-due")).to_have_text("£6.20")
    keys.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()

    sold = Order.objects.get(state="completed")
    assert (sold.total, sold.discount_total, sold.customer and sold.customer.name) == (
        Decimal("16.20"),
        Decimal("4.80"),
        "Ann Walker",
    )
    assert list(Payment.objects.filter(order=sold).order_by("amount").values_list("method", "amount")) == [
        ("card", Decimal("6.20")),
        ("cash", Decimal(10)),
    ]
    assert OrderLine.objects.get(order=sold, sku="CUP").discount == Decimal("3.90")
    approval = Approval.objects.get()
    assert (approval.reference_id, approval.approved_by_id) == (sold.pk, acme.person("manager").pk)


def test_a_coupon_holds_or_says_why_not_before_money_is_taken(till: Page, acme: Shop) -> None:
    scan(till, TEA)
    expect(till.locator("[data-total]")).to_have_text("£4.05")
    till.get_by_role("button", name="Discount", exact=True).click()
    till.get_by_role("button", name="Coupon", exact=True).click()
    till.get_by_label("Code of the coupon").fill("nothing")
    till.keyboard.press("Enter")
    expect(till.locator(".till-coupon")).to_contain_text("There is no such coupon.")
    picture(till, "till-coupon")
    till.keyboard.press("Escape")
    till.keyboard.press("F8")
    expect(till.get_by_label("Code of the coupon")).to_be_focused()
    till.get_by_role("button", name="Remove NOTHING").click()
    scan(till, "HELLO")
    expect(till.locator(".till-coupon")).to_contain_text("It holds.")
    till.keyboard.press("Escape")
    expect(till.locator("[data-total]")).to_have_text("£3.05")
    till.keyboard.press("F8")
    till.keyboard.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert Order.objects.get().total == Decimal("3.05")
    assert CouponUse.objects.get().coupon.code == "HELLO"


def test_no_money_is_taken_for_a_sum_that_nobody_saw(till: Page, acme: Shop) -> None:
    till.evaluate("""() => {
      const send = window.fetch;
      const free = new Promise((resolve) => { window.letQuotesGo = resolve; });
      window.fetch = async (url, options) => {
        if (String(url).includes("/quote/")) await free;
        return send(url, options);
      };
    }""")
    scan(till, TEA)
    expect(till.locator("[data-total]")).to_have_text("£4.50")
    till.keyboard.press("F8")
    till.keyboard.press("Enter")
    till.evaluate("() => window.letQuotesGo()")
    expect(till.get_by_text("To pay is now £4.05")).to_be_visible()
    assert Order.objects.count() == 0
    till.keyboard.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert Order.objects.get().total == Decimal("4.05")


def test_enter_pressed_before_the_payment_is_there_takes_no_sum_that_came_meanwhile(till: Page) -> None:
    parts = held_up(till, "**/till-payment*.js")
    till.reload()
    ready(till)
    quotes = held_up(till, "**/orders/quote/")
    with till.expect_request("**/orders/quote/"):
        scan(till, TEA)
    with till.expect_request("**/till-payment*.js"):
        till.keyboard.press("F8")
    till.keyboard.press("Enter")
    quotes.pop().continue_()
    expect(till.locator("[data-total]")).to_have_text("£4.05")
    parts.pop().continue_()
    expect(till.get_by_text("To pay is now £4.05")).to_be_visible()
    assert Order.objects.count() == 0
    till.keyboard.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert Order.objects.get().total == Decimal("4.05")


def test_a_discount_with_approval_by_one_thumb_on_a_phone(
    browser: Browser, product: Product, acme: Shop, reduced: None
) -> None:
    options = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}
    context = logged_in(browser, product, acme, "cashier", **options)
    page = context.new_page()
    said = complaints(page)
    page.goto(product.url(acme, "/till/"))
    ready(page)
    page.locator(".product-tile", has_text="Blue cup").tap()
    page.locator("[data-sheet]").tap()
    page.get_by_role("button", name="Price and discount: Acme Blue cup").tap()
    page.get_by_label("Per cent off").fill("50")
    page.evaluate(ARRIVED)
    picture(page, "till-phone-discount")
    page.get_by_role("button", name="Apply").tap()
    page.locator("[data-sheet]").tap()
    expect(page.locator("[data-total]")).to_have_text("£5.40")
    page.evaluate(ARRIVED)
    picture(page, "till-phone-discounted")
    page.get_by_role("button", name="Card", exact=True).first.tap()
    page.get_by_label("PIN").fill(PIN)
    page.evaluate(ARRIVED)
    picture(page, "till-phone-approval")
    small = page.evaluate(SMALL_TARGETS, {"within": "dialog[open]", "least": SMALLEST_TILL_TARGET})
    assert small == []
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Approve").tap()
    page.get_by_role("button", name="Card payment done, £5.40").tap()
    expect(page.locator(".till-done")).to_be_visible()
    assert Order.objects.get().total == Decimal("5.40")
    context.close()
    assert said == []


def test_a_manager_elsewhere_is_asked_sees_it_at_once_and_the_till_goes_on_with_the_answer(
    browser: Browser, product: Product, acme: Shop, reduced: None, till: Page
) -> None:
    office = logged_in(browser, product, acme, "manager", viewport={"width": 360, "height": 740}, color_scheme="dark")
    desk = office.new_page()
    said = complaints(desk)
    desk.goto(product.url(acme, "/approvals/"))
    scan(till, CUP)
    till.get_by_role("button", name="Price and discount: Acme Blue cup").click()
    till.get_by_label("Per cent off").fill("50")
    till.get_by_role("button", name="Apply").click()
    expect(till.locator("[data-total]")).to_have_text("£5.40")
    till.get_by_role("button", name="Card", exact=True).first.click()
    for answer in ("Refuse", "Allow"):
        till.get_by_role("button", name="Ask a manager").click()
        expect(till.get_by_text("Asked. You can go on")).to_be_visible()
        picture(till, "till-asked")
        expect(desk.get_by_text("£5.40 off by hand")).to_be_visible()
        desk.evaluate(ARRIVED)
        picture(desk, f"approvals-asked-{answer}")
        assert desk.evaluate("() => document.documentElement.scrollWidth") == 360
        if answer == "Refuse":
            desk.get_by_label("Reason").fill("Too much")
        desk.get_by_role("button", name=answer).click()
        if answer == "Refuse":
            expect(till.get_by_text("refused it: Too much")).to_be_visible()
            picture(till, "till-refused")
    till.get_by_role("button", name="Card payment done, £5.40").click()
    expect(till.locator(".till-done")).to_be_visible()
    sold, approval = Order.objects.get(state="completed"), Approval.objects.get()
    assert (approval.reference_id, approval.approved_by_id) == (sold.pk, acme.person("manager").pk)
    office.close()
    assert said == []
