"""What the tests of the shop floor have in common: a phone in the shop, and what is done with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.testing import Shop
from inventory.models import StockMovement
from tests.browser.test_offline import eventually
from tests.browsers import logged_in
from tests.processes import Product
from tests.told_of_devices import a_device, new_token

TEA, CUP = "5012345678900", "4006381333931"
IS_KEPT = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  const catalogue = await (await open()).get("meta", "catalogue");
  return Boolean(catalogue) && Boolean(await (await caches.open("pages")).match("/floor/"));
}"""
IS_EMPTY = """async () => {
  const { count } = await import("/static/js/lib/store/queue.js");
  return (await count()) === 0;
}"""


def phone_of(browser: Browser, product: Product, acme: Shop, role: str, token: str | None) -> BrowserContext:
    """A phone in the shop in which somebody is logged in; with ``token`` it is a device of the shop."""
    size = {"width": 360, "height": 740}
    context = logged_in(browser, product, acme, role, service_workers="allow", viewport=size, has_touch=True)
    context.set_default_timeout(20_000)
    if token:
        secret = {"name": settings.DEVICE_COOKIE_NAME, "value": token, "domain": acme.host, "path": "/", "secure": True}
        context.add_cookies([secret])  # type: ignore[list-item]
    return context


@contextmanager
def a_phone(browser: Browser, product: Product, acme: Shop) -> Iterator[BrowserContext]:
    """The manager's phone, a device of the shop, until the block ends."""
    token = new_token()
    a_device(acme, token=token, prefix="F1")
    context = phone_of(browser, product, acme, "manager", token)
    try:
        yield context
    finally:
        context.set_offline(False)
        context.close()


def at(page: Page, part: str) -> None:
    """Go to a screen of the floor by its tile's address."""
    page.goto(f"/floor/#{part}")
    expect(page.locator("[data-screen] > [data-ready]")).to_be_attached(timeout=20_000)


def kept(context: BrowserContext) -> Page:
    """The floor on a device that has all it needs to work alone."""
    page = context.new_page()
    page.goto("/floor/")
    expect(page.locator("floor-app[data-ready]")).to_be_attached(timeout=20_000)
    page.wait_for_function("() => navigator.serviceWorker.controller")
    eventually(page, IS_KEPT, seconds=60)
    return page


def scan(page: Page, *codes: str) -> None:
    for code in codes:
        page.locator(".floor-scan input").fill(code)
        page.locator(".floor-scan input").press("Enter")


def done(page: Page, said: str) -> None:
    page.get_by_role("button", name="Done").click()
    expect(page.locator("[data-told]")).to_contain_text(said, timeout=20_000)


def moved(kind: str) -> list[tuple[str, Decimal, Decimal]]:
    rows = StockMovement.objects.filter(kind=kind).exclude(reference_type="test").order_by("variant__sku", "id")
    return list(rows.values_list("variant__sku", "delta", "balance"))


def sent(page: Page) -> None:
    """Wait until nothing waits on the device any more."""
    eventually(page, IS_EMPTY, seconds=40)
