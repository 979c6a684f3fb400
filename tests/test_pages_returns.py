"""Returns, voids, parked carts and approvals on pages: what a cashier sees and does without any script."""

from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.testing import CANARY, PASSWORD, Shop, sale_body
from inventory.models import StockLevel
from orders.models import Approval, Order
from orders.services.approvals import set_pin
from orders.services.policy import change_policy
from tests.api import person

pytestmark = pytest.mark.django_db


def sell(shop: Shop, basket: dict[str, str] | None = None) -> Order:
    body = sale_body(shop, basket or {"TEA": "3", "CUP": "1"})
    assert person(shop, "owner").post("orders/", body).status_code == 201
    return Order.objects.get(pk=body["id"])


def form(**more: str) -> dict[str, str]:
    return {"id": str(uuid7()), "reason": "Broken", **more}


def test_a_cashier_scans_the_receipt_ticks_a_line_and_gives_the_money_back(acme: Shop, globex: Shop) -> None:
    sale, browser = sell(acme), acme.client("cashier")
    found = browser.get("/returns/", {"number": sale.number.lower()})
    assert (found.status_code, found["Location"]) == (302, f"/orders/{sale.pk}/return/")
    page = browser.get(found["Location"]).content.decode()
    assert "Acme Earl Grey" in page and "Approved by" not in page and CANARY not in page
    answer = browser.post(found["Location"], form(quantity_1="2", where_1="damaged", method="cash"))
    refund = Order.objects.get(kind="refund")
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{refund.pk}/")
    assert [(row.method, row.amount) for row in refund.payments.all()] == [("cash", Decimal(-9))]
    assert StockLevel.objects.get(variant__sku="TEA").damaged == 2
    shown = browser.get(f"/orders/{sale.pk}/").content.decode()
    assert f"/orders/{refund.pk}/" in shown and "Return goods" in shown
    assert "can come back" in browser.get(f"/orders/{sale.pk}/return/?all=1").content.decode()


def test_the_form_sent_twice_returns_once(acme: Shop) -> None:
    sale, browser, sent = sell(acme), acme.client("cashier"), form(quantity_1="1")
    path = f"/orders/{sale.pk}/return/"
    assert [browser.post(path, sent).status_code for _ in range(2)] == [302, 302]
    assert Order.objects.filter(kind="refund").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"quantity_1": "4"},
        {"quantity_1": "-1"},
        {"quantity_1": "NaN"},
        {"quantity_1": "1", "where_1": "sea"},
        {"quantity_1": "1", "id": "x"},
        {"quantity_1": "1", "reason": ""},
        {"quantity_1": "1", "method": "points"},
    ],
)
def test_a_wrong_form_is_shown_again_and_nothing_moved(acme: Shop, wrong: dict[str, str]) -> None:
    sale = sell(acme)
    answer = acme.client("cashier").post(f"/orders/{sale.pk}/return/", form(**wrong))
    assert answer.status_code == 422 and Order.objects.count() == 1


def test_a_manager_approves_a_refund_on_the_cashiers_form(acme: Shop) -> None:
    change_policy({"refund_amount": 5}, actor=acme.actor())
    set_pin(pin="2580", password=PASSWORD, actor=acme.actor("manager"))
    sale, browser = sell(acme), acme.client("cashier")
    path, sent = f"/orders/{sale.pk}/return/", form(quantity_2="1")
    asked = browser.post(path, sent)
    assert asked.status_code == 403 and "Acme manager" in asked.content.decode()
    assert not Order.objects.filter(kind="refund").exists()
    manager = str(acme.person("manager").pk)
    assert browser.post(path, {**sent, "approver": manager, "pin": "0000"}).status_code == 422
    assert browser.post(path, {**sent, "approver": manager, "pin": "2580"}).status_code == 302
    refund, approval = Order.objects.get(kind="refund"), Approval.objects.get()
    assert (approval.reference_id, approval.details["amount"]) == (refund.pk, "12.00")
    receipt = browser.get(f"/orders/{refund.pk}/receipt/").content.decode()
    assert "Approved by Acme manager for Acme cashier" in receipt
    log = acme.client("manager").get("/approvals/").content.decode()
    assert f"Refund of #{sale.number}: £12.00" in log


def test_a_manager_voids_on_the_page_and_the_order_says_so(acme: Shop) -> None:
    sale, browser = sell(acme), acme.client("manager")
    path = f"/orders/{sale.pk}/void/"
    assert "Void the sale" in browser.get(path).content.decode()
    assert browser.post(path, form(version="7")).status_code == 412
    assert browser.post(path, form(version="1")).status_code == 302
    shown = browser.get(f"/orders/{sale.pk}/").content.decode()
    assert "Voided" in shown and "Return goods" not in shown
    assert browser.post(path, form()).status_code == 409


def test_parked_carts_are_listed_and_thrown_away(acme: Shop, globex: Shop) -> None:
    body: dict[str, Any] = {
        "id": str(uuid7()),
        "location": str(acme.location.pk),
        "lines": [{"code": "TEA", "quantity": "2"}],
        "label": "Red coat",
    }
    browser = acme.client("cashier")
    assert "No cart is parked" in browser.get("/parked/").content.decode()
    assert person(acme, "cashier").post("orders/parked/", body).status_code == 201
    assert "Red coat" in browser.get("/parked/").content.decode()
    assert globex.client("cashier").post(f"/parked/{body['id']}/discard/").status_code == 404
    assert browser.post(f"/parked/{body['id']}/discard/").status_code == 302
    assert "Red coat" not in browser.get("/parked/").content.decode().split("<main")[1].split("No cart")[0]


def test_somebody_sets_their_pin_with_their_password(acme: Shop) -> None:
    browser = acme.client("viewer")
    assert browser.post("/settings/pin/", {"pin": "2580", "password": "no"}).status_code == 422
    assert browser.post("/settings/pin/", {"pin": "2580", "password": PASSWORD}).status_code == 302


def test_a_number_that_no_sale_carries_is_said_on_the_form(acme: Shop) -> None:
    answer = acme.client("cashier").get("/returns/", {"number": "NOTHING"})
    assert answer.status_code == 422 and "No sale carries this number." in answer.content.decode()
