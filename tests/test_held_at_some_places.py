"""What somebody holds at some locations only opens nothing that cannot be told apart by location; keys fail closed."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from core.actors import SYSTEM, Actor
from core.errors import Forbidden, NotFound
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.outbox.relay import number_events
from core.people.models import ApiKey, Grant, Role
from core.people.permissions import BUILT_IN_ROLES, PERMISSIONS, permissions_of_role
from core.people.selectors import actor_by_id, actor_of_key, actor_of_user
from core.people.services import change_role, create_api_key, create_user, revoke_api_key, set_active
from core.testing import CANARY, PASSWORD, Shop
from orders.imports.selectors import find_import, import_runs
from orders.imports.services import new_run, request_import
from realtime.sockets.frames import Batch, Told
from realtime.sockets.pace import Pace
from realtime.sockets.room import Room
from tests.api import machine

WHOLE_SHOP = sorted(code for code, permission in PERMISSIONS.items() if permission.whole_shop)


@pytest.fixture
def north(acme: Shop) -> Location:
    return Location.objects.create(code="NORTH", name="North")


def here_only(acme: Shop, role: str, place: Location) -> Actor:
    """The shop's person of this role, from now on at one location."""
    Grant.objects.filter(user=acme.person(role)).update(location=place)
    return acme.actor(role)


def test_a_key_whose_last_location_is_removed_opens_nothing(acme: Shop, north: Location) -> None:
    key, token = create_api_key(
        name="till", permissions=permissions_of_role("manager"), locations=[north], actor=acme.actor()
    )
    before = actor_of_key(token)
    assert before is not None and before.places("orders.view_orders") == frozenset([north.pk])
    north.delete()
    caller = Client(headers={"host": acme.host, "authorization": f"Bearer {token}"})
    after = actor_of_key(token)
    assert after is not None and not any(after.may(code) for code in PERMISSIONS)
    assert not ApiKey.objects.get(pk=key.pk).everywhere
    for path in ("orders/", "products/", "stock/", "customers/", "reports/", "events/", "webhook-endpoints/"):
        answer = caller.get(f"/api/v1/{path}")
        assert answer.status_code == 403 and "Acme" not in answer.content.decode(), path
    again = actor_by_id("api_key", key.pk)
    assert again is not None and not again.may("orders.view_orders")


def test_a_key_for_everywhere_says_so(acme: Shop) -> None:
    key, token = create_api_key(name="erp", permissions=["orders.view_orders"], actor=acme.actor())
    actor = actor_of_key(token)
    assert key.everywhere and actor is not None and actor.places("orders.view_orders") is None


def test_a_permission_that_no_app_declares_any_more_opens_nothing(acme: Shop) -> None:
    key, token = create_api_key(name="old", permissions=["orders.view_orders"], actor=acme.actor())
    ApiKey.objects.filter(pk=key.pk).update(permissions=["orders.view_orders", "gone.last_year"])
    actor = actor_of_key(token)
    assert actor is not None and sorted(actor.permissions) == ["orders.view_orders"]


def test_what_shows_the_whole_shop_is_not_held_at_one_location(acme: Shop, north: Location) -> None:
    assert {"audit.view", "webhooks.view", "webhooks.manage", "analytics.view_forecasts"} <= set(WHOLE_SHOP)
    owner = here_only(acme, "owner", north)
    assert [code for code in WHOLE_SHOP if owner.may(code)] == []
    browser = acme.client("owner")
    for page in ("/settings/audit/", "/settings/webhooks/", "/forecasts/"):
        assert browser.get(page).status_code == 403, page
    shown = browser.get("/orders/").content.decode()
    assert all(page not in shown for page in ("/settings/audit/", "/settings/webhooks/", "/forecasts/"))
    assert browser.get("/api/v1/forecasts/").status_code == 403


def test_a_manager_of_one_location_imports_into_that_one_and_sees_its_imports_only(acme: Shop, north: Location) -> None:
    run = new_run(
        file_name=f"{CANARY}.csv",
        format_name="uci-online-retail",
        location=acme.location,
        moves_stock=False,
        actor=SYSTEM,
    )
    run.save(force_insert=True)
    manager = here_only(acme, "manager", north)
    assert list(import_runs(actor=manager)) == []
    with pytest.raises(NotFound):
        find_import(run.pk, actor=manager)
    with pytest.raises(Forbidden):
        request_import(
            None,  # type: ignore[arg-type]  # refused before it is looked at
            format_name="uci-online-retail",
            location=acme.location,
            moves_stock=False,
            actor=manager,
        )
    page = acme.client("manager").get("/imports/").content.decode()
    assert CANARY not in page and str(acme.location.pk) not in page and str(north.pk) in page


def test_somebody_who_keeps_the_keys_of_one_location_ends_no_other_ones(acme: Shop, north: Location) -> None:
    Role.objects.create(name="keeper", permissions=["people.manage_keys", "orders.sell"])
    keeper = actor_of_user(
        create_user(email="k@acme.test", password=PASSWORD, role="keeper", location=north, actor=acme.actor())
    )
    everywhere, _ = create_api_key(name="all", permissions=["orders.sell"], actor=acme.actor())
    own, _ = create_api_key(name="north", permissions=["orders.sell"], locations=[north], actor=acme.actor())
    stronger, _ = create_api_key(name="more", permissions=["people.view_team"], locations=[north], actor=acme.actor())
    for key in (everywhere, stronger):
        with pytest.raises(Forbidden):
            revoke_api_key(key_id=key.pk, actor=keeper)
    assert revoke_api_key(key_id=own.pk, actor=keeper).revoked_at is not None
    assert set(ApiKey.objects.filter(revoked_at=None).values_list("name", flat=True)) == {"all", "more"}


@pytest.mark.parametrize("role", sorted(set(BUILT_IN_ROLES) - {"owner"}))
def test_services_of_people_ask_for_the_permission_themselves(acme: Shop, role: str) -> None:
    key, _ = create_api_key(name="x", permissions=["orders.sell"], actor=acme.actor())
    actor, events = acme.actor(role), Event.objects.count()
    with pytest.raises(Forbidden):
        create_user(email="x@acme.test", password=PASSWORD, role="viewer", actor=actor)
    with pytest.raises(Forbidden):
        create_api_key(name="y", permissions=["locations.view"], actor=actor)
    with pytest.raises(Forbidden):
        revoke_api_key(key_id=key.pk, actor=actor)
    assert Event.objects.count() == events and ApiKey.objects.filter(revoked_at=None).count() == 1


def test_a_cost_is_neither_stated_nor_taken_away_without_the_permission(acme: Shop) -> None:
    product = acme.variant("TEA").product
    body = {"variants": [{"id": str(acme.variant("TEA").pk), "unit_cost": None}]}
    keeper = machine(acme, ["inventory.manage_products", "inventory.view_products"])
    answer = keeper.patch(f"products/{product.pk}/", body)
    assert (answer.status_code, answer.json()["permission"]) == (403, "inventory.view_cost")
    assert acme.variant("TEA").unit_cost == Decimal("2.25")


def test_a_person_who_is_kept_out_is_out_with_the_next_request(acme: Shop) -> None:
    browser = acme.client("cashier")
    assert browser.get("/till/").status_code == 200
    set_active(user_id=acme.person("cashier").pk, is_active=False, actor=acme.actor())
    assert browser.get("/till/").status_code == 302
    answer = browser.post("/api/v1/live/tickets/", json.dumps({}), "application/json")
    assert answer.status_code == 401
    assert actor_by_id("user", acme.person("cashier").pk) is None


def told(events: list[Event]) -> Batch:
    return Batch.of([Told.of(event) for event in events])


@pytest.mark.parametrize("what", ["kept out", "other role", "key revoked"])
def test_sockets_are_looked_at_as_soon_as_somebody_may_hear_less(acme: Shop, what: str) -> None:
    """The regular look comes once a minute; this one comes with the event itself."""
    key, _ = create_api_key(name="x", permissions=["orders.sell"], actor=acme.actor())
    while number_events(acme.tenant):
        pass
    last = Event.objects.order_by("-seq").first()
    after = last.seq if last and last.seq else 0
    person: Any = {"user_id": acme.person("cashier").pk, "actor": acme.actor()}
    if what == "kept out":
        set_active(is_active=False, **person)
    elif what == "other role":
        change_role(role="viewer", **person)
    else:
        revoke_api_key(key_id=key.pk, actor=acme.actor())
    number_events(acme.tenant)
    room = Room(acme.tenant, Pace())
    regular = room.next_check
    room.hear(told(list(Event.objects.filter(seq__gt=after).order_by("seq"))))
    assert regular > 0 and room.next_check == 0


def test_other_events_ask_for_no_look(acme: Shop) -> None:
    event = Event(seq=1, uuid=uuid7(), type="order.created", payload={}, actor={}, occurred_at=datetime.now(UTC))
    event.recorded_at = event.occurred_at
    room = Room(acme.tenant, Pace())
    regular = room.next_check
    room.hear(told([event]))
    assert room.next_check == regular
