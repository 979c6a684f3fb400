"""Places are added, changed and closed; nothing of the shop is left behind in a closed one."""

from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.errors import Forbidden
from core.ids import uuid7
from core.locations.models import Location
from core.locations.services import create_location, update_location
from core.outbox.models import Event
from core.testing import Shop, stock
from inventory.services.shipping import ship_transfer
from tests.api import machine, pointers
from tests.test_transfers import arrive, drafted


def north(shop: Shop) -> Location:
    return create_location({"code": "NORTH", "name": "North"}, actor=shop.actor())


def test_a_place_is_added_and_gets_its_stock_with_the_first_goods(acme: Shop) -> None:
    place = north(acme)
    stock(acme.variant("TEA"), place, "3")
    assert acme.variant("TEA").levels.get(location=place).on_hand == 3
    entry = AuditEntry.objects.filter(object_type="location").get()
    assert (entry.action, entry.actor_id) == ("create", acme.actor().id)
    event = Event.objects.get(type="location.created")
    assert (event.payload["code"], event.actor) == ("NORTH", acme.actor().as_json())


def test_over_rest_a_place_is_changed_by_who_saw_it_as_it_is(acme: Shop) -> None:
    key = machine(acme)
    made = key.post("locations/", {"code": "NORTH", "name": "North"})
    assert made.status_code == 201
    one = f"locations/{made.json()['id']}/"
    changed = key.patch(one, {"name": "Far north", "time_zone": "Europe/Oslo"}, **{"If-Match": made["ETag"]})
    assert (changed.json()["name"], changed.json()["time_zone"], changed["ETag"]) == ("Far north", "Europe/Oslo", '"2"')
    stale = key.patch(one, {"name": "x"}, **{"If-Match": made["ETag"]})
    assert (stale.status_code, stale.json()["current"]["name"]) == (412, "Far north")
    assert key.patch(one, {"name": "Far north"})["ETag"] == '"2"'
    assert key.get(one).json()["version"] == 2 and key.get(f"locations/{uuid7()}/").status_code == 404
    told = Event.objects.get(type="location.updated").payload
    assert told["fields"] == ["name", "time_zone"]


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"time_zone": "Europe/Nowhere"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"day_starts_at": "13:00"}, "/day_starts_at"),
        ({"code": " "}, "/code"),
        ({"code": "MAIN"}, "/code"),
        ({"name": "x" * 121}, "/name"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(acme: Shop, values: dict[str, Any], pointer: str) -> None:
    answer = machine(acme).post("locations/", {"code": "NORTH", "name": "North", **values})
    assert answer.status_code in (400, 409, 422) and pointer in pointers(answer)
    assert Location.objects.count() == 1


def test_a_place_is_not_closed_while_goods_or_transfers_are_there_nor_the_last_one(acme: Shop) -> None:
    key, place = machine(acme), north(acme)
    refused = key.patch(f"locations/{acme.location.pk}/", {"is_active": False})
    assert refused.status_code == 409 and refused.json()["reasons"] == ["3 articles have stock there"]
    transfer = drafted(acme, place, {"TEA": "1"})
    one = f"locations/{place.pk}/"
    assert key.patch(one, {"is_active": False}).json()["reasons"] == ["1 transfers are open"]
    ship_transfer(transfer.pk, actor=acme.actor())
    assert len(key.patch(one, {"is_active": False}).json()["reasons"]) == 2
    arrive(acme, transfer, {"TEA": "1"})
    assert key.patch(one, {"is_active": False}).json()["reasons"] == ["1 articles have stock there"]
    stock(acme.variant("TEA"), place, "-1")
    assert key.patch(one, {"is_active": False}).json()["is_active"] is False
    assert key.patch(one, {"is_active": True}).status_code == 200
    Location.objects.filter(pk=acme.location.pk).update(is_active=False)
    assert "only place" in key.patch(one, {"is_active": False}).json()["detail"]


def test_only_who_manages_locations_changes_them(acme: Shop) -> None:
    for role in ("cashier", "stock clerk", "viewer"):
        with pytest.raises(Forbidden):
            update_location(acme.location.pk, {"name": "Mine"}, actor=acme.actor(role))
    assert acme.location.version == 1


def test_on_the_page_a_place_is_added_and_changed(acme: Shop) -> None:
    browser = acme.client("manager")
    form = {"code": "NORTH", "name": "North", "is_active": "on"}
    assert browser.post("/settings/locations/new/", form).status_code == 302
    place = Location.objects.get(code="NORTH")
    wrong = browser.post(f"/settings/locations/{place.pk}/", {**form, "code": "MAIN", "version": "1"})
    assert wrong.status_code == 409 and "belongs to another location" in wrong.content.decode()
    old = browser.post(f"/settings/locations/{place.pk}/", {**form, "name": "x", "version": "7"})
    assert old.status_code == 412
    assert browser.post(f"/settings/locations/{place.pk}/", {**form, "name": "Far", "version": "1"}).status_code == 302
    assert "Far" in browser.get("/settings/locations/").content.decode()
