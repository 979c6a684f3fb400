"""What comes back is what was sold: pieces are named by their numbers, and no others are taken."""

from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.testing import Shop, sale_body
from inventory.models import Serial, StockException, StockLevel
from orders.models import Order
from orders.services.checkout import BasketLine, Sale, Tender, place_order
from tests.api import Api, machine, pointers
from tests.test_lots_and_serials import Kind, book, tracked


@pytest.fixture
def phone(acme: Shop) -> Any:
    variant = tracked("serial", "PHONE")
    book(acme, variant, "5", Kind.RECEIPT, serials=("S1", "S2", "S3", "S4", "S5"))
    return variant


def sell(key: Api, shop: Shop, *numbers: str) -> dict[str, Any]:
    body = sale_body(shop, {"PHONE": str(len(numbers))})
    body["lines"][0]["serials"] = list(numbers)
    answer = key.post("orders/", body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def give_back(key: Api, sale: dict[str, Any], *numbers: str, units: str = "", **more: Any) -> Any:
    line = {"position": 1, "quantity": units or str(len(numbers)), "serials": list(numbers), **more}
    return key.post(f"orders/{sale['id']}/returns/", {"id": str(uuid7()), "lines": [line], "reason": "broken"})


def states() -> dict[str, str]:
    return dict(Serial.objects.values_list("number", "state"))


@pytest.mark.django_db(transaction=True)
def test_only_the_pieces_of_the_sale_come_back_each_once(acme: Shop, phone: Any) -> None:
    key = machine(acme)
    first, other = sell(key, acme, "S1", "S2"), sell(key, acme, "S3")
    for answer, code in (
        (give_back(key, first, units="1"), "serials-needed"),
        (give_back(key, first, "S1", units="2"), "serials-needed"),
        (give_back(key, first, "S3"), "not-sold"),
        (give_back(key, first, "S4"), "not-sold"),
        (give_back(key, first, "NOBODY"), "not-sold"),
        (give_back(key, first, "S1", "S1"), "doubled"),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["code"], pointers(answer)) == (
            422, code, {"/lines/0/serials"},
        )  # fmt: skip
    assert (Order.objects.filter(kind="refund").count(), states()["S1"]) == (0, "sold")
    assert give_back(key, first, "S2").status_code == 201
    assert give_back(key, first, "S2").json()["errors"][0]["code"] == "not-sold"
    again = sell(key, acme, "S2")  # the same piece belongs to the later sale now
    assert give_back(key, first, "S2").json()["errors"][0]["code"] == "not-sold"
    assert give_back(key, again, "S2", disposition="damaged").status_code == 201
    assert give_back(key, first, "S1", disposition="none", units="1").status_code == 201
    assert give_back(key, other, "S3").status_code == 201
    assert states() == {"S1": "sold", "S2": "damaged", "S3": "in_stock", "S4": "in_stock", "S5": "in_stock"}
    level = StockLevel.objects.get(variant=phone)
    assert [level.on_hand, level.damaged] == [3, 1]
    assert not StockException.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sound_and_damaged_pieces_of_one_sale_go_where_they_belong_and_a_void_brings_all_back(
    acme: Shop, phone: Any
) -> None:
    key = machine(acme)
    body = sale_body(acme, {"PHONE": "2"})
    body["lines"] = [{"variant": str(phone.pk), "quantity": "1", "serials": [number]} for number in ("S1", "S2")]
    sale = key.post("orders/", body).json()
    lines = [
        {"position": 1, "quantity": "1", "serials": ["S2"]},
        {"position": 2, "quantity": "1", "serials": ["S1"], "disposition": "damaged"},
    ]
    made = key.post(f"orders/{sale['id']}/returns/", {"id": str(uuid7()), "lines": lines, "reason": "x"})
    assert made.status_code == 201, made.content
    assert (states()["S1"], states()["S2"]) == ("damaged", "in_stock")
    voided = sell(key, acme, "S4", "S5")
    answer = key.post(f"orders/{voided['id']}/void/", {"id": str(uuid7()), "reason": "mistake"})
    assert answer.status_code in (200, 201), answer.content
    assert (states()["S4"], states()["S5"]) == ("in_stock", "in_stock")
    assert not StockException.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_on_the_page_pieces_are_ticked(acme: Shop, phone: Any) -> None:
    sale = Order.objects.get(pk=_sold(acme))
    browser, path = acme.client("owner"), f"/orders/{sale.pk}/return/"
    assert "Which pieces come back" in browser.get(path).content.decode()
    wrong = browser.post(path, {"id": str(uuid7()), "reason": "x", "quantity_1": "1", "where_1": "restock"})
    assert wrong.status_code == 422 and "Name every piece" in wrong.content.decode()
    form = {"id": str(uuid7()), "reason": "x", "where_1": "restock", "serials_1": ["S2"]}
    assert browser.post(path, form).status_code == 302
    assert states()["S2"] == "in_stock"


def _sold(shop: Shop) -> str:
    line = BasketLine(variant_id=shop.variant("PHONE").pk, quantity=Decimal(2), serials=["S1", "S2"])
    paid = Tender(method="cash", amount=Decimal(2))
    wanted = Sale(order_id=uuid7(), location_id=shop.location.pk, lines=[line], payments=[paid])
    return str(place_order(wanted, actor=shop.actor()).order.pk)
