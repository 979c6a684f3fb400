"""Every route of the product, crossed with the whole cast: each gets exactly what the route's permission says."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from core.checks import permission_of, routes
from core.ids import uuid7
from core.people.permissions import AUTHENTICATED, DEVICE, PERMISSIONS, PUBLIC, permissions_of_role
from core.tenancy.context import use_tenant
from core.testing import CANARY, ROLES, Shop, sale_body
from core.web.views import permission_for
from orders.models import CustomerGroup
from tests.api import Api, machine
from tests.conftest import SHOPS
from tests.furnished import emptied_afterwards
from tests.permissions.arguments import ARGUMENTS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ARGUMENT = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
CAST = (*ROLES, None)
"""The built-in roles, and (None) a stranger."""


class Door(NamedTuple):
    """One method of one route, and what it takes to pass."""

    method: str
    path: str
    needed: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith("api/")

    def address(self, shop: Shop) -> str:
        return "/" + ARGUMENT.sub(lambda match: str(ARGUMENTS[match[1]](shop)), self.path)


def doors() -> Iterator[Door]:
    """All doors of a shop."""
    for path, callback in routes():
        view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
        allowed = {name.upper() for name in getattr(view, "http_method_names", ["get"])}
        for method in METHODS:
            if method in allowed and (view is None or hasattr(view, method.lower())):
                yield Door(method, path, permission_for(permission_of(callback), method))


DOORS = list(doors())


def name_of(door: Door) -> str:
    return f"{door.method} /{door.path}"


class Cast:
    """Everybody of a shop, logged in once: what somebody does at a door is taken back, the log-in is not."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        with use_tenant(shop.tenant):
            self.key: str = machine(shop).browser.defaults["HTTP_AUTHORIZATION"]
            Api(shop.client("owner")).post("orders/", sale_body(shop, {"TEA": "1"}))
            self.sessions = {role: str(shop.client(role).session.session_key) for role in ROLES}

    def browser(self, role: str | None, *, at: Shop | None = None) -> Client:
        """A new window of somebody, or (None) of a stranger; ``at``: it opens another shop with the same log-in."""
        browser = Client(headers={"host": (at or self.shop).host})
        if role is not None:
            browser.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return browser

    def machine(self, *, at: Shop) -> Client:
        return Client(headers={"host": at.host, "authorization": self.key})

    def knock(self, browser: Client, door: Door, address: str) -> Any:
        """Ask, and take back whatever it did."""
        before = transaction.savepoint()
        kind = "application/json" if door.is_api else "application/x-www-form-urlencoded"
        try:
            return browser.generic(door.method, address, b"{}" if door.is_api else b"", kind)
        finally:
            transaction.savepoint_rollback(before)
            self.forget_what_sessions_keep()

    def forget_what_sessions_keep(self) -> None:
        """The cache takes nothing back by itself; from here on the sessions are read from their table again."""
        with use_tenant(self.shop.tenant):
            cache.delete_many([SessionStore(session).cache_key for session in self.sessions.values()])


@pytest.fixture(scope="module")
def casts(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Cast]]:
    """Of both shops. Each has sold something and has a key."""
    with django_db_blocker.unblock(), emptied_afterwards(*SHOPS.values()):
        made = {name: Cast(shop) for name, shop in SHOPS.items()}
        with django_db_blocker.block():
            yield made


@pytest.fixture
def cast(casts: dict[str, Cast], acme: Shop, globex: Shop) -> Cast:
    """The people of the shop under test; the test body runs inside it."""
    return casts["acme"]


def outcome(answer: Any) -> str:
    """What an answer means to the one who knocked."""
    if answer.status_code == 401 or (answer.status_code == 302 and answer["Location"].startswith("/login/?next=")):
        return "who are you"
    return "you may not" if answer.status_code == 403 else "come in"


def expected(door: Door, role: str | None) -> str:
    """What the permission of the door says of a role."""
    if door.needed == PUBLIC:
        return "come in"
    if role is None or door.needed == DEVICE:  # none of their browsers is a device
        return "who are you"
    return "come in" if door.needed == AUTHENTICATED or door.needed in permissions_of_role(role) else "you may not"


def test_there_are_doors_and_every_permission_opens_one_for_somebody() -> None:
    assert len(DOORS) > 40
    assert {door.needed for door in DOORS} <= {PUBLIC, AUTHENTICATED, DEVICE, *PERMISSIONS}


def test_every_argument_of_a_route_has_a_sample() -> None:
    missing = {name for door in DOORS for name in ARGUMENT.findall(door.path)} - ARGUMENTS.keys()
    assert not missing, f"add to tests/permissions/arguments.py: {sorted(missing)}"


@pytest.mark.parametrize("door", DOORS, ids=name_of)
def test_a_door_opens_for_exactly_those_who_hold_its_permission(cast: Cast, door: Door) -> None:
    address = door.address(cast.shop)
    for role in CAST:
        answer = cast.knock(cast.browser(role), door, address)
        assert answer.status_code < 500 and answer.status_code != 405, (role, answer.content[:300])
        assert outcome(answer) == expected(door, role), (role, answer.status_code, answer.content[:300])
        assert CANARY not in _text(answer), role


@pytest.mark.parametrize("door", DOORS, ids=name_of)
def test_a_person_and_a_key_of_one_shop_are_strangers_at_another(cast: Cast, globex: Shop, door: Door) -> None:
    address = door.address(cast.shop)
    for browser in (cast.browser("owner", at=globex), cast.machine(at=globex)):
        answer = cast.knock(browser, door, address)
        if door.needed != PUBLIC:
            assert outcome(answer) == "who are you", (answer.status_code, answer.content[:300])
        assert "Acme" not in _text(answer)


# A GTIN is the same in every shop, so a code of another shop may well be something here.
@pytest.mark.parametrize("door", [d for d in DOORS if set(ARGUMENT.findall(d.path)) - {"code"}], ids=name_of)
def test_an_id_of_another_shop_is_nothing_here(cast: Cast, globex: Shop, door: Door) -> None:
    with use_tenant(globex.tenant):
        address = door.address(globex)
    owner = cast.browser("owner")
    answer = cast.knock(owner, door, address)
    if answer.status_code == 302:  # a page that goes on to the thing itself, which is not there
        answer = owner.get(answer["Location"])
    assert answer.status_code in (404, 422), (answer.status_code, answer.content[:300])
    assert CANARY not in _text(answer)


@pytest.mark.parametrize("path", ["orders/", "stock/movements/", "products/", "customers/"])
def test_ids_of_another_shop_in_a_body_are_unknown_here(acme: Shop, globex: Shop, path: str) -> None:
    with use_tenant(globex.tenant):
        place, variant, body = globex.location.pk, globex.variant("TEA"), sale_body(globex, {"TEA": "1"})
        group = CustomerGroup.objects.create(name=f"{CANARY} club").pk
    bodies: dict[str, dict[str, Any]] = {
        "orders/": body,
        "stock/movements/": {
            "id": str(uuid7()),
            "kind": "receipt",
            "location": str(place),
            "lines": [{"variant": str(variant.pk), "quantity": "1"}],
        },
        "products/": {
            "name": "x",
            "variants": [{"sku": "x", "unit_price": "1", "stock": [{"location": str(place), "quantity": "1"}]}],
        },
        "customers/": {"number": "x", "groups": [str(group)]},
    }
    answer = Api(acme.client("owner")).post(path, bodies[path])
    assert answer.status_code in (404, 422), answer.content[:300]
    assert CANARY not in _text(answer)


def _text(answer: Any) -> str:
    return str(answer.content.decode(errors="replace"))
