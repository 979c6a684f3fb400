"""A real browser at the shop of the benchmarks, as the person whose shop it is."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from benchmarks.harness import ROOT
from benchmarks.shop import BenchShop

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

sys.path.append(str(ROOT / "tools"))  # where the tests look for the browser's names


def session(shop: BenchShop) -> str:
    """The cookie's value of the person whose shop it is, logged in."""
    from django.test import Client

    from core.people.models import User
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant

    person = Client(headers={"host": shop.host})
    with use_tenant(find_tenant(shop.host)):
        person.force_login(User.objects.get(email="bench@bench.localhost"), "core.people.backends.EmailBackend")
    return str(person.cookies[settings.SESSION_COOKIE_NAME].value)


def device(shop: BenchShop) -> str:
    """The secret of a new device of the shop."""
    import secrets

    from core.devices.models import Device
    from core.devices.selectors import hash_of
    from core.people.models import User
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant

    token = secrets.token_urlsafe(32)
    with use_tenant(find_tenant(shop.host)):
        Device.objects.create(
            name="Bench till",
            prefix=f"B{Device.objects.count() + 1}",
            location_id=shop.location,
            token_hash=hash_of(token),
            enrolled_by=User.objects.get(email="bench@bench.localhost"),
            expires_at=datetime.now(UTC) + timedelta(days=9),
        )
    return token


@contextmanager
def browser(
    shop: BenchShop, port: int, *arguments: str, folder: Path | None = None, secret: str = "", cookies: bool = True
) -> Iterator["BrowserContext"]:
    """A browser begun anew in which the person is logged in, ended with the block.

    ``folder`` keeps what the browser keeps; ``secret`` makes it a device of the shop; without ``cookies`` it has those of
    its folder.
    """
    values = {settings.SESSION_COOKIE_NAME: session(shop), settings.DEVICE_COOKIE_NAME: secret} if cookies else {}
    with browser_at(shop.host, port, *arguments, folder=folder, cookies=values) as context:
        yield context


@contextmanager
def browser_at(
    host: str, port: int, *arguments: str, folder: Path | None = None, cookies: Mapping[str, str]
) -> Iterator["BrowserContext"]:
    """A browser begun anew with these cookies of the host, ended with the block."""
    from playwright.sync_api import sync_playwright

    from tests.browsers import ARGUMENTS, chromium_path

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps a loop in this thread
    options: dict[str, Any] = {"executable_path": chromium_path(), "args": [*ARGUMENTS, *arguments]}
    address = f"http://{host}:{port}"
    with sync_playwright() as playwright:
        if folder:
            context = playwright.chromium.launch_persistent_context(folder, base_url=address, **options)
        else:
            context = playwright.chromium.launch(**options).new_context(base_url=address)
        context.add_cookies(
            [
                {"name": name, "value": value, "domain": host, "path": "/", "secure": True}
                for name, value in cookies.items()
                if value
            ]
        )
        context.set_default_timeout(60_000)
        try:
            yield context
        finally:
            (context.browser or context).close()


@contextmanager
def still_stage() -> Iterator["Page"]:
    """A page with our scripts and no product, for still pictures (`tests.stills`), in a browser begun anew."""
    from tests.browsers import chromium
    from tests.stills import stage

    with chromium() as started, stage(started) as page:
        yield page
