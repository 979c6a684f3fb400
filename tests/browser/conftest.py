"""A browser and the product's own processes, shared by all tests of this folder that a worker runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, expect

from core.devices.models import Device
from core.testing import Shop
from tests import film
from tests.browsers import PATIENCE_MS, another, chromium, logged_in
from tests.processes import Product, running
from tests.told_of_devices import a_device, new_token

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the film lies that the camera shows."""
    path = tmp_path_factory.mktemp("film") / "camera.mjpeg"
    film.shoot(path, [film.Scene([], 1)])
    return path


@pytest.fixture(scope="module")
def with_camera(browser: Browser, reel: Path) -> Iterator[Browser]:
    """A browser whose camera shows the film."""
    with another(browser, *film.camera(reel)) as started:
        yield started


@pytest.fixture(scope="package")
def processes(django_db_setup: None, django_db_blocker: Any) -> Iterator[Product]:
    """Web and relay. Starting them for every file would take a minute of the suite."""
    with django_db_blocker.unblock(), running("web", "relay", settings_module="tests.browser_settings") as product:
        yield product


@pytest.fixture
def product(processes: Product, acme: Shop, globex: Shop) -> Iterator[Product]:
    """The running product; it has finished its work before the tables are emptied."""
    yield processes
    processes.quiet(acme, globex)


@pytest.fixture
def device(acme: Shop) -> tuple[Device, str]:
    """A till of the shop, and its secret."""
    token = new_token()
    return a_device(acme, token=token, prefix="K3"), token


@pytest.fixture
def phone(browser: Browser, product: Product, acme: Shop, device: tuple[Device, str]) -> Iterator[BrowserContext]:
    """The cashier's browser, which is that till."""
    context = logged_in(browser, product, acme, "cashier", service_workers="allow")
    secret = {"name": settings.DEVICE_COOKIE_NAME, "value": device[1], "domain": acme.host, "path": "/", "secure": True}
    context.add_cookies([secret])  # type: ignore[list-item]
    yield context
    context.set_offline(False)
    context.close()
