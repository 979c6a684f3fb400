"""Two shops, always: `acme` is the one under test, `globex` stands beside it full of canaries."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from core.tenancy.context import use_tenant
from core.testing import Shop, furnish
from orders.auditor import audit_books
from tests import template_database
from tests.furnished import forget, put_back, remember
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


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now stays: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """A database for this worker with both shops in it; tests that commit put them back as they were."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "alone")
    database = f"test_{connection.settings_dict['NAME']}_{worker}"
    with django_db_blocker.unblock():
        template_database.copy_template(database)
    with template_database.connected_to(database):
        with django_db_blocker.unblock():
            template_database.forget_what_redis_keeps()
            SHOPS.update(template_database.empty_shops())
            for shop in SHOPS.values():
                furnish(shop)
                remember(shop)
        case: Any = TransactionTestCase  # Django keeps the hook private
        flush = case._fixture_teardown
        case._fixture_teardown = lambda self: put_back(*SHOPS.values())
        yield
        case._fixture_teardown = flush
    with django_db_blocker.unblock():
        template_database.drop(database)


SHOPS: dict[str, Shop] = {}


@pytest.fixture(autouse=True)
def nobody_left_a_door_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test ends where it began: outside every shop."""
    yield
    assert connection.schema_name == "public"  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def every_test_remembers_for_itself(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if {"db", "transactional_db"} & set(request.fixturenames):
        forget()


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
