"""Goods told apart: lots go by expiry date without a question, pieces go once, and the sums always hold."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from core.actors import SYSTEM
from core.ids import uuid7
from core.locations.selectors import business_today
from core.outbox.models import Event
from core.testing import Shop, make_variant, sale_body
from inventory.errors import LotExpired, OutOfStock, SerialRefused
from inventory.models import Lot, LotLevel, MovementLot, Serial, StockException, StockLevel, StockMovement, StockPolicy
from inventory.models import Variant as VariantModel
from inventory.services.ledger import Cause, Change, move_stock
from orders.auditor import audit_books
from tests.api import machine
from tests.test_race_checkout import at_once, deadlocks

Kind = StockMovement.Kind


def tracked(how: str, sku: str = "NEW") -> VariantModel:
    variant = make_variant(sku)
    VariantModel.objects.filter(pk=variant.pk).update(tracking=how)
    return variant


def book(
    shop: Shop,
    variant: VariantModel,
    units: str,
    kind: StockMovement.Kind = Kind.SALE,
    *,
    wish: bool = True,
    **more: Any,
) -> Cause:
    cause = ("test", uuid7())
    with transaction.atomic():
        move_stock(
            deltas={(variant.pk, shop.location.pk): Change(on_hand=Decimal(units), **more)},
            kind=kind,
            reference_type=cause[0],
            reference_id=cause[1],
            actor=SYSTEM,
            occurred_at=datetime.now(UTC),
            may_refuse=wish and Decimal(units) < 0,
        )
    return cause


def receive(shop: Shop, variant: VariantModel, code: str, units: str, days: int | None) -> Lot:
    expires = None if days is None else business_today(shop.location) + timedelta(days=days)
    lot, _ = Lot.objects.get_or_create(variant=variant, code=code, defaults={"expires_on": expires})
    book(shop, variant, units, Kind.RECEIPT, lots=((lot.pk, Decimal(units)),))
    return lot


def lots(variant: VariantModel) -> dict[str, int]:
    rows = LotLevel.objects.filter(lot__variant=variant)
    return {code: int(units) for code, units in rows.values_list("lot__code", "on_hand")}


def left_with(cause: Cause) -> dict[str, int]:
    rows = MovementLot.objects.filter(movement__reference_id=cause[1])
    return {code: int(units) for code, units in rows.values_list("lot__code", "delta")}


def test_what_expires_first_goes_first_and_comes_back_to_where_it_was(acme: Shop) -> None:
    milk = tracked("lot")
    for code, units, days in (("C", "5", None), ("B", "5", 9), ("A", "5", 2)):
        receive(acme, milk, code, units, days)
    sale = book(acme, milk, "-7")
    assert left_with(sale) == {"A": -5, "B": -2}
    refund = book(acme, milk, "6", Kind.REFUND, back_from=(sale,))
    assert left_with(refund) == {"A": 5, "B": 1}
    second = book(acme, milk, "1", Kind.REFUND, back_from=(sale, refund))
    assert left_with(second) == {"B": 1}
    assert lots(milk) == {"A": 5, "B": 5, "C": 5}
    assert audit_books() == []


def test_what_a_customer_brings_back_lies_in_the_lots_it_was_sold_from(acme: Shop) -> None:
    milk = tracked("lot", "MILK")
    for code, units, days in (("A", "2", 2), ("B", "5", 9), ("C", "5", 20)):
        receive(acme, milk, code, units, days)
    key = machine(acme)
    sale = key.post("orders/", sale_body(acme, {"MILK": "4"})).json()
    assert lots(milk) == {"A": 0, "B": 3, "C": 5}
    for units, after in (("3", {"A": 2, "B": 4, "C": 5}), ("1", {"A": 2, "B": 5, "C": 5})):
        body = {
            "id": str(uuid7()),
            "lines": [{"position": 1, "quantity": units}],
            "reason": "too much",
        }
        answer = key.post(f"orders/{sale['id']}/returns/", body)
        assert answer.status_code == 201, answer.content
        assert lots(milk) == after
    assert audit_books() == []


def test_an_expired_or_blocked_lot_is_not_sold_unless_the_shop_says_so(acme: Shop) -> None:
    milk = tracked("lot")
    receive(acme, milk, "OLD", "5", -1)
    blocked = receive(acme, milk, "BLOCKED", "5", 30)
    receive(acme, milk, "GOOD", "2", 40)
    Lot.objects.filter(pk=blocked.pk).update(state="blocked")
    assert left_with(book(acme, milk, "-2")) == {"GOOD": -2}
    with pytest.raises(LotExpired):
        book(acme, milk, "-1")
    assert left_with(book(acme, milk, "-1", any_lot=True)) == {"OLD": -1}
    StockPolicy.objects.create(id=1, sells_expired=True)
    assert left_with(book(acme, milk, "-4")) == {"OLD": -4}
    with pytest.raises(LotExpired):
        book(acme, milk, "-1")
    with pytest.raises(LotExpired):
        book(acme, milk, "-1", lots=((blocked.pk, Decimal(-1)),))
    assert lots(milk) == {"OLD": 0, "BLOCKED": 5, "GOOD": 0}


def test_a_fact_is_booked_from_an_expired_lot_and_somebody_is_told(acme: Shop) -> None:
    milk = tracked("lot")
    receive(acme, milk, "OLD", "5", -1)
    receive(acme, milk, "GOOD", "2", 40)
    assert left_with(book(acme, milk, "-3", wish=False)) == {"GOOD": -2, "OLD": -1}
    told: Any = StockException.objects.get()
    assert (told.kind, told.quantity) == ("unsellable", 1)
    book(acme, milk, "-9", wish=False)
    assert lots(milk) == {"OLD": -5, "GOOD": 0}
    assert StockLevel.objects.get(variant=milk).on_hand == -5
    assert audit_books() == []


def test_a_named_lot_is_taken_and_no_other_in_its_place(acme: Shop) -> None:
    milk = tracked("lot")
    receive(acme, milk, "A", "5", 2)
    second = receive(acme, milk, "B", "5", 9)
    assert left_with(book(acme, milk, "-2", lots=((second.pk, Decimal(-2)),))) == {"B": -2}
    with pytest.raises(OutOfStock) as short:
        book(acme, milk, "-4", lots=((second.pk, Decimal(-4)),))
    assert short.value.details["short"][0]["available"] == "3"
    assert lots(milk) == {"A": 5, "B": 3}


def test_what_is_thrown_away_is_the_oldest_and_what_is_found_is_of_the_newest(acme: Shop) -> None:
    milk = tracked("lot")
    assert left_with(book(acme, milk, "1", Kind.COUNT)) == {"without lot": 1}
    receive(acme, milk, "OLD", "5", -1)
    receive(acme, milk, "GOOD", "2", 40)
    assert left_with(book(acme, milk, "-2", Kind.ADJUSTMENT)) == {"OLD": -2}
    assert left_with(book(acme, milk, "1", Kind.COUNT)) == {"GOOD": 1}
    assert audit_books() == []


def pieces(variant: VariantModel) -> dict[str, str]:
    return dict(Serial.objects.filter(variant=variant).values_list("number", "state"))


def test_a_piece_is_received_sold_and_taken_back_and_keeps_its_history(acme: Shop) -> None:
    phone = tracked("serial")
    book(acme, phone, "2", Kind.RECEIPT, serials=("S1", "S2"))
    book(acme, phone, "-1", serials=("S1",))
    assert pieces(phone) == {"S1": "sold", "S2": "in_stock"}
    for wrong in (("S1",), ("S3",), (), ("S2", "S1")):
        with pytest.raises(SerialRefused):
            book(acme, phone, "-1", serials=wrong)
    book(acme, phone, "1", Kind.REFUND, serials=("S1",))
    book(acme, phone, "-1", Kind.DAMAGE, damaged=Decimal(1), serials=("S1",))
    past = list(Serial.objects.get(number="S1").movements.values_list("movement__kind", "state"))
    assert past == [("receipt", "in_stock"), ("sale", "sold"), ("refund", "in_stock"), ("damage", "damaged")]
    assert Serial.objects.filter(number="S3").count() == 0
    assert StockLevel.objects.get(variant=phone).on_hand == 1
    assert audit_books() == []


def test_a_fact_about_a_piece_that_is_not_here_is_booked_and_somebody_is_told(acme: Shop) -> None:
    phone = tracked("serial")
    book(acme, phone, "2", Kind.RECEIPT, serials=("S1", "S2"))
    book(acme, phone, "-2", wish=False, serials=("S1", "S9"))
    assert pieces(phone) == {"S1": "sold", "S2": "in_stock", "S9": "gone"}
    assert StockException.objects.get(kind="serial", quantity=1)


@pytest.mark.django_db(transaction=True)
def test_one_piece_is_sold_once_however_many_want_it(acme: Shop) -> None:
    phone, before = tracked("serial"), deadlocks()
    numbers = [f"S{n}" for n in range(6)]
    book(acme, phone, "6", Kind.RECEIPT, serials=tuple(numbers))

    def take(pair: Sequence[str]) -> UUID:
        return book(acme, phone, "-2", serials=tuple(pair))[1]

    pairs = [(numbers[n % 6], numbers[(n + 1 + n // 6) % 6]) for n in range(24)]
    results = at_once(acme, [partial(take, pair) for pair in pairs], 8)
    sold = sum(isinstance(one, UUID) for one in results)
    assert Counter(pieces(phone).values()) == Counter({"sold": 2 * sold, "in_stock": 6 - 2 * sold}) - Counter()
    assert 1 <= sold <= 3 and deadlocks() == before
    assert StockLevel.objects.get(variant=phone).on_hand == 6 - 2 * sold


@pytest.mark.django_db(transaction=True)
def test_a_sale_picks_lots_names_pieces_and_takes_up_what_was_set_aside(acme: Shop) -> None:
    milk, phone = tracked("lot", "MILK"), tracked("serial", "PHONE")
    receive(acme, milk, "OLD", "5", -1)
    receive(acme, milk, "SOON", "5", 2)
    receive(acme, milk, "LATER", "5", 9)
    book(acme, phone, "2", Kind.RECEIPT, serials=("S1", "S2"))
    key = machine(acme)

    def sell(basket: dict[str, str], lines: list[dict[str, Any]] | None = None, **more: Any) -> Any:
        body = sale_body(acme, basket, **more)
        for line, extra in zip(body["lines"], lines or [], strict=False):
            line.update(extra)
        return key.post("orders/", body)

    assert sell({"MILK": "3"}).status_code == 201
    assert sell({"MILK": "1"}, [{"lot": "LATER"}]).status_code == 201
    assert lots(milk) == {"OLD": 5, "SOON": 2, "LATER": 4}
    assert sell({"MILK": "1"}, [{"lot": "NONE"}]).status_code == 422
    assert sell({"MILK": "1"}, [{"lot": "OLD"}]).json()["code"] == "lot-expired"
    assert sell({"MILK": "7"}).json()["code"] == "lot-expired"
    assert sell({"PHONE": "1"}).json()["code"] == "serial-not-here"
    sold = sell({"PHONE": "1"}, [{"serials": ["S2"]}])
    assert sold.status_code == 201 and pieces(phone) == {"S1": "in_stock", "S2": "sold"}
    assert sell({"PHONE": "1"}, [{"serials": ["S2"]}]).json()["code"] == "serial-not-here"
    held = {"id": str(uuid7()), "variant": str(milk.pk), "location": str(acme.location.pk), "quantity": "6"}
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    stock_left = StockLevel.objects.get(variant=milk)
    assert key.post("stock/reservations/", held | {"expires_at": until}).status_code == 201
    assert stock_left.on_hand == 11
    assert sell({"TEA": "1"}, reservations=[held["id"]]).status_code == 422
    assert sell({"MILK": "6"}, reservations=[held["id"]]).status_code == 201
    assert sell({"TEA": "1"}, reservations=[held["id"]]).json()["code"] == "reservation-over"
    assert StockLevel.objects.get(variant=milk).reserved == 0

    lot = Lot.objects.get(code="SOON")
    told = acme.client("manager").get(f"/stock/lots/{lot.pk}/").content.decode()
    assert "Sale" in told and "Goods received" in told
    shown = acme.client("manager").get(f"/stock/serials/{Serial.objects.get(number='S2').pk}/").content.decode()
    assert f"/orders/{sold.json()['id']}/" in shown
    way = key.get(f"stock/lots/{lot.pk}/movements/").json()["results"]
    assert [step["kind"] for step in way] == ["sale", "sale", "receipt"]
    history = key.get(f"stock/serials/{Serial.objects.get(number='S2').pk}/").json()["history"]
    assert [step["state"] for step in history] == ["sold", "in_stock"]


@pytest.mark.django_db(transaction=True)
def test_a_lot_is_blocked_and_let_go_and_found_by_its_date(acme: Shop) -> None:
    milk = tracked("lot", "MILK")
    lot = receive(acme, milk, "A", "5", 2)
    receive(acme, milk, "B", "5", 300)
    key = machine(acme)
    path = f"stock/lots/{lot.pk}/"
    blocked = key.patch(path, {"state": "blocked", "note": "glass"}, **{"If-Match": '"1"'})
    assert (blocked.status_code, blocked.json()["state"]) == (200, "blocked")
    assert key.patch(path, {"state": "open"}, **{"If-Match": '"1"'}).status_code == 412
    with pytest.raises(LotExpired):
        book(acme, milk, "-6")
    browser = acme.client("manager")
    assert browser.post(f"/stock/lots/{lot.pk}/blocking/", {"blocked": "no"}).status_code == 302
    assert left_with(book(acme, milk, "-6")) == {"A": -5, "B": -1}
    assert [row["code"] for row in key.get("stock/lots/").json()["results"]] == ["B"]
    until = (business_today(acme.location) + timedelta(days=14)).isoformat()
    assert [
        row["code"] for row in key.get("stock/lots/", {"expires_by": until, "held": "false"}).json()["results"]
    ] == ["A"]
    assert "B" in browser.get("/stock/lots/").content.decode()
    assert browser.get("/stock/lots/?show=expiring").status_code == 200
    assert browser.get("/stock/serials/?q=x").status_code == 200
    types = list(Event.objects.filter(type__startswith="lot.").values_list("type", flat=True))
    assert types == ["lot.blocked", "lot.unblocked"]
