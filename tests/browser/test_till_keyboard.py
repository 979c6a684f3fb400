"""A day at the till by keyboard alone: open, sell, take back, exchange, count blind and close, without one click."""

from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from core.testing import Shop
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.models import Order, OrderLine, Payment, Shift
from orders.services.registers import create_register
from tests.browser.test_till import standing_at_the_till
from tests.browsers import picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

WATCH_HANDS = """
  for (const type of ["pointerdown", "mousedown", "touchstart"])
    addEventListener(type, () => sessionStorage.setItem("touched", type), { capture: true });
"""
FOCUSED = """() => {
  const { activeElement: element } = document;
  return (element.labels?.[0] ?? element).textContent.trim() || element.ariaLabel || "";
}"""
MOST_TABS = 80


def words(page: Page, text: str, then: str = "Enter") -> None:
    """Slower than a scanner, faster than patience."""
    page.keyboard.type(text, delay=90)
    page.keyboard.press(then)


def tab_to(page: Page, name: str) -> None:
    for _ in range(MOST_TABS):
        if page.evaluate(FOCUSED).startswith(name):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {name}")


def bring_back(page: Page, order: Order, units: str) -> None:
    """The first line of a sale, by its number."""
    page.keyboard.press("Shift+F2")
    words(page, order.number.lower())
    expect(page.locator(".till-back__line").first).to_be_visible()
    page.keyboard.type(units)
    tab_to(page, "Why it comes back")
    words(page, "Does not fit")
    expect(page.locator(".cart__line--back")).to_have_count(1)


def test_a_whole_day_by_keyboard_alone(browser: Browser, product: Product, acme: Shop) -> None:
    register = create_register(location_id=acme.location.pk, name="Front till", actor=acme.actor("manager"))
    with standing_at_the_till(browser, product, acme, "cashier") as till:
        till.context.add_init_script(WATCH_HANDS)
        till.reload()
        keys, total, done = till.keyboard, till.locator("[data-total]"), till.locator(".till-done output")
        expect(till.locator(".product-tile").first).to_be_visible()

        keys.type("?")
        expect(till.locator("[data-help-dialog]")).to_be_visible()
        for known in ("F8", "F9", "Shift F2", "Shift F9", "F7", "F3", "F1"):
            expect(till.locator("[data-help-dialog]")).to_contain_text(known)
        keys.press("Escape")
        expect(till.locator("[data-help-dialog]")).to_be_hidden()

        keys.press("Shift+F9")
        expect(till.locator(".till-choice", has_text="Sell without a register")).to_be_focused()
        keys.press("ArrowUp")
        expect(till.locator(".till-choice", has_text="Front till")).to_be_focused()
        keys.press("Enter")
        expect(till.get_by_label("Float in the drawer, in GBP")).to_be_focused()
        words(till, "100")
        expect(till.locator("[data-register]")).to_have_text("Front till")

        for sku in ("TEA", "TEA", "CUP"):
            words(till, sku)
            expect(till.locator(".till-notice[data-kind=success]")).to_be_visible()
        expect(total).to_have_text("£21.00")
        keys.press("F9")
        words(till, "5")
        expect(till.locator(".till-due")).to_have_text("£16.00")
        words(till, "20")
        expect(done).to_have_text("£4.00")
        keys.press("Enter")
        sale = Order.objects.get()

        bring_back(till, sale, "1")
        expect(total).to_have_text("£4.50")
        keys.press("F8")
        keys.press("Enter")
        expect(done).to_have_text("£4.50")
        keys.press("Enter")

        bring_back(till, sale, "1")
        words(till, "CUP")
        expect(total).to_have_text("£7.50")
        keys.press("F8")
        words(till, "10")
        expect(done).to_have_text("£2.50")
        keys.press("Enter")

        keys.press("Shift+F9")
        tab_to(till, "Cash in and out, count and close")
        keys.press("Enter")
        expect(till.get_by_text("Sums are shown when the drawer is counted.")).to_be_visible()
        tab_to(till, "Count and close")
        keys.press("Enter")
        expect(till.get_by_role("heading", name="Count and close")).to_be_visible()
        for value, pieces in (("50", "2"), ("10", "1"), ("5", "1"), ("2", "2")):  # 100 + 16 - 4.50 + 7.50 = 119
            tab_to(till, f"£{value}.00")
            keys.type(pieces)
        picture(till, "till-count")
        keys.press("Enter")
        expect(till.locator("h1")).to_contain_text("Z1")
        picture(till, "till-closed")
        assert till.evaluate("() => sessionStorage.getItem('touched')") is None

    shift = Shift.objects.get()
    assert (shift.register_id, shift.opening_float, shift.closed_by_label) == (
        register.pk,
        Decimal(100),
        shift.opened_by_label,
    )
    assert (shift.expected_total, shift.counted_total, shift.difference_reason) == (Decimal(119), Decimal(119), "")
    documents = Order.objects.order_by("occurred_at").values_list("kind", "total", "shift_id")
    assert list(documents) == [
        ("sale", Decimal(21), shift.pk),
        ("refund", Decimal("-4.50"), shift.pk),
        ("refund", Decimal("-4.50"), shift.pk),
        ("sale", Decimal(12), shift.pk),
    ]
    paid = Payment.objects.order_by("received_at", "amount").values_list("method", "amount", "change")
    assert sorted(paid) == sorted(
        [
            ("card", Decimal(5), Decimal(0)),
            ("cash", Decimal(16), Decimal(4)),
            ("cash", Decimal("-4.50"), Decimal(0)),
            ("exchange", Decimal("-4.50"), Decimal(0)),
            ("exchange", Decimal("4.50"), Decimal(0)),
            ("cash", Decimal("7.50"), Decimal("2.50")),
        ]
    )
    lines = OrderLine.objects.order_by("order__occurred_at", "position").values_list("sku", "quantity")
    assert [(sku, int(units)) for sku, units in lines] == [("TEA", 2), ("CUP", 1), ("TEA", -1), ("TEA", -1), ("CUP", 1)]
    levels = dict(StockLevel.objects.values_list("variant__sku", "on_hand"))
    assert (levels["TEA"], levels["CUP"]) == (Decimal(10), Decimal(8))
    assert audit_books() == []
