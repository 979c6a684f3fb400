"""The lines of a receipt and of an order's page name the serial numbers and lots that were sold."""

from typing import Any

import pytest

from core.ids import uuid7
from core.testing import CANARY, Shop, sale_body
from orders.models import Order, OrderLine
from orders.receipts.content import receipt_of
from orders.selectors.pieces import name_pieces
from tests.api import machine
from tests.cash_steps import sell as sell_tea
from tests.test_lots_and_serials import Kind, book, receive, tracked
from tests.test_pieces_back import give_back, sell
from tests.test_receipts import read

pytestmark = pytest.mark.django_db(transaction=True)


def told(order_id: Any) -> list[list[str]]:
    return [list(line.pieces) for line in receipt_of(Order.objects.get(pk=order_id)).lines]


def test_pieces_stand_on_receipt_and_page_also_after_they_came_back(acme: Shop, globex: Shop) -> None:
    phone, key = tracked("serial", "PHONE"), machine(acme)
    book(acme, phone, "5", Kind.RECEIPT, serials=("S1", "S2", "S3", "S4", "S5"))
    first, _other = sell(key, acme, "S4", "S2"), sell(key, acme, "S3")
    refund = give_back(key, first, "S2")
    assert refund.status_code == 201
    again = sell(key, acme, "S2")
    assert [sorted(line) for line in told(first["id"])] == [["Serial no. S2", "Serial no. S4"]]
    assert told(again["id"]) == [["Serial no. S2"]] and told(refund.json()["id"]) == [["Serial no. S2"]]

    words, _ = read(key.get(f"orders/{first['id']}/receipt.pdf").content)
    browser = acme.client("cashier")
    pages = [browser.get(f"/orders/{first['id']}/{part}").content.decode() for part in ("", "receipt/")]
    for paper in (words, *pages):
        assert "Serial no. S4" in paper and "Serial no. S2" in paper
        assert "Serial no. S3" not in paper and CANARY not in paper


def test_lots_are_shared_out_among_the_lines_and_a_void_goes_on_saying_what_was_sold(acme: Shop) -> None:
    milk, key = tracked("lot", "MILK"), machine(acme)
    receive(acme, milk, "SOON", "2", 2)
    receive(acme, milk, "LATER", "5", 9)
    body = sale_body(acme, {"MILK": "4", "TEA": "1"})
    body["lines"] = [{**body["lines"][0], "quantity": "3"}, body["lines"][1], {**body["lines"][0], "quantity": "1"}]
    placed = key.post("orders/", body)
    assert placed.status_code == 201, placed.content
    sold = [["Lot SOON × 2", "Lot LATER"], [], ["Lot LATER"]]
    assert told(placed.json()["id"]) == sold
    form = {"id": str(uuid7()), "reason": "x", "version": str(placed.json()["version"])}
    assert acme.client("manager").post(f"/orders/{placed.json()['id']}/void/", form).status_code == 302
    assert told(placed.json()["id"]) == sold


def test_a_document_without_tracked_goods_reads_one_row_more_at_most(
    acme: Shop, django_assert_num_queries: Any
) -> None:
    order = sell_tea(acme, None)
    lines = list(OrderLine.objects.filter(order=order))
    with django_assert_num_queries(1):
        name_pieces(order, lines)
    assert [line.pieces for line in lines] == [()]
