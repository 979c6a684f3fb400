"""What the shop lets a till do alone while the server is away: what is beyond it is not begun, and the basket stays."""

from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, expect

from core.sync.models import Flag
from core.testing import Shop
from orders.models import Order
from orders.services.policy import change_policy
from tests.browser.page_look import ARRIVED
from tests.browser.test_offline_sales import is_empty, sell, standing
from tests.browser.test_till import CUP, SCAN, TEA
from tests.browsers import picture

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]


def test_sales_within_the_rule_go_on_and_others_wait_for_the_server(phone: BrowserContext, acme: Shop) -> None:
    change_policy({"away_cash": Decimal(10), "away_card": Decimal(0)}, actor=acme.actor())
    page = standing(phone)
    phone.set_offline(True)
    sell(page, TEA, given="5")
    page.keyboard.press("Enter")
    page.evaluate(SCAN, [CUP])
    expect(page.locator(".cart__line")).to_have_count(1)
    page.keyboard.press("F9")
    expect(page.get_by_text("Sales by card need the server")).to_be_visible()
    expect(page.locator("till-payment dialog")).not_to_be_visible()
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    alert = page.locator("till-payment [role='alert']")
    expect(alert).to_contain_text("Sales for cash above £10.00 need the server; this is £12.00.")
    page.evaluate(ARRIVED)
    picture(page, "offline-limit")
    phone.set_offline(False)
    expect(page.locator("till-state button")).to_contain_text("Live")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".till-done")).to_be_visible()
    is_empty(page)
    assert sorted(Order.objects.values_list("total", flat=True)) == [Decimal("4.50"), Decimal(12)]
    assert Flag.objects.count() == 0
