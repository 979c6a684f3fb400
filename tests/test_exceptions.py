"""The inbox: who sees what does not fit, and how it is settled, once."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.audit.models import AuditEntry
from core.devices.services.numbers import STANDS_FOR, tell_gaps
from core.errors import Conflict, Invalid, NotFound
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.people.selectors import actor_of_user
from core.people.services import create_user
from core.sync.booking import book_again
from core.sync.errors import StillUnfit
from core.sync.flags import settle_flag
from core.sync.models import Flag, SyncItem
from core.tenancy.context import use_tenant
from core.testing import PASSWORD, Shop, make_variant, sale_body
from orders.auditor import audit_books
from orders.models import Order
from tests.api import machine, person
from tests.tills_away import Till, as_sold, away_and_back


def test_a_kept_sale_is_booked_when_its_place_is_there_and_as_of_when_it_happened(acme: Shop) -> None:
    till = Till.at(acme)
    place = uuid7()
    till.sell({"TEA": "1"}, order={"location": str(place)})
    assert till.send()[0]["code"] == "unknown-location"
    flag = Flag.objects.get()
    with pytest.raises(StillUnfit) as refusal:
        book_again(flag.pk, actor=acme.actor())
    assert refusal.value.details["because"] == "unknown-location"
    Location.objects.create(id=place, code="POP", name="Pop-up")

    book_again(flag.pk, actor=acme.actor())
    book_again(flag.pk, actor=acme.actor())

    order = Order.objects.get()
    row = SyncItem.objects.get()
    assert (order.location_id, order.occurred_at, order.created_by_label) == (place, row.occurred_at, "Acme cashier")
    assert (row.outcome, row.body, row.answer["order"]) == ("applied", "", str(order.pk))
    flag.refresh_from_db()
    assert (flag.resolution, flag.object_id, flag.resolved_by_label) == ("booked", order.pk, "Acme owner")
    assert AuditEntry.objects.filter(object_type="exception").count() == 1
    assert Event.objects.filter(type="exception.resolved").count() == 1
    assert till.send([{**till_item(row), "body": {}}])[0]["result"] == "quarantined"
    assert audit_books() == []


def till_item(row: SyncItem) -> dict[str, object]:
    return {"n": row.n, "id": str(row.item_id), "kind": row.kind, "v": row.v}


def test_what_was_booked_can_be_accepted_and_what_was_not_dismissed_with_a_word(acme: Shop) -> None:
    kept = away_and_back(acme)
    price = Flag.objects.get(kind="price")
    for flag, resolution in ((kept, "accepted"), (price, "dismissed"), (price, "booked")):
        with pytest.raises(Invalid):
            settle_flag(flag.pk, resolution=resolution, note="x", actor=acme.actor())
    with pytest.raises(Invalid):
        settle_flag(kept.pk, resolution="dismissed", actor=acme.actor())
    with pytest.raises(Conflict):
        book_again(price.pk, actor=acme.actor())
    assert not Flag.objects.exclude(resolved_at=None).exists()

    settle_flag(price.pk, resolution="accepted", actor=acme.actor("manager"))
    settle_flag(price.pk, resolution="accepted", actor=acme.actor())
    settle_flag(kept.pk, resolution="dismissed", note="Paid back by hand", actor=acme.actor())
    with pytest.raises(Conflict):
        book_again(kept.pk, actor=acme.actor())

    assert Flag.objects.get(pk=price.pk).resolved_by_label == "Acme manager"
    assert AuditEntry.objects.filter(object_type="exception").count() == 2


def test_somebody_sees_and_settles_those_of_their_places_alone(acme: Shop) -> None:
    away_and_back(acme)
    other = Location.objects.create(code="POP", name="Pop-up")
    there = create_user(email="there@acme.test", password=PASSWORD, role="manager", actor=acme.actor(), location=other)
    flag = Flag.objects.get(kind="price")
    with pytest.raises(NotFound):
        settle_flag(flag.pk, resolution="accepted", actor=actor_of_user(there))
    assert person(acme, "cashier").get("exceptions/").status_code == 403


def test_the_api_lists_settles_and_books(acme: Shop, globex: Shop) -> None:
    kept = away_and_back(acme)
    key = machine(acme)
    rows = key.get("exceptions/", {"is_open": "true"}).json()["results"]
    assert [(row["kind"], row["at_risk"], row["held"]) for row in rows] == [
        ("not-booked", "4.50", "4.50"),
        ("price", "3.00", "0.00"),
    ]
    assert key.post(f"exceptions/{kept.pk}/book/", {}).status_code == 409
    answer = key.post(f"exceptions/{rows[1]['id']}/settle/", {"resolution": "accepted", "note": "Old poster"})
    assert (answer.status_code, answer.json()["resolution"], answer.headers["ETag"]) == (200, "accepted", '"2"')
    assert key.post(f"exceptions/{kept.pk}/settle/", {"resolution": "dismissed"}).status_code == 422
    assert [row["id"] for row in key.get("exceptions/", {"kind": "not-booked"}).json()["results"]] == [str(kept.pk)]
    assert person(globex, "owner").get(f"exceptions/{kept.pk}/").status_code == 404


def test_the_inbox_shows_what_happened_the_money_and_the_ways_on(acme: Shop) -> None:
    kept = away_and_back(acme)
    stocked = Till.at(acme)
    stocked.sell({"TEA": "40"})
    stocked.send()
    browser = acme.client("manager")

    page = browser.get("/exceptions/").content.decode()

    assert "The customer was charged 9.00 GBP; the price was 12.00 GBP." in page
    assert "Money at risk" in page
    assert "30 more of Acme Earl Grey sold than recorded" in page
    order = Order.objects.get(total=Decimal(9))
    assert f'href="/orders/{order.pk}/"' in page
    one = browser.get(f"/exceptions/{kept.pk}/").content.decode()
    assert "What the device sent" in one
    assert browser.post(f"/exceptions/{kept.pk}/book/").status_code == 302
    browser.post(f"/exceptions/{kept.pk}/settle/", {"resolution": "dismissed", "note": "Paid back"})
    kept.refresh_from_db()
    assert kept.resolution == "dismissed"
    browser.post(f"/exceptions/{Flag.objects.get(kind='price').pk}/settle/")
    assert "Everything fits" not in browser.get("/exceptions/").content.decode()
    assert "Paid back" in browser.get("/exceptions/?state=settled").content.decode()


def test_an_article_of_another_shop_is_an_unknown_one(acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        theirs = make_variant("THEIRS", price="4.50")
    till = Till.at(acme)
    body = sale_body(acme, {"TEA": "1"}, channel="counter")
    sold = as_sold(body)
    body["lines"][0]["variant"] = sold["lines"][0]["variant"] = str(theirs.pk)
    till.item("sale", {"order": body, "as_sold": sold})
    assert till.send()[0]["result"] == "applied"
    assert Flag.objects.get().kind == "unknown-product"


def test_what_is_missing_of_a_device_stands_in_the_inbox_too(acme: Shop) -> None:
    till = Till.at(acme)
    till.n = 3
    till.sell({"TEA": "1"})
    till.send()
    assert "Numbers 1 to 3" not in acme.client("manager").get("/exceptions/").content.decode(), "it may come yet"
    tell_gaps(now=datetime.now(UTC) + STANDS_FOR)
    page = acme.client("manager").get("/exceptions/").content.decode()
    assert "Numbers 1 to 3 of K3 are missing" in page
    assert "Numbers 1 to 3" not in acme.client("accountant").get("/exceptions/").content.decode()
