"""Registers, shifts and what the shop owes, at the till in a real browser."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from core.ids import uuid7
from core.testing import Shop
from orders.models import Order, Payment, Register, Shift
from orders.services.customers import create_customer
from orders.services.gift_cards import adjust_customers_credit, issue_gift_card
from orders.services.registers import create_register
from orders.services.shifts import close_shift
from tests.browser.page_look import ARRIVED
from tests.browser.test_till import CUP, SCAN, TEA, ready, standing_at_the_till
from tests.browsers import picture
from tests.processes import Product
from tests.test_shut_drawers import sold_while_shut
from tests.tills_away import Till

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def register(acme: Shop) -> Register:
    return create_register(location_id=acme.location.pk, name="Front till", actor=acme.actor("manager"))


@pytest.fixture
def till(browser: Browser, product: Product, acme: Shop, register: Register) -> Iterator[Page]:
    with standing_at_the_till(browser, product, acme, "cashier") as page:
        yield page


def test_who_opens_is_told_what_was_sold_while_no_shift_was_open(till: Page, acme: Shop, register: Register) -> None:
    sold_while_shut(acme, register, Till.at(acme))
    till.keyboard.press("Shift+F9")
    till.locator(".till-choice", has_text="Front till").click()
    expect(till.get_by_text("£9.00 in cash came in while no shift was open.")).to_be_visible()
    till.evaluate(ARRIVED)
    picture(till, "till-register-waiting")
    field = till.get_by_label("Float in the drawer, in GBP")
    field.fill("100")
    field.press("Enter")
    expect(till.locator("[data-register]")).to_have_text("Front till")
    till.keyboard.press("Shift+F9")
    expect(till.get_by_text("Cash in and out, count and close")).to_be_visible()
    expect(till.get_by_text("came in while no shift was open")).to_be_hidden()


def test_a_device_is_a_register_opens_its_shift_and_sells_into_its_drawer(
    till: Page, acme: Shop, register: Register
) -> None:
    keys, button = till.keyboard, till.locator("[data-register]")
    expect(button).to_contain_text("Choose a register")
    keys.press("Shift+F9")
    till.locator(".till-choice", has_text="Front till").click()
    expect(till.get_by_label("Float in the drawer, in GBP")).to_be_focused()
    till.evaluate(ARRIVED)
    picture(till, "till-register")
    keys.press("Escape")
    expect(button).to_contain_text("Front till: no shift")
    till.reload()
    ready(till)
    till.evaluate(SCAN, [TEA])
    expect(till.locator("[data-total]")).to_have_text("£4.50")
    keys.press("F8")  # not without a shift
    field = till.get_by_label("Float in the drawer, in GBP")
    expect(field).to_be_visible()
    field.fill("100")
    field.press("Enter")
    expect(button).to_have_text("Front till")
    keys.press("F8")
    keys.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    shift = Shift.objects.get()
    sold = Order.objects.get()
    assert (sold.register_id, sold.shift_id, shift.opening_float) == (register.pk, shift.pk, Decimal(100))
    keys.press("Enter")

    close_shift(shift_id=shift.pk, counted={"50": 2, "2": 2, "0.50": 1}, reason="", actor=acme.actor("manager"))
    till.evaluate(SCAN, [CUP])
    expect(till.locator("[data-total]")).to_have_text("£12.00")
    keys.press("F8")
    keys.press("Enter")
    expect(till.get_by_text("The shift of this register is closed.")).to_be_visible()
    till.get_by_role("button", name="Open a shift").click()
    till.locator(".till-choice", has_text="Sell without a register").click()
    keys.press("F8")
    keys.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert Order.objects.get(total=12).register_id is None


def test_a_sale_is_paid_with_a_gift_card_store_credit_and_cash(till: Page, acme: Shop) -> None:
    manager = acme.actor("manager")
    ann = create_customer(actor=manager, values={"name": "Ann Walker"}).customer
    adjust_customers_credit(ann.pk, adjustment_id=uuid7(), amount=Decimal(3), reason="Welcome", actor=manager)
    code = issue_gift_card(card_id=uuid7(), amount=Decimal(5), code="", expires_on=None, note="", actor=manager).code
    till.keyboard.press("F3")
    till.keyboard.type("walker", delay=60)
    expect(till.locator(".till-choice")).to_have_count(1)
    till.keyboard.press("Enter")
    expect(till.locator("[data-show='customer']")).to_have_text("Ann Walker")
    till.evaluate(SCAN, [CUP])
    expect(till.locator("[data-total]")).to_have_text("£12.00")
    till.keyboard.press("F8")
    till.locator("[data-method=giftcard]").click()
    till.get_by_label("Code of the gift card").fill("WRONG-CODE-1")
    till.keyboard.press("Enter")
    expect(till.locator(".till-account")).not_to_be_empty()
    expect(till.locator("[data-take]")).to_be_disabled()
    till.get_by_label("Code of the gift card").fill(code)
    till.keyboard.press("Enter")
    expect(till.locator(".till-account")).to_contain_text("£5.00 on the card ending")
    till.evaluate(ARRIVED)
    picture(till, "till-gift-card")
    till.keyboard.press("Enter")
    expect(till.locator(".till-due")).to_have_text("£7.00")
    till.get_by_role("button", name="Store credit").click()
    expect(till.locator(".till-account")).to_have_text("Ann Walker has £3.00")
    till.keyboard.press("Enter")
    expect(till.locator(".till-due")).to_have_text("£4.00")
    picture(till, "till-split")
    till.get_by_role("button", name="Take £4.00").click()
    expect(till.locator(".till-done")).to_be_visible()
    paid = Payment.objects.order_by("amount").values_list("method", "amount")
    assert list(paid) == [("credit", Decimal(3)), ("cash", Decimal(4)), ("giftcard", Decimal(5))]
    assert Order.objects.get().total == Decimal(12)
