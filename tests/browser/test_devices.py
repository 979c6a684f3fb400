"""A phone becomes a device by its code, and is out within seconds once it is revoked: two browsers, real processes."""

import time

import pytest
from playwright.sync_api import Browser, expect

from core.devices.models import Device
from core.testing import PASSWORD, Shop
from tests.browsers import complaints, logged_in
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]
REVOKED_WITHIN_SECONDS = 60


def test_a_phone_is_set_up_by_its_code_and_is_out_when_it_is_revoked(
    browser: Browser, product: Product, acme: Shop, globex: Shop
) -> None:
    office, hall = (
        logged_in(browser, product, acme, "manager"),
        browser.new_context(viewport={"width": 360, "height": 740}),
    )
    desk, phone = office.new_page(), hall.new_page()
    said = complaints(desk)
    desk.goto(product.url(acme, "/settings/devices/new/"))
    desk.get_by_role("button", name="Show the code").click()
    expect(desk.locator("count-down")).to_contain_text("left")
    expect(desk.locator("live-status")).to_have_text("Live")
    code = desk.locator("#code").inner_text().replace(" ", "")

    phone.goto(product.url(acme, f"/devices/enrol/{code}/"))
    phone.get_by_role("button", name="Make this device Till 1").click()
    expect(phone.get_by_role("heading", name="Till 1 is ready")).to_be_visible()
    expect(desk.get_by_text("Till 1 is ready")).to_be_visible()  # by itself
    phone.get_by_role("link", name="Log in and sell").click()
    phone.fill("[name=email]", acme.person("cashier").email)
    phone.fill("[name=password]", PASSWORD)
    phone.get_by_role("button", name="Log in").click()
    phone.wait_for_url("**/till/")
    phone.goto(product.url(acme, "/orders/"))
    expect(phone.locator("live-status")).to_have_text("Live")
    assert "__Host-device" not in phone.evaluate("document.cookie")

    desk.goto(product.url(acme, "/settings/devices/"))
    expect(desk.get_by_text("Online").last).to_be_visible()
    desk.get_by_role("button", name="Revoke").click()
    desk.get_by_role("button", name="Revoke the device").click()
    expect(desk.get_by_text("is revoked")).to_be_visible()
    began = time.monotonic()
    expect(phone.locator("live-status")).not_to_have_text("Live", timeout=1000 * REVOKED_WITHIN_SECONDS)
    assert time.monotonic() - began < REVOKED_WITHIN_SECONDS
    phone.goto(product.url(acme, "/orders/"))
    assert "/login/" in phone.url
    assert Device.objects.get().revoked_at is not None and said == []
    office.close()
    hall.close()
