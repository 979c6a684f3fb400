"""The till in a real browser against the product's own processes: what a cashier does all day, and what goes wrong."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from core.outbox.models import Event
from core.testing import PASSWORD, Shop
from inventory.models import StockLevel, StockMovement, Variant
from orders.models import Order, OrderLine, Payment
from tests.browsers import complaints, held_up, logged_in, picture
from tests.processes import Product
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

TEA, CUP = "5012345678900", "4006381333931"

# A wedge scanner: keys within milliseconds, with the hardware's time stamps, at whatever has the focus.
SCAN = """(codes) => {
  for (const code of codes) {
    for (const key of [...code, "Enter"]) {
      const target = document.activeElement ?? document.body;
      const init = { key, bubbles: true, cancelable: true, composed: true };
      const isFree = target.dispatchEvent(new KeyboardEvent("keydown", init));
      if (isFree && key !== "Enter" && target instanceof HTMLInputElement && target.selectionStart !== null) {
        target.setRangeText(key, target.selectionStart, target.selectionEnd, "end");
        target.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
  }
}"""

# The same, held up for some milliseconds after so many keys.
HELD_UP = """async ([code, place, pause]) => {
  const press = (key) => {
    const target = document.activeElement ?? document.body;
    const isFree = target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    if (isFree && key !== "Enter" && target instanceof HTMLInputElement) {
      target.setRangeText(key, target.selectionStart, target.selectionEnd, "end");
      target.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
  for (const key of code.slice(0, place)) press(key);
  await new Promise((resolve) => setTimeout(resolve, pause));
  for (const key of [...code.slice(place), "Enter"]) press(key);
}"""

# The line breaks after the server has booked and before the till hears of it; a reload finds it mended.
LOSE_ANSWERS = """() => {
  const send = window.fetch;
  window.fetch = async (url, options) => {
    const answer = await send(url, options);
    if (options?.method === "POST") throw new TypeError("the line broke");
    return answer;
  };
}"""


@pytest.fixture
def till(browser: Browser, product: Product, acme: Shop) -> Iterator[Page]:
    """A cashier stands at the till."""
    with standing_at_the_till(browser, product, acme, "cashier") as page:
        yield page


@contextmanager
def standing_at_the_till(browser: Browser, product: Product, shop: Shop, role: str) -> Iterator[Page]:
    context = logged_in(browser, product, shop, role)
    page = context.new_page()
    said = complaints(page)
    page.goto(product.url(shop, "/till/"))
    ready(page)
    yield page
    context.close()
    assert [text for text in said if "Failed to load resource" not in text] == []


def ready(page: Page) -> None:
    expect(page.locator("till-counter[data-ready]")).to_be_attached()
    expect(page.locator(".product-tile").first).to_be_visible()


def log_in(page: Page, shop: Shop) -> None:
    """By the form, as a cashier does in the morning."""
    page.get_by_label("E-mail").fill(f"cashier@{shop.host}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    ready(page)


def on_hand(sku: str) -> Decimal:
    return StockLevel.objects.get(variant__sku=sku).on_hand


def test_what_is_typed_while_the_first_is_looked_up_stands_in_the_basket_in_its_order(till: Page) -> None:
    held = held_up(till, "**/scan/**", times=1)
    with till.expect_request("**/scan/**"):
        till.keyboard.type("tea\n", delay=90)
    till.keyboard.type("CUP\n", delay=90)
    till.keyboard.type("jam\n", delay=90)
    till.keyboard.press("F8")
    expect(till.get_by_text("A scan is still being looked up.")).to_be_visible()
    expect(till.locator(".scan-field__input")).to_have_value("")
    held.pop().continue_()
    expect(till.locator(".cart__name")).to_have_text(["Acme Earl Grey", "Acme Blue cup", "Acme Plum jam"])
    words = held_up(till, "**/till/articles/*q=earl*", times=1)
    with till.expect_request("**/till/articles/*q=earl*"):
        till.keyboard.type("earl\n", delay=90)
    till.keyboard.type("CUP\n", delay=90)
    words.pop().continue_()
    expect(till.locator("[data-total]")).to_have_text("£36.25")
    till.keyboard.type("nothing\n", delay=90)
    expect(till.locator(".till-notice")).to_have_text("Nothing carries the code or name nothing.")
    expect(till.locator(".scan-field__input")).to_have_value("nothing")


def test_a_cashier_scans_changes_a_quantity_takes_cash_and_sees_change_and_receipt(
    till: Page, product: Product, acme: Shop
) -> None:
    till.context.clear_cookies()
    till.goto(product.url(acme, "/till/"))
    log_in(till, acme)
    till.keyboard.type(f"{TEA}\n", delay=2)
    expect(till.locator(".cart__line")).to_have_count(1)
    till.evaluate(SCAN, [CUP, TEA])
    expect(till.locator(".cart__line")).to_have_count(2)
    expect(till.locator(".scan-field__input")).to_have_value("")
    till.get_by_label("Quantity: Acme Earl Grey").fill("3")
    till.get_by_label("Quantity: Acme Earl Grey").press("Enter")
    expect(till.locator("[data-total]")).to_have_text("£25.50")
    picture(till, "till")

    till.get_by_role("button", name="Cash", exact=True).first.click()
    till.get_by_role("button", name="£30.00").click()
    expect(till.locator(".till-change output")).to_have_text("£4.50")
    till.get_by_role("button", name="Take £30.00").click()
    expect(till.locator(".till-done output")).to_have_text("£4.50")
    slip = till.locator(".receipt")
    expect(slip).to_contain_text("3 × £4.50")
    expect(slip).to_contain_text("Tax 20% in it")
    picture(till, "till-receipt")

    order = Order.objects.get()
    expect(slip).to_contain_text(order.number)
    assert (order.total, order.tax_total, order.channel, order.created_by_id) == (
        Decimal("25.50"),
        Decimal("4.25"),
        "counter",
        acme.person("cashier").pk,
    )
    lines = OrderLine.objects.values_list("sku", "quantity", "unit_price", "total")
    assert list(lines) == [
        ("TEA", Decimal(3), Decimal("4.50"), Decimal("13.50")),
        ("CUP", Decimal(1), Decimal(12), Decimal(12)),
    ]
    payment = Payment.objects.get()
    assert (payment.method, payment.amount, payment.tendered, payment.change) == (
        "cash",
        Decimal("25.50"),
        Decimal(30),
        Decimal("4.50"),
    )
    assert (on_hand("TEA"), on_hand("CUP"), on_hand("JAM")) == (Decimal(7), Decimal(9), Decimal(10))

    till.keyboard.press("Enter")
    expect(till.locator(".cart__line")).to_have_count(0)
    expect(till.locator(".scan-field__input")).to_be_focused()


def test_a_reload_while_the_sale_is_under_way_does_not_sell_twice(till: Page, acme: Shop) -> None:
    till.evaluate(LOSE_ANSWERS)
    till.evaluate(SCAN, [TEA])
    expect(till.locator(".cart__line")).to_have_count(1)
    till.keyboard.press("F8")
    till.keyboard.press("Enter")
    expect(till.get_by_text("Trying again cannot sell it twice")).to_be_visible()
    assert Order.objects.count() == 1

    till.evaluate(SCAN, [CUP])  # frozen: the sale may be booked, so nothing may change it
    expect(till.locator(".cart__line")).to_have_count(1)
    till.reload()
    expect(till.locator(".till-done output")).to_have_text("£4.50")
    assert Order.objects.count() == Payment.objects.count() == 1
    assert on_hand("TEA") == Decimal(9)
    assert StockMovement.objects.filter(kind="sale").count() == 1


def test_a_double_click_on_pay_posts_one_sale(till: Page, acme: Shop) -> None:
    posts: list[str] = []
    till.on(
        "request", lambda request: posts.append(request.method) if request.url.endswith("/api/v1/orders/") else None
    )
    till.evaluate(SCAN, [CUP])
    expect(till.locator(".cart__line")).to_have_count(1)
    till.get_by_role("button", name="Card", exact=True).first.click()
    till.get_by_role("button", name="Card payment done, £12.00").dblclick()
    expect(till.locator(".till-done output")).to_have_text("£12.00")
    assert posts == ["POST"] and Order.objects.count() == 1
    assert Payment.objects.get().method == "card"


def test_a_whole_sale_by_keyboard_alone_paid_in_two_ways(till: Page, acme: Shop) -> None:
    keys = till.keyboard
    keys.type("earl", delay=90)
    keys.press("Enter")
    expect(till.locator(".cart__line")).to_have_count(1)
    keys.press("ArrowRight")
    keys.type("TEA", delay=90)
    keys.press("Enter")
    expect(till.locator("[data-total]")).to_have_text("£13.50")
    keys.press("F4")
    keys.type("4", delay=90)
    keys.press("Enter")
    expect(till.locator("[data-total]")).to_have_text("£18.00")
    keys.press("F8")
    keys.type("10", delay=90)
    expect(till.locator(".till-change output")).to_have_text("£8.00")
    keys.press("Enter")
    expect(till.locator(".till-due")).to_have_text("£8.00")
    keys.press("Enter")
    expect(till.locator(".till-done output")).to_have_text("£18.00")
    keys.press("Enter")
    expect(till.locator(".cart__line")).to_have_count(0)
    payments = Payment.objects.order_by("amount").values_list("method", "amount")
    assert list(payments) == [("card", Decimal(8)), ("cash", Decimal(10))]
    assert Order.objects.get().total == Decimal(18) and on_hand("TEA") == Decimal(6)


def test_a_scan_before_the_page_is_ready_is_not_lost(till: Page) -> None:
    held: list[Route] = []
    till.route("**/till-counter*.js*", lambda route: held.append(route))  # noqa: PLW0108  no builtin is taken
    till.reload(wait_until="commit")
    field = till.get_by_role("searchbox", name="Code or name")
    field.focus()
    while not held:
        till.evaluate("() => document.readyState")  # lets the browser's news come in
    till.evaluate(SCAN, [TEA])
    expect(field).to_have_value(TEA)
    held[0].continue_()
    expect(till.locator(".cart__name")).to_have_text(["Acme Earl Grey"])
    expect(till.locator("[data-total]")).to_have_text("£4.50")
    expect(field).to_have_value("")


def test_twenty_scans_in_a_burst_are_all_counted_in_their_order(till: Page, acme: Shop) -> None:
    till.evaluate(SCAN, [TEA, CUP] * 10)
    expect(till.locator("[data-total]")).to_have_text("£165.00")
    assert till.locator(".cart__name").all_inner_texts() == ["Acme Earl Grey", "Acme Blue cup"]
    for name in ("Acme Earl Grey", "Acme Blue cup"):
        expect(till.get_by_label(f"Quantity: {name}")).to_have_value("10")


def test_a_scan_that_a_busy_machine_holds_up_is_one_scan(till: Page, acme: Shop) -> None:
    """Its halves come 100 ms apart, and so long apart that only the field still knows the first."""
    till.evaluate(HELD_UP, [TEA, 7, 100])
    expect(till.locator(".cart__name")).to_have_text(["Acme Earl Grey"])
    till.evaluate(HELD_UP, [CUP, 5, 400])
    expect(till.locator(".cart__name")).to_have_text(["Acme Earl Grey", "Acme Blue cup"])
    expect(till.locator(".scan-field__input")).to_have_value("")


def test_an_unknown_code_is_said_and_changes_nothing(till: Page, acme: Shop) -> None:
    till.evaluate(SCAN, ["9999999999994", TEA])
    expect(till.locator(".cart__line")).to_have_count(1)
    till.evaluate(SCAN, ["9999999999994"])
    expect(till.locator(".till-notice")).to_have_text("Nothing carries the code 9999999999994.")
    expect(till.locator(".cart__line")).to_have_count(1)
    till.locator(".scan-field__input").fill("B" * 10_000)
    till.keyboard.press("Enter")
    expect(till.locator(".till-notice")).to_have_text(f"Nothing carries the code or name {'B' * 40} ….")
    expect(till.locator(".flash:visible")).to_have_count(0)


def test_a_scan_into_the_payment_is_an_article_and_no_amount(till: Page, acme: Shop) -> None:
    till.evaluate(SCAN, [TEA])
    expect(till.locator(".cart__line")).to_have_count(1)
    till.keyboard.press("F8")
    expect(till.locator("till-payment dialog")).to_be_visible()
    till.evaluate(SCAN, [CUP])
    expect(till.locator("[data-total]")).to_have_text("£16.50")
    expect(till.locator("till-payment dialog")).to_be_hidden()
    assert Order.objects.count() == 0


def test_too_little_stock_names_the_line_and_sells_what_is_there(till: Page, acme: Shop) -> None:
    till.evaluate(SCAN, [TEA])
    till.get_by_label("Quantity: Acme Earl Grey").fill("12")
    till.get_by_label("Quantity: Acme Earl Grey").press("Enter")
    till.keyboard.press("F8")
    till.keyboard.press("Enter")
    expect(till.locator(".till-short")).to_have_text("Acme Earl Grey 10 there, 12 wanted")
    expect(till.get_by_role("button", name="Sell anyway")).to_have_count(0)
    assert Order.objects.count() == 0 and on_hand("TEA") == Decimal(10)
    picture(till, "till-short")
    till.get_by_role("button", name="Sell what is there").click()
    expect(till.locator(".till-due")).to_have_text("£45.00")
    till.keyboard.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert Order.objects.get().total == Decimal(45) and on_hand("TEA") == Decimal(0)


def test_who_may_oversell_sells_anyway(browser: Browser, product: Product, acme: Shop) -> None:
    with standing_at_the_till(browser, product, acme, "manager") as till:
        till.evaluate(SCAN, [TEA])
        till.get_by_label("Quantity: Acme Earl Grey").fill("12")
        till.get_by_label("Quantity: Acme Earl Grey").press("Enter")
        till.keyboard.press("F8")
        till.keyboard.press("Enter")
        till.get_by_role("button", name="Sell anyway").click()
        expect(till.locator(".till-done")).to_be_visible()
    assert Order.objects.get().total == Decimal(54) and on_hand("TEA") == Decimal(-2)


def test_a_changed_price_is_said_and_the_new_one_is_taken(till: Page, acme: Shop) -> None:
    till.evaluate(SCAN, [TEA])
    expect(till.locator("[data-total]")).to_have_text("£4.50")
    expect(till.locator("till-cart[data-reckoned]")).to_have_count(0)
    Variant.objects.filter(sku="TEA").update(unit_price=Decimal("4.75"))
    till.keyboard.press("F8")
    till.keyboard.press("Enter")
    expect(till.get_by_text("Acme Earl Grey is now £4.75.")).to_be_visible()
    till.get_by_role("button", name="Take the payment").click()
    till.keyboard.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert Order.objects.get().total == Decimal("4.75")


def test_a_session_that_ended_keeps_the_basket(till: Page, acme: Shop) -> None:
    till.evaluate(SCAN, [TEA])
    expect(till.locator(".cart__line")).to_have_count(1)
    till.context.clear_cookies()
    till.get_by_role("searchbox", name="Code or name").fill("earl")
    expect(till.locator(".till-notice")).to_have_text("The products cannot be shown: Your session ended. Log in again.")
    till.keyboard.press("F8")
    till.keyboard.press("Enter")
    till.get_by_role("link", name="Log in again").click()
    log_in(till, acme)
    expect(till.locator("[data-total]")).to_have_text("£4.50")
    till.keyboard.press("F8")
    till.keyboard.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert Order.objects.count() == 1


def test_a_question_mark_opens_the_list_of_keys_and_is_no_search(till: Page, acme: Shop) -> None:
    till.keyboard.type("?")
    expect(till.get_by_role("heading", name="Keyboard")).to_be_visible()
    till.keyboard.press("Escape")
    expect(till.locator(".scan-field__input")).to_have_value("")


def test_a_sale_at_the_till_is_told_once(till: Page, acme: Shop) -> None:
    till.evaluate(SCAN, [TEA])
    expect(till.locator(".cart__line")).to_have_count(1)
    till.keyboard.press("F8")
    till.keyboard.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    wait_until(lambda: Event.objects.filter(type="order.completed", seq__isnull=False).count() == 1)
    assert Event.objects.filter(type="order.completed").count() == 1


def test_the_receipt_prints_alone_and_80_mm_wide(till: Page, acme: Shop) -> None:
    till.evaluate(SCAN, [TEA])
    expect(till.locator(".cart__line")).to_have_count(1)
    till.keyboard.press("F9")
    till.keyboard.press("Enter")
    expect(till.locator(".receipt")).to_be_visible()
    from_the_till = till.pdf(prefer_css_page_size=True)
    till.goto(f"/orders/{Order.objects.get().pk}/receipt/")
    for paper in (from_the_till, till.pdf(prefer_css_page_size=True)):
        widths = [float(box.split()[2]) for box in re.findall(rb"/MediaBox \[([^]]+)\]", paper)]
        assert [round(points / 72 * 25.4) for points in widths] == [80]
