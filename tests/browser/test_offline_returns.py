"""Goods that come back while the server is away, of sales this device made: each is booked once, as it was given."""

from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.sync.models import Flag
from core.testing import Shop, sale_body
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.models import Order, OrderLine, Payment
from orders.services.policy import change_policy
from tests.api import person
from tests.browser.page_look import ARRIVED
from tests.browser.test_offline_sales import is_empty, sell, standing
from tests.browser.test_till import CUP, SCAN, TEA
from tests.browser.test_till_returns import bring_back
from tests.browsers import complaints, picture

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

# Whether a receipt is on the device still so many days later.
KEPT_AFTER = """async ([number, days]) => {
  const { find, forget } = await import("/static/js/lib/store/receipts.js");
  await forget(Date.now() + days * 86_400_000);
  return (await find(number)) !== null;
}"""


def take_back(page: Page, code: str, units: str) -> None:
    """Scan a receipt, say how much of the tea comes back and why, and put it into the basket."""
    page.evaluate(SCAN, [code])
    bring_back(page, "Acme Earl Grey", units)
    page.get_by_role("button", name="Faulty").click()
    page.get_by_role("button", name="Into the basket").click()
    expect(page.locator(".cart__line--back")).to_have_count(1)


def give_back(page: Page, key: str = "F8") -> None:
    page.keyboard.press(key)
    expect(page.locator("till-payment dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".till-done")).to_be_visible()
    expect(page.locator("#till-done-title")).to_contain_text("Return")


def test_goods_of_a_sale_made_without_a_network_come_back_in_steps_before_either_was_sent(
    phone: BrowserContext,
) -> None:
    page = standing(phone)
    said = complaints(page)
    phone.set_offline(True)
    sell(page, TEA, TEA, TEA, CUP, given="30")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+F2")
    page.keyboard.type("k3-000001", delay=90)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sale #K3-000001")).to_be_visible()
    page.evaluate(ARRIVED)
    picture(page, "offline-return")
    page.keyboard.press("Escape")
    take_back(page, "R-K3-000001", "2")
    give_back(page)
    expect(page.locator(".till-done output")).to_have_text("£9.00")
    for text in ("Refund of K3-000001", "K3-000002", "Not sent yet"):
        expect(page.locator(".receipt")).to_contain_text(text)
    page.evaluate(ARRIVED)
    picture(page, "offline-returned")
    page.keyboard.press("Enter")
    page.evaluate(SCAN, ["R-K3-000001"])
    expect(page.locator(".till-back__line").first).to_contain_text("1 × £4.50")
    page.keyboard.press("Escape")
    take_back(page, "R-K3-000001", "1")
    give_back(page)
    page.keyboard.press("Enter")
    page.evaluate(SCAN, ["R-K3-000001"])
    expect(page.locator(".till-back__line").first).to_contain_text("Came back before")
    page.keyboard.press("Escape")
    assert Order.objects.count() == 0
    page.locator("till-state button").click()
    expect(page.locator("unsent-list")).to_contain_text("-£9.00")
    page.keyboard.press("Escape")

    phone.set_offline(False)
    is_empty(page)
    sale = Order.objects.get(kind="sale")
    refunds = Order.objects.filter(kind="refund").order_by("total")
    assert list(refunds.values_list("refund_of", "total", "note")) == [
        (sale.pk, Decimal("-9.00"), "Faulty"),
        (sale.pk, Decimal("-4.50"), "Faulty"),
    ]
    paid = Payment.objects.filter(order__kind="refund").order_by("amount").values_list("method", "amount")
    assert list(paid) == [("cash", Decimal("-9.00")), ("cash", Decimal("-4.50"))]
    assert sum(OrderLine.objects.filter(order__kind="refund").values_list("quantity", flat=True)) == -3
    assert StockLevel.objects.get(variant__sku="TEA").on_hand == 10
    assert (Flag.objects.count(), audit_books()) == (0, [])
    assert [text for text in said if "Failed to load resource" not in text] == []


def test_what_this_device_sold_with_the_server_comes_back_without_it_and_other_receipts_need_it(
    phone: BrowserContext, acme: Shop
) -> None:
    elsewhere = sale_body(acme, {"TEA": "1"})
    assert person(acme, "owner").post("orders/", elsewhere).status_code == 201
    page = standing(phone)
    sell(page, TEA, TEA, given="10")
    page.keyboard.press("Enter")
    here, other = Order.objects.exclude(pk=elsewhere["id"]).get(), Order.objects.get(pk=elsewhere["id"])
    take_back(page, f"R-{here.number}", "1")
    give_back(page)
    page.keyboard.press("Enter")

    phone.set_offline(True)
    page.keyboard.press("Shift+F2")
    page.keyboard.type(other.number, delay=90)
    page.keyboard.press("Enter")
    expect(page.locator("till-return [role='alert']")).to_contain_text("This receipt is not kept on this device")
    page.keyboard.press("Escape")
    page.evaluate(SCAN, [f"R-{here.number}"])
    expect(page.locator(".till-back__line")).to_contain_text("1 × £4.50")
    page.keyboard.press("Escape")
    take_back(page, f"R-{here.number}", "1")
    page.evaluate(SCAN, [CUP])
    expect(page.locator(".cart__line:not(.cart__line--back)")).to_have_count(1)
    page.keyboard.press("F8")
    expect(page.get_by_text("An exchange needs the server")).to_be_visible()
    page.keyboard.press("Delete")
    give_back(page)
    phone.set_offline(False)
    is_empty(page)
    assert page.evaluate(KEPT_AFTER, [here.number, 29]) is True
    assert page.evaluate(KEPT_AFTER, [here.number, 31]) is False
    assert sorted(Order.objects.filter(refund_of=here).values_list("total", flat=True)) == [Decimal("-4.5")] * 2
    assert (Flag.objects.count(), audit_books()) == (0, [])


def test_a_return_that_somebody_must_approve_waits_for_the_server_and_the_basket_stays(
    phone: BrowserContext, acme: Shop
) -> None:
    change_policy({"refund_amount": Decimal(4)}, actor=acme.actor())
    page = standing(phone)
    phone.set_offline(True)
    sell(page, TEA, given="5")
    page.keyboard.press("Enter")
    take_back(page, "R-K3-000001", "1")
    page.keyboard.press("F8")
    expect(page.get_by_text("Somebody must approve this, and that needs the server")).to_be_visible()
    expect(page.locator(".cart__line--back")).to_have_count(1)
    phone.set_offline(False)
    is_empty(page)
    assert list(Order.objects.values_list("kind", flat=True)) == ["sale"]
