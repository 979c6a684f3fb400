"""Push messages in a real browser: shown whatever comes, replaced by tag, switched on only where it can be."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.testing import Shop
from tests.browser.test_offline import eventually
from tests.browsers import ARGUMENTS, complaints, logged_in, picture, whole_chromium_path
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

WISHES = "/notifications/wishes/"
NOTES = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, tag, data }) => ({ title, body, tag, data }))"""


@pytest.fixture
def watch(browser: Browser, product: Product, acme: Shop) -> Iterator[BrowserContext]:
    """A browser that shows notifications."""
    path = whole_chromium_path()
    if path is None:
        pytest.skip("no Chromium that shows notifications")
    started = browser.browser_type.launch(executable_path=path, args=ARGUMENTS)
    context = logged_in(started, product, acme, service_workers="allow")
    context.grant_permissions(["notifications"], origin=product.url(acme))
    yield context
    started.close()


@pytest.fixture
def phone(browser: Browser, product: Product, acme: Shop) -> Iterator[BrowserContext]:
    context = logged_in(browser, product, acme, service_workers="allow", viewport={"width": 360, "height": 740})
    yield context
    context.close()


def worker_of(context: BrowserContext, page: Page) -> tuple[Any, str]:
    """The line to the browser's insides, and the name of the page's worker there."""
    found: list[str] = []
    line = context.new_cdp_session(page)
    line.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(one["registrationId"] for one in told["registrations"]),
    )
    line.send("ServiceWorker.enable")
    while not found:
        page.wait_for_timeout(50)
    return line, found[-1]


def test_a_push_is_shown_with_its_words_and_replaced_by_its_tag_and_nonsense_is_shown_plainly(
    watch: BrowserContext, product: Product, acme: Shop
) -> None:
    origin = product.url(acme)
    page = watch.new_page()
    page.goto(WISHES)
    page.evaluate(
        """async () => {
          await navigator.serviceWorker.register("/service-worker.js", { type: "module", scope: "/" });
          await navigator.serviceWorker.ready;
        }"""
    )
    line, registration = worker_of(watch, page)

    def deliver(text: str) -> None:
        line.send("ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": registration, "data": text})

    one = {"title": "TEA is low: 2 left", "body": "Acme", "url": "/stock/", "open": "/notifications/1/", "tag": "n1"}
    deliver(json.dumps(one))
    eventually(page, f"async () => (await ({NOTES})()).length === 1")
    deliver(json.dumps({**one, "title": "2 warnings: articles are low"}))
    eventually(page, f"async () => (await ({NOTES})())[0].title.startsWith('2 warnings')")
    deliver("not json {")
    eventually(page, f"async () => (await ({NOTES})()).length === 2")
    shown = {note["tag"]: note for note in page.evaluate(NOTES)}
    assert shown["n1"] == {
        "title": "2 warnings: articles are low",
        "body": "Acme",
        "tag": "n1",
        "data": {"url": "/stock/", "open": "/notifications/1/"},
    }
    assert shown["news"]["title"] == "Something is new in the shop"


def test_the_page_says_what_can_be_done_about_push_in_this_browser(phone: BrowserContext, product: Product) -> None:
    page = phone.new_page()
    said = complaints(page)
    page.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => globalThis.told ?? 'default' })"
    )
    page.goto(WISHES)
    switch = page.locator("push-switch")
    expect(switch.get_by_role("button", name="Switch on in this browser")).to_be_visible()
    picture(page, "push-off")
    page.add_init_script("globalThis.told = 'denied'")
    page.goto(WISHES)
    expect(switch).to_contain_text("Allow notifications for this page")
    expect(switch.get_by_role("button")).to_be_hidden()
    page.add_init_script("delete globalThis.PushManager")
    page.goto(WISHES)
    expect(switch).to_contain_text("cannot show push messages")
    assert said == []


def test_where_the_push_service_is_silent_the_page_says_so_after_ten_seconds(phone: BrowserContext) -> None:
    page = phone.new_page()
    page.add_init_script(
        """Object.defineProperty(Notification, 'permission', { get: () => 'granted' });
        Notification.requestPermission = async () => 'granted';
        PushManager.prototype.subscribe = () => new Promise(() => {});"""
    )
    page.goto(WISHES)
    page.get_by_role("button", name="Switch on in this browser").click()
    expect(page.locator("push-switch .flash")).to_contain_text("did not answer within 10 seconds", timeout=30_000)
    expect(page.get_by_role("button", name="Switch on in this browser")).to_be_enabled()
