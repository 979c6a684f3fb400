"""Goods set aside: nobody else gets them, they end by their own clock, and the level knows exactly their sum."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from core.actors import SYSTEM
from core.errors import Invalid, NotFound, ReusedIdentifier
from core.ids import uuid7
from core.jobs.models import Job
from core.outbox.models import Event
from core.testing import Shop, sale_body, stock
from inventory.errors import OutOfStock, ReservationOver
from inventory.models import StockLevel, StockMovement, StockReservation
from inventory.services.ledger import Change, move_stock
from inventory.services.reservations import (
    Reserve,
    Reserved,
    expire_reservations,
    extend,
    release,
    reserve,
    sell_reserved,
)
from tests.api import Api, machine
from tests.test_race_checkout import at_once, deadlocks

HOUR = timedelta(hours=1)


def wish(shop: Shop, quantity: str = "1", *, sku: str = "TEA", until: timedelta = HOUR, **more: Any) -> Reserve:
    return Reserve(
        **{
            "reservation_id": uuid7(),
            "variant_id": shop.variant(sku).pk,
            "location_id": shop.location.pk,
            "quantity": Decimal(quantity),
            "expires_at": datetime.now(UTC) + until,
            **more,
        }
    )


def level(shop: Shop, sku: str = "TEA") -> Any:
    return StockLevel.objects.get(variant__sku=sku, location=shop.location)


def sell(shop: Shop, ids: list[UUID], quantity: str = "1", *, must_all: bool = True) -> UUID:
    """What a checkout does: the reservations first, then the stock, in one transaction."""
    order, key = uuid7(), (shop.variant("TEA").pk, shop.location.pk)
    with transaction.atomic(durable=True):
        taken = sell_reserved(
            ids, location_id=shop.location.pk, reference_type="order", reference_id=order, must_all=must_all
        )
        change = Change(on_hand=-Decimal(quantity), reserved=taken.get(key[0], Decimal(0)))
        move_stock(
            deltas={key: change},
            kind=StockMovement.Kind.ADJUSTMENT,  # no order stands behind it here
            reference_type="test",
            reference_id=order,
            actor=SYSTEM,
            occurred_at=datetime.now(UTC),
            may_refuse=must_all,
        )
    return order


def expire_now(*ids: UUID) -> None:
    StockReservation.objects.filter(pk__in=ids).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_what_is_set_aside_nobody_else_can_have(acme: Shop) -> None:
    held = reserve(wish(acme, "8"), actor=acme.actor()).reservation
    with pytest.raises(OutOfStock) as short:
        reserve(wish(acme, "3"), actor=acme.actor())
    assert short.value.details["short"][0]["available"] == "2"
    answer = Api(acme.client("owner")).post("orders/", sale_body(acme, {"TEA": "3"}))
    assert answer.status_code == 409 and answer.json()["code"] == "out-of-stock"
    assert (level(acme).on_hand, level(acme).reserved, level(acme).available) == (10, 8, 2)
    assert StockReservation.objects.get() == held
    told = Event.objects.get(type="stock.reserved").payload
    assert [Decimal(told[name]) for name in ("quantity", "reserved", "on_hand")] == [8, 8, 10]


@pytest.mark.django_db(transaction=True)
def test_a_sale_takes_what_was_set_aside_for_it_and_the_rest_is_free_again(acme: Shop) -> None:
    held = reserve(wish(acme, "8"), actor=acme.actor()).reservation
    order = sell(acme, [held.pk], "7")
    held.refresh_from_db()
    assert (held.state, held.reference_id) == ("sold", order)
    assert (level(acme).on_hand, level(acme).reserved) == (3, 0)
    with pytest.raises(ReservationOver):
        sell(acme, [held.pk], "1")
    assert level(acme).on_hand == 3


@pytest.mark.django_db(transaction=True)
def test_goods_that_are_there_go_to_whom_they_were_kept_for_also_when_too_many_were_sold(acme: Shop) -> None:
    held = reserve(wish(acme, "6"), actor=acme.actor()).reservation
    sell(acme, [], "6", must_all=False)  # a fact takes more than was free: four are left, six are promised
    sell(acme, [held.pk], "4")
    assert (level(acme).on_hand, level(acme).reserved) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_reservation_past_its_time_is_over_before_anybody_sweeps(acme: Shop) -> None:
    held = reserve(wish(acme, "8"), actor=acme.actor()).reservation
    expire_now(held.pk)
    with pytest.raises(ReservationOver):
        sell(acme, [held.pk], "1")
    with pytest.raises(ReservationOver):
        extend(held.pk, expires_at=datetime.now(UTC) + HOUR, actor=acme.actor())
    assert level(acme).reserved == 8
    assert expire_reservations() == 1
    assert expire_reservations() == 0
    held.refresh_from_db()
    assert (held.state, level(acme).reserved) == ("expired", 0)
    assert Event.objects.filter(type="stock.released").get().payload["because"] == "expired"


@pytest.mark.django_db(transaction=True)
def test_a_sweep_is_planned_for_when_the_reservation_ends(acme: Shop) -> None:
    ends = [reserve(wish(acme, until=until), actor=acme.actor()).reservation.expires_at for until in (HOUR, 3 * HOUR)]
    planned = Job.objects.filter(kind="inventory.expire_reservations").order_by("run_after")
    waits = [job.run_after - end for job, end in zip(planned, ends, strict=True)]
    assert all(timedelta(0) < wait <= timedelta(minutes=5) for wait in waits)


@pytest.mark.django_db(transaction=True)
def test_the_same_wish_again_is_the_same_reservation_and_other_content_is_refused(acme: Shop) -> None:
    wanted = wish(acme, "4")
    first, second = (reserve(wanted, actor=acme.actor()) for _ in range(2))
    assert (first.is_new, second.is_new) == (True, False)
    release(wanted.reservation_id, actor=acme.actor())
    assert reserve(wanted, actor=acme.actor()).reservation.state == "released"
    other = wish(acme, "5", reservation_id=wanted.reservation_id)
    with pytest.raises(ReusedIdentifier):
        reserve(other, actor=acme.actor())
    with pytest.raises(NotFound):
        reserve(wanted, actor=acme.actor("manager"))
    assert level(acme).reserved == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": Decimal(0)},
        {"quantity": Decimal(-1)},
        {"quantity": Decimal(10) ** 10},
        {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"expires_at": datetime(2200, 1, 1, tzinfo=UTC)},
        {"variant_id": UUID(int=1)},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(acme: Shop, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        reserve(wish(acme, **wrong), actor=acme.actor())
    assert not StockReservation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_api_reserves_extends_and_gives_back(acme: Shop) -> None:
    key = machine(acme)
    wanted = wish(acme)
    body = {
        "id": str(wanted.reservation_id),
        "variant": str(wanted.variant_id),
        "location": str(wanted.location_id),
        "quantity": "4",
        "expires_at": wanted.expires_at.isoformat(),
    }
    made = key.post("stock/reservations/", body)
    assert made.status_code == 201, made.content
    again = key.post("stock/reservations/", body)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert key.post("stock/reservations/", body | {"quantity": "5"}).status_code == 422
    path, later = f"stock/reservations/{body['id']}/", (datetime.now(UTC) + 2 * HOUR).isoformat()
    assert key.patch(path, {"expires_at": later}, **{"If-Match": '"9"'}).json()["current"]["version"] == 1
    longer = key.patch(path, {"expires_at": later}, **{"If-Match": '"1"'})
    assert (longer.status_code, longer.headers["ETag"]) == (200, '"2"')
    assert key.get("stock/", {"variant": body["variant"]}).json()["results"][0]["available"] == "6"
    assert [row["id"] for row in key.get("stock/reservations/", {"live": "true"}).json()["results"]] == [body["id"]]
    gone = key._send("DELETE", path, b"", {})
    assert (gone.status_code, gone.json()["state"]) == (200, "released")
    assert key.patch(path, {"expires_at": later}).json()["code"] == "reservation-over"
    assert key.get("stock/reservations/", {"live": "true"}).json()["results"] == []
    limits = {"variant": body["variant"], "location": body["location"], "low_at": "3", "over_at": "2"}
    assert key._send("PUT", "stock/limits/", b"[]", {}).status_code in (400, 422)
    assert key._send("PUT", "stock/limits/", _json(limits), {}).status_code == 422
    assert key._send("PUT", "stock/limits/", _json(limits | {"over_at": "30"}), {}).json()["over_at"] == "30"


def _json(body: Any) -> Any:
    return json.dumps(body).encode()


@pytest.mark.django_db(transaction=True)
def test_two_hundred_reservers_of_fifty_units_get_exactly_fifty(acme: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "40")
    actor, before = acme.actor("cashier"), deadlocks()
    results = at_once(acme, [partial(reserve, wish(acme), actor=actor) for _ in range(200)], 12)
    assert Counter(type(one) for one in results) == {Reserved: 50, OutOfStock: 150}
    assert (level(acme).on_hand, level(acme).reserved, deadlocks()) == (50, 50, before)
    assert StockReservation.objects.filter(state="live").count() == 50
    assert Event.objects.filter(type="stock.reserved").count() == 50


@pytest.mark.django_db(transaction=True)
def test_a_reservation_goes_to_one_of_its_sale_its_release_and_its_sweep(acme: Shop) -> None:
    """Twenty reservations at the edge of their time; for each a sale, a release and, all along, the sweep."""
    stock(acme.variant("TEA"), acme.location, "10")
    actor, before = acme.actor(), deadlocks()
    rows = [reserve(wish(acme), actor=actor).reservation for _ in range(20)]
    expire_now(*(row.pk for row in rows[::2]))
    work: list[Callable[[], Any]] = []
    for row in rows:
        work += [partial(sell, acme, [row.pk]), expire_reservations, partial(release, row.pk, actor=actor)]
    results = at_once(acme, work, 9)
    sold = sum(isinstance(one, UUID) for one in results)
    states = Counter(StockReservation.objects.values_list("state", flat=True))
    assert states["live"] == 0 and states["sold"] == sold
    assert not set(StockReservation.objects.filter(state="sold").values_list("pk", flat=True)) & {
        row.pk for row in rows[::2]
    }
    assert (level(acme).on_hand, level(acme).reserved, deadlocks()) == (20 - sold, 0, before)
