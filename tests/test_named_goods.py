"""An order for later names a piece or a lot when it is placed: it is kept for it, and for nobody else."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.ids import uuid7
from core.outbox.models import Event
from core.testing import CANARY, Shop, sale_body
from inventory.errors import SerialRefused
from inventory.models import MovementSerial, NamedGoods, Serial, StockLevel
from orders.auditor import audit_books
from orders.models import Fulfilment, Order
from orders.services.basket import BasketLine, Sale
from orders.services.changes import Settlement, confirm_change, propose_change
from orders.services.checkout import Placed
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.placing import Cancellation, cancel_order, place_open_order
from orders.services.rewriting import Action
from tests.api import person, pointers
from tests.test_lots_and_serials import Kind, book, lots, receive, tracked
from tests.test_race_checkout import at_once, deadlocks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def phone(acme: Shop) -> Any:
    made = tracked("serial", "PHONE")
    book(acme, made, "3", Kind.RECEIPT, serials=("S1", "S2", "S3"))
    return made


def place(shop: Shop, variant: Any, units: str, *, lot: str = "", serials: tuple[str, ...] = ()) -> Placed:
    line = BasketLine(variant_id=variant.pk, quantity=Decimal(units), lot=lot, serials=serials)
    sale = Sale(order_id=uuid7(), location_id=shop.location.pk, lines=[line], payments=[])
    return place_open_order(sale, delivery={"kind": "pickup"}, actor=shop.actor())


def kept() -> list[tuple[str, str, Decimal]]:
    rows = NamedGoods.objects.order_by("pk").values_list("serial__number", "lot__code", "units")
    return [(number or "", code or "", units) for number, code, units in rows]


def hand_over(shop: Shop, order: Order, **step: Any) -> Fulfilment:
    draft = FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk)
    made, _ = create_fulfilment(draft, actor=shop.actor())
    for name in ("pack", "done"):
        take_step(made.pk, Step(name=name, **(step if name == "done" else {})), actor=shop.actor())
    return made


def test_a_named_piece_is_kept_shown_and_goes_with_the_order_and_nobody_else_gets_it(
    acme: Shop, globex: Shop, phone: Any
) -> None:
    api = person(acme, "manager")
    sent_id = uuid7()
    body = {
        "id": str(sent_id),
        "location": str(acme.location.pk),
        "lines": [{"variant": str(phone.pk), "quantity": "1", "serials": ["S2"]}],
        "delivery": {"kind": "pickup"},
    }
    answers = [api.post("orders/open/", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
    assert kept() == [("S2", "", Decimal(1))]
    listed = [api.get("stock/serials/", {"q": "PHONE", **more}).json()["results"] for more in ({}, {"free": "true"})]
    assert [[row["number"] for row in rows] for rows in listed] == [["S1", "S2", "S3"], ["S1", "S3"]]
    told = Event.objects.count()
    sold = sale_body(acme, {"PHONE": "1"})
    sold["lines"][0]["serials"] = ["S2"]
    refused = api.post("orders/", sold)
    assert (refused.status_code, refused.json()["code"]) == (409, "serial-not-here")
    again = api.post("orders/open/", {**body, "id": str(uuid7())})
    assert (again.status_code, again.json()["code"], pointers(again)) == (
        409,
        "serial-not-here",
        {"/lines/0/serials"},
    )
    assert "S2" in again.json()["detail"] and "kept for another order" in again.json()["detail"]
    assert (Event.objects.count(), StockLevel.objects.get(variant=phone).reserved) == (told, Decimal(1))
    sold["lines"][0]["serials"], sold["id"] = ["S1"], str(uuid7())
    assert api.post("orders/", sold).status_code == 201

    order, browser = Order.objects.get(pk=sent_id), acme.client("manager")
    page = browser.get(f"/orders/{order.pk}/").content.decode()
    assert "Serial no. S2" in page and CANARY not in page
    draft = FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk)
    parcel, _ = create_fulfilment(draft, actor=acme.actor())
    assert "Serial no. S2" in browser.get(f"/fulfilments/{parcel.pk}/slip/").content.decode()
    for name in ("pack", "done"):
        take_step(parcel.pk, Step(name=name), actor=acme.actor())
    assert kept() == [] and Serial.objects.get(number="S2").state == "sold"
    slip = browser.get(f"/fulfilments/{parcel.pk}/slip/").content.decode()
    assert "Serial no. S2" in slip and "Serial no. S1" not in slip
    assert audit_books() == []


def test_cancelling_changing_and_sending_another_piece_free_what_was_named(acme: Shop, phone: Any) -> None:
    first = place(acme, phone, "2", serials=("S1", "S2")).order
    action = Action(kind="quantity", position=1, quantity=Decimal(1))
    change, _ = propose_change(change_id=uuid7(), order_id=first.pk, actions=[action], actor=acme.actor())
    confirm_change(change.pk, order_id=first.pk, version=1, settlement=Settlement(), actor=acme.actor())
    assert kept() == [("S1", "", Decimal(1))]  # the one named first stays
    second = place(acme, phone, "1", serials=("S2",)).order
    cancel_order(second.pk, Cancellation(cancel_id=uuid7(), reason="x"), actor=acme.actor())
    assert kept() == [("S1", "", Decimal(1))]
    parcel = hand_over(acme, first, serials={1: ["S3"]})
    assert kept() == [] and StockLevel.objects.get(variant=phone).reserved == 0
    assert [x.serial.number for x in MovementSerial.objects.filter(movement__reference_id=parcel.pk)] == ["S3"]
    assert audit_books() == []


def test_a_named_lot_is_kept_and_the_next_sale_takes_another(acme: Shop) -> None:
    milk = tracked("lot", "MILK")
    receive(acme, milk, "SOON", "2", 2)
    receive(acme, milk, "LATER", "5", 9)
    order = place(acme, milk, "2", lot="SOON").order
    assert kept() == [("", "SOON", Decimal(2))]
    with pytest.raises(Exception, match="Only 0 of lot SOON"):
        place(acme, milk, "1", lot="SOON")
    api = person(acme, "manager")
    assert api.post("orders/", sale_body(acme, {"MILK": "1"})).status_code == 201
    assert lots(milk) == {"SOON": 2, "LATER": 4}  # without the order the earlier one would have gone
    parcel = hand_over(acme, order)
    assert lots(milk) == {"SOON": 0, "LATER": 4} and kept() == []
    assert "Lot SOON × 2" in acme.client("manager").get(f"/fulfilments/{parcel.pk}/slip/").content.decode()
    assert audit_books() == []


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ({"quantity": "1", "serials": ["S1", "S2"]}, "/lines/0/serials"),
        ({"quantity": "2", "serials": ["S1", "S1"]}, "/lines/0/serials"),
        ({"quantity": "1", "serials": ["S9"]}, "/lines/0/serials"),
        ({"quantity": "1", "lot": "L"}, "/lines/0/lot"),
    ],
)
def test_what_cannot_be_named_is_refused_by_its_pointer_and_nothing_is_set_aside(
    acme: Shop, phone: Any, line: dict[str, Any], where: str
) -> None:
    body = {"id": str(uuid7()), "location": str(acme.location.pk), "delivery": {"kind": "pickup"}}
    answer = person(acme, "manager").post("orders/open/", {**body, "lines": [{"variant": str(phone.pk), **line}]})
    assert answer.status_code in (409, 422) and pointers(answer) == {where}
    assert not Order.objects.exists() and not NamedGoods.objects.exists()
    assert StockLevel.objects.get(variant=phone).reserved == 0


def test_of_orders_that_name_one_piece_at_once_one_is_placed(acme: Shop, phone: Any) -> None:
    before = deadlocks()
    work: list[Any] = [partial(place, acme, phone, "1", serials=("S1",)) for _ in range(6)]
    results = at_once(acme, work, 6)
    assert sorted(type(one).__name__ for one in results) == ["Placed"] + ["SerialRefused"] * 5, results
    assert all("S1" in one.detail for one in results if isinstance(one, SerialRefused))
    assert (kept(), Order.objects.count()) == ([("S1", "", Decimal(1))], 1)
    assert (StockLevel.objects.get(variant=phone).reserved, deadlocks()) == (Decimal(1), before)


def test_the_page_asks_for_pieces_and_says_beside_the_line_what_is_in_the_way(acme: Shop, phone: Any) -> None:
    browser, place_ = acme.client("manager"), str(acme.location.pk)
    sent = {"location": place_, "channel": "phone", "variant": [str(phone.pk)], "quantity": ["1"], "unit_price": [""]}
    shown = browser.post("/orders/new/", {**sent, "told": [""], "do": "check"}).content.decode()
    assert "Serial numbers" in shown and 'name="told"' in shown
    form = {**sent, "id": str(uuid7()), "payment_id": str(uuid7()), "kind": "pickup", "pays": "later", "do": "place"}
    form |= {"seen": shown.split('name="seen" value="')[1].split('"')[0], "method": "cash"}
    refused = browser.post("/orders/new/", {**form, "told": ["S9"]})
    assert refused.status_code == 409 and "S9: not here" in refused.content.decode()
    made = browser.post("/orders/new/", {**form, "told": ["S3"]})
    assert made.status_code == 302, made.content.decode()[:3000]
    assert kept() == [("S3", "", Decimal(1))]
