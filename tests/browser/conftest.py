"""A browser and the product's own processes, shared by all tests of this folder that a worker runs."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from core.testing import Shop
from tests.browsers import chromium
from tests.processes import Product, running

expect.set_options(timeout=15_000)  # a busy machine is slow, not wrong


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as started:
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
