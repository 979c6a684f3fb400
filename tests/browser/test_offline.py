"""The app without a network: what opens, what is sold, what is sent, and for whom."""

from collections.abc import Iterator

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.testing import Shop
from tests.browser.test_till import SCAN, TEA, ready
from tests.browsers import PATIENCE_MS, logged_in, picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

KEPT = "async () => Boolean(await (await caches.open('pages')).match('/till/'))"


@pytest.fixture
def phone(browser: Browser, product: Product, acme: Shop) -> Iterator[BrowserContext]:
    """A cashier's browser that may keep the app."""
    context = logged_in(browser, product, acme, "cashier", service_workers="allow")
    yield context
    context.set_offline(False)
    context.close()


SEE_PICTURE = "async () => (await caches.open('pictures')).put('/pictures/seen/', new Response('x'))"
HAS_PICTURES = "async () => caches.has('pictures')"


def installed(context: BrowserContext) -> Page:
    """The till, once the worker has kept all it needs."""
    page = context.new_page()
    page.goto("/till/")
    ready(page)
    page.wait_for_function("() => navigator.serviceWorker.controller")
    eventually(page, KEPT)
    return page


def eventually(page: Page, question: str, seconds: float = PATIENCE_MS / 1000) -> None:
    """Wait until an asynchronous question of the page is answered with yes."""
    page.evaluate(
        """async ([question, ms]) => {
          const asks = eval(question);
          const end = performance.now() + ms;
          while (!(await asks())) {
            if (performance.now() > end) throw new Error(`never: ${question}`);
            await new Promise((resolve) => setTimeout(resolve, 40));
          }
        }""",
        [question, seconds * 1000],
    )


def test_the_till_opens_without_a_network_and_other_pages_say_that_there_is_none(phone: BrowserContext) -> None:
    page = installed(phone)
    cdp = phone.new_cdp_session(page)
    assert cdp.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    phone.set_offline(True)
    page.goto("/till/")
    expect(page.locator("till-counter[data-ready]")).to_be_attached()
    page.goto("/orders/")
    expect(page.get_by_role("heading", name="There is no connection")).to_be_visible()
    picture(page, "offline")
    page.get_by_role("link", name="Till").click()
    expect(page.locator("till-counter[data-ready]")).to_be_attached()


def test_another_person_at_the_device_never_sees_the_page_of_the_first(
    phone: BrowserContext, product: Product, acme: Shop, browser: Browser
) -> None:
    page = installed(phone)
    page.evaluate(SEE_PICTURE)
    manager = logged_in(browser, product, acme, "manager")
    phone.add_cookies(manager.cookies())  # type: ignore[arg-type]
    manager.close()
    page.goto("/settings/account/")
    eventually(page, f"async () => !(await ({KEPT})())")
    eventually(page, f"async () => !(await ({HAS_PICTURES})())")
    phone.set_offline(True)
    page.goto("/till/")
    expect(page.get_by_role("heading", name="There is no connection")).to_be_visible()


def test_who_logs_out_leaves_no_page_and_no_picture_on_the_device(phone: BrowserContext) -> None:
    page = installed(phone)
    page.evaluate(SEE_PICTURE)
    page.get_by_role("button", name="account of").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    eventually(page, f"async () => !(await ({KEPT})())")
    assert not page.evaluate(HAS_PICTURES)
    phone.set_offline(True)
    page.goto("/till/")
    expect(page.get_by_role("heading", name="There is no connection")).to_be_visible()


def leave(page: Page) -> None:
    page.get_by_role("button", name="account of").click()
    page.get_by_role("button", name="Log out").click()


def test_who_logs_out_without_a_network_leaves_nothing_to_see_and_the_server_hears_of_it_first(
    phone: BrowserContext,
) -> None:
    page = installed(phone)
    other = phone.new_page()
    other.goto("/till/")
    ready(other)
    other.evaluate(SCAN, [TEA])
    expect(other.locator(".cart__line")).to_have_count(1)
    page.evaluate(SEE_PICTURE)
    phone.set_offline(True)
    page.bring_to_front()
    leave(page)
    for tab in (page, other):
        expect(tab.get_by_role("heading", name="You are logged out on this device")).to_be_visible()
        expect(tab.get_by_text("This page needs the server")).to_be_hidden()
    picture(page, "offline-logged-out")
    assert not page.evaluate(HAS_PICTURES)
    page.goto("/till/")
    expect(page.get_by_role("heading", name="You are logged out on this device")).to_be_visible()
    assert Session.objects.count() == 1
    phone.set_offline(False)
    page.goto("/orders/")
    expect(page.get_by_label("E-mail")).to_be_visible()
    assert Session.objects.count() == 0
    page.goto("/login/")
    phone.set_offline(True)
    page.get_by_label("E-mail").fill("x@acme.localhost")
    page.get_by_label("Password").fill("secret secret")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Logging in needs the server")).to_be_visible()
    picture(page, "offline-log-in")


def test_the_next_person_in_this_tab_finds_an_empty_basket(
    phone: BrowserContext, product: Product, acme: Shop, browser: Browser
) -> None:
    page = installed(phone)
    page.evaluate(SCAN, [TEA])
    expect(page.locator(".cart__line")).to_have_count(1)
    page.reload()
    ready(page)
    expect(page.locator(".cart__line")).to_have_count(1)
    manager = logged_in(browser, product, acme, "manager")
    phone.add_cookies(manager.cookies())  # type: ignore[arg-type]
    manager.close()
    page.goto("/till/")
    ready(page)
    expect(page.locator(".cart__line")).to_have_count(0)
