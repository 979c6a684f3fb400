"""Gift cards are sold at the till, with goods or alone, in a real browser."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from core.ids import uuid7
from core.testing import Shop
from orders.auditor import audit_books
from orders.models import CreditEntry, GiftCard, Order, Payment
from orders.services.credit import find_card, normal_code
from orders.services.gift_cards import issue_gift_card
from tests.browser.page_look import ARRIVED
from tests.browser.test_till import SCAN, TEA, ready, standing_at_the_till
from tests.browsers import held_up, picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]
BLANK = "ABCDEFGH23456789"


@pytest.fixture
def till(browser: Browser, product: Product, acme: Shop) -> Iterator[Page]:
    with standing_at_the_till(browser, product, acme, "cashier") as page:
        yield page


def test_a_made_and_a_printed_card_are_sold_with_goods_and_the_made_code_is_handed_over(till: Page, acme: Shop) -> None:
    given = issue_gift_card(card_id=uuid7(), amount=Decimal(50), actor=acme.actor("manager")).code
    keys, total = till.keyboard, till.locator("[data-total]")
    till.evaluate(SCAN, [TEA])
    expect(total).to_have_text("£4.50")
    keys.press("Shift+F8")
    keys.press("Enter")
    expect(till.locator("till-giftcard .field__error").first).to_have_text("An amount above zero.")
    keys.type("25", delay=90)
    till.evaluate(ARRIVED)
    picture(till, "till-sell-gift-card")
    keys.press("Enter")
    expect(total).to_have_text("£29.50")
    till.get_by_role("button", name="Sell a gift card").first.click()
    till.get_by_role("button", name="£20.00").click()
    till.evaluate(SCAN, [BLANK])
    till.get_by_role("button", name="Add the gift card").click()
    expect(till.locator("[data-card-lines] .cart__note")).to_have_text(
        ["Its code is printed with the receipt", "On the card …6789"]
    )
    expect(total).to_have_text("£49.50")
    till.reload()
    expect(total).to_have_text("£49.50")
    picture(till, "till-gift-cards")

    keys.press("F7")
    till.get_by_role("button", name="Park this basket").click()
    expect(total).to_have_text("£0.00")
    keys.press("F7")
    till.locator("till-parked [data-choice]").click()
    expect(total).to_have_text("£49.50")
    expect(till.locator("[data-card-lines] .cart__note")).to_have_text(
        ["Its code is printed with the receipt", "On the card …6789"]
    )
    keys.press("F8")
    till.locator("[data-method=giftcard]").click()
    till.get_by_label("Code of the gift card").fill(given)
    keys.press("Enter")
    expect(till.locator(".till-account")).to_contain_text("£50.00 on the card ending")
    expect(till.locator("[data-amount]")).to_have_attribute("placeholder", "4.50")
    till.locator("[data-method=cash]").click()
    till.get_by_role("button", name="Exact").click()
    keys.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    slips = till.locator("[data-paper] .receipt")
    expect(slips).to_have_count(2)
    expect(slips.last).to_contain_text("On new gift card …6789")
    code = normal_code(slips.first.locator("strong.mono").inner_text())
    picture(till, "till-gift-card-sold")
    expect(till.locator("till-receipt [data-print]")).to_be_focused()
    keys.press("Enter")
    expect(till.locator("till-receipt [data-next]")).to_be_focused()
    keys.press("Enter")
    expect(till.locator("[data-card-lines]")).to_be_hidden()

    order = Order.objects.get(state="completed")
    assert (order.total, order.apart_total) == (Decimal("49.50"), Decimal(45))
    assert list(Payment.objects.values_list("method", "amount")) == [("cash", Decimal("49.50"))]
    made = find_card(code, actor=acme.actor("cashier"))
    printed = find_card(BLANK, actor=acme.actor("cashier"))
    assert (made.account.balance, printed.account.balance) == (Decimal(25), Decimal(20))
    assert GiftCard.objects.filter(order=order).count() == 2 and audit_books() == []


def test_two_cards_typed_before_the_first_dialog_is_there_are_both_in_the_basket(till: Page) -> None:
    keys, parts = till.keyboard, held_up(till, "**/till-giftcard*.js")
    till.reload()
    ready(till)
    with till.expect_request("**/till-giftcard*.js"):
        keys.press("Shift+F8")
    for pressed in ("1", "0", "Enter", "Shift+F8", "1", "5", "Enter"):
        keys.press(pressed)
    parts.pop().continue_()
    expect(till.locator("[data-card-lines] [data-card]")).to_have_count(2)
    expect(till.locator("[data-total]")).to_have_text("£25.00")


def test_a_card_is_sold_alone_and_removed_with_one_press(till: Page, acme: Shop) -> None:
    keys = till.keyboard
    for amount in ("10", "15"):
        keys.press("Shift+F8")
        keys.type(amount, delay=90)
        keys.press("Enter")
    expect(till.locator("[data-total]")).to_have_text("£25.00")
    till.locator("[data-card-lines] [data-card]").first.click()
    expect(till.locator("[data-total]")).to_have_text("£15.00")
    keys.press("F9")
    expect(till.locator("[data-method=giftcard]")).to_be_hidden()
    keys.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert list(CreditEntry.objects.values_list("kind", "amount")) == [("issue", Decimal(15))]
