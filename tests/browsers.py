"""A real Chromium in front of the product's own processes."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from check import CHROMIUM_NAMES
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from core.testing import Shop
from tests.live_client import session_of
from tests.processes import Product

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--force-prefers-reduced-motion",  # nobody watches; what moves is waited for
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
]
IN_ONE_PROCESS = ["--enable-features=NetworkServiceInProcess2", "--in-process-gpu"]
"""Network and drawing beside the browser's own work: a fifth less for every page of a suite that opens hundreds."""
PATIENCE_MS = 45_000
"""How long anything may take: a busy machine is slow, not wrong."""


def chromium_path() -> str | None:
    """What ``CHROMIUM`` says, else the system's browser by its first known name, else the one Playwright has.

    The shell without a window is the same engine and takes a seventh of the time for every new profile.
    """
    names = (os.environ.get("CHROMIUM", ""), *CHROMIUM_NAMES)
    return next(filter(None, map(shutil.which, names)), None)


def whole_chromium_path() -> str | None:
    """A Chromium that also shows notifications, which the shell without a window refuses; None where there is none."""
    return next(filter(None, map(shutil.which, (name for name in CHROMIUM_NAMES if "shell" not in name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, until the block ends."""
    # Playwright keeps an event loop in this thread; Django's ORM is used beside it, never inside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*ARGUMENTS, *IN_ONE_PROCESS])
        try:
            yield browser
        finally:
            browser.close()
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


@contextmanager
def another(browser: Browser, *more: str) -> Iterator[Browser]:
    """One more browser, with arguments of its own."""
    started = browser.browser_type.launch(executable_path=chromium_path(), args=[*ARGUMENTS, *more])
    try:
        yield started
    finally:
        started.close()


def logged_in(browser: Browser, product: Product, shop: Shop, role: str = "owner", **options: object) -> BrowserContext:
    """A browser profile of its own in which somebody is logged in; without a service worker unless it is asked for."""
    settings = {"service_workers": "block", **options}
    context = browser.new_context(base_url=product.url(shop), **settings)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies(cookies_of(shop, role))
    return context


def cookies_of(shop: Shop, role: str = "owner") -> list[Any]:
    """The cookies of somebody who is logged in."""
    cookies = dict(part.split("=", 1) for part in session_of(shop, role).split("; "))
    return [
        {"name": name, "value": value, "domain": shop.host, "path": "/", "secure": True}
        for name, value in cookies.items()
    ]


def held_up(page: Page, pattern: str, times: int | None = None) -> list[Route]:
    """What the page asks there from now on (at most so many times) waits; ``pop().continue_()`` lets it go."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(pattern, hold, times=times)
    return held


def complaints(page: Page) -> list[str]:
    """What the page says to its console from now on: errors and refusals of the content policy."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def picture(page: Page, name: str) -> None:
    """Keep a picture where ``SCREENSHOTS`` says, for people who look at pages."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)
