"""Two shops, always: `acme` is the one under test, `globex` stands beside it full of canaries."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from core.tenancy.context import use_tenant
from core.tenancy.selectors import forget_hosts
from core.tenancy.services import create_tenant
from core.testing import CANARY, Shop, emptied_afterwards, furnish
from orders.auditor import audit_books
from tests import schema_cache
from tests.workers import Units, longest_first


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Units:
    """Whatever `--dist` says: see tests/workers.py."""
    config.option.loadscopereorder = False
    return Units(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        longest_first(items)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Make both shops once; tests that commit put them back as they were."""
    with django_db_blocker.unblock():
        forget_hosts()
        schema_cache.recall()
        for shop_name, currency in (("acme", "GBP"), ("globex", "USD")):
            host = f"{shop_name}.localhost"
            tenant = create_tenant(
                name=f"{_mark(shop_name)} shop", host=host, currency=currency, time_zone="Europe/London"
            )
            SHOPS[shop_name] = Shop(tenant, host, _mark(shop_name))
            furnish(SHOPS[shop_name])
        schema_cache.keep()
    case: Any = TransactionTestCase  # Django keeps the hook private
    flush = case._fixture_teardown

    def put_back(self: TransactionTestCase) -> None:
        with emptied_afterwards(*SHOPS.values()):
            pass

    case._fixture_teardown = put_back
    yield
    case._fixture_teardown = flush


SHOPS: dict[str, Shop] = {}


def _mark(name: str) -> str:
    return CANARY if name == "globex" else "Acme"


@pytest.fixture(autouse=True)
def nobody_left_a_door_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test ends where it began: outside every shop."""
    yield
    assert connection.schema_name == "public"  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def the_books_are_right(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test that really commits has done to a shop: afterwards the auditor finds nothing."""
    marks = [mark for mark in request.node.iter_markers("django_db") if mark.kwargs.get("transaction")]
    if not marks:
        yield
        return
    request.getfixturevalue("transactional_db")  # so that we look before the shops are emptied
    yield
    for shop in SHOPS.values():
        with use_tenant(shop.tenant):
            assert audit_books() == [], shop.host


@pytest.fixture
def acme(db: None) -> Iterator[Shop]:
    """The shop under test; the test body runs inside it."""
    with use_tenant(SHOPS["acme"].tenant):
        yield SHOPS["acme"]


@pytest.fixture
def globex(db: None) -> Shop:
    """The other shop: nothing of it may ever be seen."""
    return SHOPS["globex"]
