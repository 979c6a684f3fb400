"""Alerts: one per crossing, cleared when crossed back, armed again; and why somebody gets it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from core.errors import Invalid, NotFound
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.people.models import Grant
from core.testing import Shop
from inventory.models import Lot, LotLevel, StockAlert, StockLevel, StockMovement
from inventory.services.alerts import LookedOver, look_over_stock, snooze_alert
from inventory.services.ledger import move_stock
from tests.api import machine

D = Decimal


def move(shop: Shop, units: str, *, kind: str = "sale", at: datetime | None = None) -> None:
    move_stock(
        deltas={(shop.variant("TEA").pk, shop.location.pk): D(units)},
        kind=StockMovement.Kind(kind),
        reference_type="test",
        reference_id=uuid7(),
        actor=shop.actor(),
        occurred_at=at or datetime.now(UTC),
        may_refuse=False,
    )


def limits(low: str | None = None, over: str | None = None) -> None:
    StockLevel.objects.filter(variant__sku="TEA").update(low_at=low and D(low), over_at=over and D(over))


def standing() -> Any:
    rows = StockAlert.objects.values_list("kind", "cleared_at")
    return sorted((kind, cleared is None) for kind, cleared in rows)


@pytest.mark.django_db(transaction=True)
def test_a_limit_is_told_once_per_crossing_and_armed_again_when_crossed_back(acme: Shop) -> None:
    limits(low="5", over="20")
    for units in ("-4", "-1", "-1", "-1"):
        move(acme, units)
    assert standing() == [("low", True)]
    assert StockAlert.objects.get().details == {"on_hand": "5", "limit": "5"}
    move(acme, "10", kind="receipt")
    assert standing() == [("low", False)]
    move(acme, "-13")
    assert standing() == [("low", False), ("low", True), ("out", True)]
    move(acme, "25", kind="receipt")
    assert [kind for kind, is_open in standing() if is_open] == ["over"]
    told = Event.objects.filter(type__in=["stock.low", "stock.out", "stock.over"]).order_by("id")
    assert [event.type for event in told] == ["stock.low", "stock.low", "stock.out", "stock.over"]
    move(acme, "-6")
    assert not [kind for kind, is_open in standing() if is_open]


def test_a_movement_that_crosses_nothing_pays_nothing(acme: Shop) -> None:
    limits(low="5", over="20")
    with CaptureQueriesContext(connection) as seen:
        move(acme, "-1")
    assert not any("stockalert" in query["sql"] for query in seen.captured_queries)


def test_at_night_what_lies_and_what_expires_is_found_once_and_goes_when_it_is_over(acme: Shop) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=100)
    StockMovement.objects.update(occurred_at=long_ago)
    move(acme, "-1")
    cup = acme.variant("CUP")
    lot = Lot.objects.create(variant=cup, code="L1", expires_on=datetime.now(UTC).date() + timedelta(days=3))
    LotLevel.objects.create(lot=lot, location=acme.location, on_hand=4)
    assert look_over_stock(actor=SYSTEM) == LookedOver(3, 0)
    assert {(row.kind, row.variant.sku) for row in StockAlert.objects.all()} == {
        ("dead", "CUP"),
        ("dead", "JAM"),
        ("expiring", "CUP"),
    }
    assert Event.objects.filter(type__in=["stock.dead", "stock.expiring"]).count() == 3
    assert look_over_stock(actor=SYSTEM) == LookedOver(0, 0)
    LotLevel.objects.update(on_hand=0)
    assert look_over_stock(actor=SYSTEM) == LookedOver(0, 1)


def test_a_limit_set_anew_is_an_alert_after_the_look_and_says_why(acme: Shop) -> None:
    limits(low="12")
    assert look_over_stock(actor=SYSTEM) == LookedOver(1, 0)
    row = machine(acme).get("stock/alerts/").json()["results"][0]
    assert (row["kind"], row["sku"]) == ("low", "TEA")
    assert row["why"] == "It fell to 10; you want to hear of it at 12 or fewer."


def test_an_alert_rests_for_a_while_where_one_may_adjust_stock(acme: Shop) -> None:
    limits(low="9")
    move(acme, "-2")
    alert, key = StockAlert.objects.get(), machine(acme)
    assert key.post(f"stock/alerts/{alert.pk}/snooze/", {"days": 400}).status_code in (400, 422)
    assert key.post(f"stock/alerts/{alert.pk}/snooze/", {"days": 7}).status_code == 200
    assert key.get("stock/alerts/").json()["results"] == []
    assert len(key.get("stock/alerts/", {"resting": "true"}).json()["results"]) == 1
    snooze_alert(alert.pk, days=0, actor=acme.actor())
    assert len(key.get("stock/alerts/").json()["results"]) == 1
    with pytest.raises(Invalid):
        snooze_alert(alert.pk, days=-1, actor=acme.actor())
    north = Location.objects.create(code="NORTH", name="North")
    Grant.objects.filter(user=acme.person("stock clerk")).update(location=north)
    with pytest.raises(NotFound):
        snooze_alert(alert.pk, days=1, actor=acme.actor("stock clerk"))
    assert machine(acme, ["inventory.view_stock"], [north]).get("stock/alerts/").json()["results"] == []


def test_on_the_page_limits_are_set_for_many_at_once_and_an_alert_rests(acme: Shop) -> None:
    limits(low="12")
    look_over_stock(actor=SYSTEM)
    browser, tea, place = acme.client("stock clerk"), acme.variant("TEA").pk, acme.location.pk
    assert "It fell to 10" in browser.get("/stock/alerts/").content.decode()
    wrong = browser.post("/stock/alerts/", {f"low:{tea}:{place}": "12", f"over:{tea}:{place}": "3"}, follow=True)
    assert "Too many is more than low." in wrong.content.decode()
    browser.post("/stock/alerts/", {f"low:{tea}:{place}": "x"})
    assert StockLevel.objects.get(variant=tea).low_at == 12
    browser.post("/stock/alerts/", {f"low:{tea}:{place}": "3", f"over:{tea}:{place}": ""})
    assert StockLevel.objects.get(variant=tea).low_at == 3
    assert not StockAlert.objects.filter(cleared_at=None).exists()
    move(acme, "-8")
    assert browser.post(f"/stock/alerts/{StockAlert.objects.get(cleared_at=None).pk}/snoozed/").status_code == 302
    assert "All is well" in browser.get("/stock/alerts/").content.decode()
