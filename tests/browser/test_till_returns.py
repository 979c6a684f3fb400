"""Goods that come back at the till, alone or in exchange for others, in a real browser."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.testing import PASSWORD, Shop, sale_body
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.models import Approval, CreditAccount, Customer, Order, OrderLine, Payment
from orders.services.approvals import set_pin
from orders.services.policy import change_policy
from tests.api import person
from tests.browser.page_look import ARRIVED, SMALL_TARGETS, SMALLEST_TILL_TARGET
from tests.browser.test_till import CUP, SCAN, TEA, ready, standing_at_the_till
from tests.browsers import complaints, logged_in, picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

PIN = "2580"

# As long as `window.lost` is set the line breaks after the server has done it and before the till hears of it.
LOSE_ANSWERS = """() => {
  const send = window.fetch;
  window.fetch = async (url, options) => {
    const answer = await send(url, options);
    if (String(url).includes("/exchanges/")) throw new TypeError("the line broke");
    return answer;
  };
}"""


@pytest.fixture
def till(browser: Browser, product: Product, acme: Shop) -> Iterator[Page]:
    with standing_at_the_till(browser, product, acme, "cashier") as page:
        yield page


def sold(shop: Shop, basket: dict[str, str], **more: Any) -> Order:
    body = sale_body(shop, basket, **more)
    assert person(shop, "owner").post("orders/", body).status_code == 201
    return Order.objects.get(pk=body["id"])


def levels() -> dict[str, tuple[Decimal, Decimal]]:
    rows = StockLevel.objects.select_related("variant")
    return {row.variant.sku: (row.on_hand, row.damaged) for row in rows}


def bring_back(page: Page, name: str, units: str, place: str = "restock") -> None:
    page.get_by_label(f"How many come back: {name}").fill(units)
    page.get_by_label(f"How many come back: {name}").press("Tab")
    page.get_by_label(f"Where it goes: {name}").select_option(place)


def test_an_exchange_in_one_ticket_from_the_scanned_receipt_to_the_net_amount(till: Page, acme: Shop) -> None:
    origin = sold(acme, {"TEA": "2", "JAM": "1"})
    before = levels()
    till.evaluate(SCAN, [CUP])  # the new goods may come first
    expect(till.locator("[data-total]")).to_have_text("£12.00")
    till.evaluate(SCAN, [f"R-{origin.number}"])
    expect(till.get_by_role("heading", name=f"Sale #{origin.number}")).to_be_visible()
    bring_back(till, "Acme Earl Grey", "1", "damaged")
    till.get_by_role("button", name="Faulty").click()
    till.evaluate(ARRIVED)
    picture(till, "till-return")
    till.get_by_role("button", name="Into the basket").click()
    expect(till.locator(".cart__line--back .cart__note")).to_have_text("-1 × £4.50, damaged")
    expect(till.locator("[data-total]")).to_have_text("£7.50")
    till.reload()
    ready(till)
    expect(till.locator("[data-total]")).to_have_text("£7.50")
    picture(till, "till-exchange")

    till.keyboard.press("F7")
    expect(till.get_by_text("Goods that come back cannot be parked")).to_be_visible()
    till.keyboard.press("Escape")
    till.evaluate(LOSE_ANSWERS)
    till.keyboard.press("F8")
    expect(till.locator(".till-due")).to_have_text("£7.50")
    till.get_by_role("button", name="£10.00").click()
    till.get_by_role("button", name="Take £10.00").click()
    expect(till.get_by_text("Trying again cannot sell it twice")).to_be_visible()
    till.reload()  # it was booked, and nobody heard of it
    expect(till.locator(".till-done output")).to_have_text("£2.50")
    expect(till.locator("#till-done-title")).to_contain_text("Exchange")
    expect(till.locator(".receipt")).to_have_count(2)
    till.evaluate(ARRIVED)
    picture(till, "till-exchanged")

    refund, sale = Order.objects.get(kind="refund"), Order.objects.get(kind="sale", ticket__isnull=False)
    assert refund.ticket == sale.ticket and refund.refund_of_id == origin.pk
    assert (refund.total, refund.note, sale.total) == (Decimal("-4.50"), "Faulty", Decimal(12))
    line = OrderLine.objects.get(order=refund)
    assert (line.sku, line.quantity, line.disposition) == ("TEA", Decimal(-1), "damaged")
    paid = Payment.objects.filter(order__in=[refund, sale]).order_by("amount").values_list("method", "amount", "change")
    assert list(paid) == [
        ("exchange", Decimal("-4.50"), Decimal(0)),
        ("exchange", Decimal("4.50"), Decimal(0)),
        ("cash", Decimal("7.50"), Decimal("2.50")),
    ]
    after = levels()
    assert after["TEA"] == (before["TEA"][0], before["TEA"][1] + 1)
    assert (after["CUP"], after["JAM"]) == ((before["CUP"][0] - 1, Decimal(0)), before["JAM"])
    assert audit_books() == []
    till.keyboard.press("Enter")
    expect(till.locator("[data-back-lines] li")).to_have_count(0)


def test_what_is_dearer_comes_back_and_the_rest_goes_to_the_customers_store_credit(till: Page, acme: Shop) -> None:
    customer = Customer.objects.get(number="C1")
    origin = sold(acme, {"CUP": "1"}, customer=str(customer.pk))
    till.keyboard.press("Shift+F2")
    till.keyboard.type(origin.number.lower(), delay=90)
    till.keyboard.press("Enter")
    expect(till.get_by_label("How many come back: Acme Blue cup")).to_have_value("1")
    till.get_by_label("Why it comes back").fill("Does not fit")
    till.keyboard.press("Enter")
    expect(till.locator("[data-show='due-label']").first).to_have_text("To give back")
    till.evaluate(SCAN, [TEA])
    expect(till.locator("[data-total]")).to_have_text("£7.50")
    till.keyboard.press("F8")
    expect(till.locator("till-payment [data-show='due-label']")).to_have_text("To give back")
    expect(till.locator("[data-method=giftcard]")).to_be_hidden()
    till.get_by_role("button", name="Store credit").click()
    till.keyboard.type("5", delay=90)
    till.keyboard.press("Enter")
    expect(till.locator(".till-due")).to_have_text("£2.50")
    till.evaluate(ARRIVED)
    picture(till, "till-give-back")
    till.keyboard.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert CreditAccount.objects.get(customer=customer, kind="credit").balance == Decimal(5)
    given = Payment.objects.filter(order__kind="refund").order_by("amount").values_list("method", "amount")
    assert list(given) == [("credit", Decimal(-5)), ("exchange", Decimal("-4.50")), ("cash", Decimal("-2.50"))]
    assert audit_books() == []


def test_a_return_alone_that_needs_a_manager_gives_cash_back_once(till: Page, acme: Shop) -> None:
    change_policy({"refund_amount": Decimal(5)}, actor=acme.actor("owner"), version=None)
    set_pin(pin=PIN, password=PASSWORD, actor=acme.actor("manager"))
    origin = sold(acme, {"TEA": "3"})
    till.evaluate(SCAN, [f"R-{origin.number}"])
    expect(till.get_by_label("How many come back: Acme Earl Grey")).to_be_focused()
    till.evaluate(SCAN, [TEA, TEA, CUP])
    expect(till.get_by_text("This was not bought with this receipt.")).to_be_visible()
    expect(till.get_by_label("How many come back: Acme Earl Grey")).to_have_value("2")
    till.get_by_role("button", name="Changed their mind").click()
    till.keyboard.press("Enter")
    expect(till.get_by_text("Somebody must approve this return.")).to_be_visible()
    till.keyboard.press("F8")
    till.get_by_label("PIN").fill(PIN)
    till.keyboard.press("Enter")
    expect(till.locator(".till-due")).to_have_text("£9.00")
    till.keyboard.press("Enter")
    expect(till.locator(".till-done output")).to_have_text("£9.00")
    expect(till.locator(".till-done")).to_contain_text("Give back")
    refund = Order.objects.get(kind="refund")
    assert (refund.total, refund.ticket) == (Decimal(-9), None)
    assert Payment.objects.get(order=refund).method == "cash"
    assert Approval.objects.get().reference_id == refund.pk
    till.keyboard.press("Enter")
    till.evaluate(SCAN, [f"R-{origin.number}"])
    expect(till.locator(".till-back__line")).to_contain_text("1 × £4.50")


def test_an_exchange_by_one_thumb_on_a_phone(browser: Browser, product: Product, acme: Shop) -> None:
    origin = sold(acme, {"TEA": "2", "CUP": "1"})
    options = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "color_scheme": "light"}
    context = logged_in(browser, product, acme, "cashier", **options)
    page = context.new_page()
    said = complaints(page)
    page.goto(product.url(acme, "/till/"))
    ready(page)
    page.locator("[data-sheet]").tap()
    page.get_by_role("button", name="Return", exact=True).tap()
    page.get_by_label("Number on the receipt").fill(origin.number)
    page.get_by_role("button", name="Find it").tap()
    page.get_by_role("button", name="One more: Acme Earl Grey").tap()
    page.get_by_role("button", name="Does not fit").tap()
    page.evaluate(ARRIVED)
    picture(page, "till-phone-return")
    small = page.evaluate(SMALL_TARGETS, {"within": "dialog[open]", "least": SMALLEST_TILL_TARGET})
    assert small == []
    page.get_by_role("button", name="Into the basket").tap()
    page.locator(".product-tile", has_text="Blue cup").tap()
    page.locator("[data-sheet]").tap()
    expect(page.locator("[data-total]")).to_have_text("£7.50")
    page.evaluate(ARRIVED)
    picture(page, "till-phone-exchange")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Card", exact=True).first.tap()
    page.get_by_role("button", name="Card payment done, £7.50").tap()
    expect(page.locator(".till-done")).to_be_visible()
    assert Order.objects.filter(ticket__isnull=False).count() == 2
    context.close()
    assert said == []
