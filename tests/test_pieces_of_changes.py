"""A change of a sale names the pieces it moves, taking it back moves the same; an open order names them later."""

from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.testing import Shop, sale_body
from inventory.models import Serial, StockException, StockMovement
from orders.auditor import audit_books
from orders.models import Order
from orders.services.pieces_back import pieces_of_sale
from tests.api import Api, person, pointers
from tests.test_lots_and_serials import book, tracked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drill(acme: Shop) -> Any:
    variant = tracked("serial", "DRILL")
    book(acme, variant, "4", StockMovement.Kind.RECEIPT, serials=("A1", "A2", "A3", "A4"))
    return variant


def a_sale(shop: Shop, *numbers: str) -> Order:
    body = sale_body(shop, {"DRILL": str(len(numbers))})
    body["lines"][0]["serials"] = list(numbers)
    answer = person(shop, "manager").post("orders/", body)
    assert answer.status_code == 201, answer.content
    return Order.objects.get(pk=body["id"])


def proposed(api: Api, order: Order, units: str) -> str:
    change = str(uuid7())
    action = {"kind": "quantity", "position": 1, "quantity": units}
    made = api.post(f"orders/{order.pk}/changes/", {"id": change, "actions": [action]})
    assert made.status_code == 201, made.content
    return f"orders/{order.pk}/changes/{change}/"


def out(order: Order) -> set[str]:
    return set(next(iter(pieces_of_sale(order).values()), ()))


def test_pieces_that_leave_and_come_back_with_a_change_are_named_and_undone_as_they_were(
    acme: Shop, globex: Shop, drill: Any
) -> None:
    api, order = person(acme, "manager"), a_sale(acme, "A1", "A2")
    more, seen = proposed(api, order, "3"), {"if-match": '"1"'}
    due = [{"method": "card", "amount": f"{order.total / 2:.2f}"}]
    settle: dict[str, Any] = {"payments": due}
    unnamed = api.post(f"{more}confirm/", settle, **seen)
    assert (unnamed.status_code, pointers(unnamed)) == (422, {"/pieces"})
    for wrong in (["A3", "A4"], [], [""]):
        told = api.post(f"{more}confirm/", settle | {"pieces": [{"variant": str(drill.pk), "serials": wrong}]}, **seen)
        assert told.status_code == 422, told.content
    sold = api.post(f"{more}confirm/", settle | {"pieces": [{"variant": str(drill.pk), "serials": ["A1"]}]}, **seen)
    assert (sold.status_code, sold.json()["code"]) == (409, "serial-not-here")
    assert Order.objects.get().version == 1 and out(order) == {"A1", "A2"}
    done = api.post(f"{more}confirm/", settle | {"pieces": [{"variant": str(drill.pk), "serials": ["A3"]}]}, **seen)
    assert done.status_code == 200, done.content
    assert out(order) == {"A1", "A2", "A3"} and Serial.objects.get(number="A3").state == "sold"
    back = api.post(f"{more}revert/", {}, **{"if-match": '"2"'})
    assert back.status_code == 200, back.content
    assert out(order) == {"A1", "A2"} and Serial.objects.get(number="A3").state == "in_stock"

    less, seen = proposed(api, order, "1"), {"if-match": '"3"'}
    strange = api.post(f"{less}confirm/", {"pieces": [{"variant": str(drill.pk), "serials": ["A4"]}]}, **seen)
    assert strange.json()["errors"][0]["code"] == "not-sold"
    one = api.post(f"{less}confirm/", {"pieces": [{"variant": str(drill.pk), "serials": ["A2"]}]}, **seen)
    assert one.status_code == 200, one.content
    assert out(order) == {"A1"} and Serial.objects.get(number="A2").state == "in_stock"
    assert not StockException.objects.exists() and audit_books() == []


def test_the_page_asks_which_pieces_and_an_open_order_for_none(acme: Shop, drill: Any) -> None:
    api, browser, order = person(acme, "manager"), acme.client("manager"), a_sale(acme, "A1", "A2")
    path = f"/{proposed(api, order, '1')}"
    page = browser.get(path).content.decode()
    assert "Sold with it: A1, A2" in page
    said = {"do": "confirm", "version": "1", "payment_id": str(uuid7()), f"pieces_{drill.pk}": "A9"}
    refused = browser.post(path, said)
    assert (refused.status_code, "A9 is not a piece of this sale" in refused.content.decode()) == (422, True)
    assert browser.post(path, said | {f"pieces_{drill.pk}": "A1"}).status_code == 302
    assert out(order) == {"A2"}

    wanted = sale_body(acme, {"DRILL": "1"}) | {"delivery": {"kind": "pickup"}}
    wanted.pop("payments")
    placed = api.post("orders/open/", wanted)
    assert placed.status_code == 201, placed.content
    later = Order.objects.get(pk=wanted["id"])
    more = proposed(api, later, "2")
    assert "pieces_" not in browser.get(f"/{more}").content.decode()
    early = api.post(
        f"{more}confirm/", {"pieces": [{"variant": str(drill.pk), "serials": ["A1"]}]}, **{"if-match": '"1"'}
    )
    assert early.json()["errors"][0]["code"] == "not-yet"
    assert api.post(f"{more}confirm/", {}, **{"if-match": '"1"'}).status_code == 200
    assert later.lines.get().quantity == Decimal(2) and audit_books() == []
