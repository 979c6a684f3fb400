"""The running product, one for all tests of the socket."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.testing import Shop
from tests.processes import Product, running


@pytest.fixture(scope="package")
def processes(django_db_setup: None, django_db_blocker: Any) -> Iterator[Product]:
    with django_db_blocker.unblock(), running("web", "relay", settings_module="tests.live_settings") as product:
        yield product


@pytest.fixture
def product(processes: Product, acme: Shop, globex: Shop) -> Iterator[Product]:
    yield processes
    processes.quiet(acme, globex)
