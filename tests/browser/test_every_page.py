"""Every page of the product as somebody sees it, on a phone and at a desk, in light and dark, in a full shop."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from core.checks import permission_of, routes
from core.tenancy.context import use_tenant
from core.testing import CANARY
from tests.browser.page_look import EVERY_LOOK, SMALLEST_TARGET, SMALLEST_TILL_TARGET, Ears, flaws, open_page
from tests.browsers import logged_in
from tests.conftest import SHOPS
from tests.furnished import emptied_afterwards
from tests.processes import Product
from tests.shop_window import fill

# No transactional test: the shop is filled once for the module, and what these tests do takes itself back.
pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db]

ARGUMENT = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
NO_PAGES = {
    "board/data/": "text/html",  # a part of the board
    "customers/<uuid:customer_id>/data/": "application/json",
    "reports/download.csv": "text/csv",
    "prices/<uuid:price_list_id>/file/": "text/csv",
    "stock/order-list/file/": "text/csv",
    "stock/on-a-day/file/": "text/csv",
    "stock/lots/<uuid:lot_id>/recall/file/": "text/csv",
    "notifications/<uuid:notice_id>/": "text/html",  # leads on to what the notice is about
    "pictures/<str:picture_name>/": "image/webp",
    "till/articles/": "application/json",
    "app.webmanifest": "application/manifest+json",
    "service-worker.js": "text/javascript",
    "login/": "text/html",  # who is logged in is sent on
}
"""What answers a GET outside the API and is no page, with what it is."""
SWAGGER = "api/v1/docs/"
"""Drawn by Swagger UI, which brings its own sizes and weight; all else is asked of it too."""
MOST_SCRIPT_KB = 45
"""As they travel: made small by the set-up (`make setup`), compressed."""
FETCH = """async (path) => {
  const answer = await fetch(path);
  return [answer.status, answer.headers.get("content-type"), await answer.text()];
}"""


def pages() -> list[str]:
    """Every route that shows a page; a new one is looked at from the day it is there."""
    found = ["api/v1/docs/", "api/v1/docs/problems/"]
    for path, callback in routes():
        view = getattr(callback, "view_class", None)
        allowed = getattr(view, "http_method_names", ())
        if not path.startswith("api/") and path not in NO_PAGES and hasattr(view, "get") and "get" in allowed:
            assert permission_of(callback)
            found.append(path)
    return sorted(found)


@pytest.fixture(scope="module")
def arguments(
    processes: Product, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """A full shop for the time of this module, and what its routes are called with."""
    acme = SHOPS["acme"]
    with django_db_blocker.unblock(), emptied_afterwards(acme):
        with use_tenant(acme.tenant):
            filled = fill(acme, tmp_path_factory.mktemp("files"))
        processes.quiet(acme)
        with django_db_blocker.block():
            yield filled
        processes.quiet(acme)


@pytest.fixture(scope="module")
def product(processes: Product) -> Product:
    return processes


@pytest.fixture(scope="module")
def owner(browser: Browser, product: Product, django_db_blocker: Any) -> Iterator[tuple[Page, Ears]]:
    """One window of the owner, used for all pages."""
    with django_db_blocker.unblock():
        context = logged_in(browser, product, SHOPS["acme"], "owner")
    page = context.new_page()
    yield page, Ears(page)
    context.close()


@pytest.fixture(scope="module")
def stranger(browser: Browser, product: Product) -> Iterator[tuple[Page, Ears]]:
    context = browser.new_context()
    page = context.new_page()
    yield page, Ears(page)
    context.close()


@pytest.mark.parametrize("path", pages())
def test_a_page_is_fit_to_be_seen(
    owner: tuple[Page, Ears], product: Product, arguments: dict[str, Any], path: str
) -> None:
    page, ears = owner
    address = "/" + ARGUMENT.sub(lambda match: str(arguments[match[1]]), path)
    open_page(page, ears, product.url(SHOPS["acme"], address))
    is_ours = path != SWAGGER
    least = SMALLEST_TILL_TARGET if path == "till/" else SMALLEST_TARGET
    weight = ears.eager_kilobytes()
    assert flaws(page, ears, checks_by_axe=is_ours, least=least) == []
    assert CANARY not in page.content()
    assert not is_ours or weight <= MOST_SCRIPT_KB


def test_the_navigation_is_fit_to_be_seen(
    owner: tuple[Page, Ears], product: Product, arguments: dict[str, Any]
) -> None:
    page, ears = owner
    open_page(page, ears, product.url(SHOPS["acme"], "/"))
    assert page.locator("#shell-nav a.nav-link").count() > 20
    assert flaws(page, ears, looks=EVERY_LOOK, with_navigation=True) == []


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [("acme.localhost", "/login/", 200), ("localhost", "/", 200), ("acme.localhost", "/nothing/", 404)],
)
def test_a_page_for_strangers_is_fit_to_be_seen(
    stranger: tuple[Page, Ears], product: Product, host: str, path: str, status: int
) -> None:
    page, ears = stranger
    open_page(page, ears, f"http://{host}:{product.port}{path}", status=status)
    assert flaws(page, ears) == []


@pytest.mark.parametrize("path", sorted(NO_PAGES))
def test_what_is_no_page_is_what_it_says(
    owner: tuple[Page, Ears], product: Product, arguments: dict[str, Any], path: str
) -> None:
    page, ears = owner
    open_page(page, ears, product.url(SHOPS["acme"], "/live/status/"))
    address = ARGUMENT.sub(lambda match: str(arguments[match[1]]), path)
    status, kind, text = page.evaluate(FETCH, f"/{address}?location={arguments['location']}")
    assert (status, kind.partition(";")[0]) == (200, NO_PAGES[path])
    assert CANARY not in text
