"""Goods of an expired lot: refused, sold with a manager's consent, and the audit log says by whom and for whom."""

from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.testing import PASSWORD, Shop, sale_body
from inventory.models import Lot, StockException
from orders.models import Approval, Order
from orders.services.approvals import set_pin
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from tests.api import Api, person
from tests.test_lots_and_serials import lots, receive, tracked
from tests.test_pages_packing import opened

PIN = "739154"


@pytest.fixture
def milk(acme: Shop) -> Any:
    variant = tracked("lot", "MILK")
    receive(acme, variant, "OLD", "5", -1)
    receive(acme, variant, "GOOD", "2", 9)
    set_pin(pin=PIN, password=PASSWORD, actor=acme.actor("manager"))
    return variant


def approved(shop: Shop, till: Api, permission: str, **more: Any) -> str:
    body = {
        "id": str(uuid7()), "permission": permission, "location": str(shop.location.pk),
        "approver": str(shop.person("manager").pk), "pin": PIN, **more,
    }  # fmt: skip
    assert till.post("approvals/", body).status_code == 201
    return str(body["id"])


@pytest.mark.django_db(transaction=True)
def test_an_expired_lot_is_sold_with_a_managers_consent_and_both_names_are_kept(acme: Shop, milk: Any) -> None:
    till, body = person(acme, "cashier"), sale_body(acme, {"MILK": "3"})
    refused = till.post("orders/", body)
    assert (refused.status_code, refused.json()["code"], refused.json()["expired"]) == (409, "lot-expired", ["OLD"])
    asked = till.post("orders/", body | {"accept_expired": True})
    assert (asked.status_code, asked.json()["code"]) == (403, "approval-needed")
    assert asked.json()["permission"] == "orders.sell_expired"
    stranger = till.post("orders/", body | {"accept_expired": True, "approval": str(uuid7())})
    assert (stranger.status_code, stranger.json()["code"]) == (409, "approval-refused")
    assert (lots(milk), Order.objects.count()) == ({"OLD": 5, "GOOD": 2}, 0)
    given = approved(acme, till, "orders.sell_expired", shown="1 MILK of lot OLD")
    sold = till.post("orders/", body | {"accept_expired": True, "approval": given})
    assert sold.status_code == 201, sold.content
    assert lots(milk) == {"OLD": 4, "GOOD": 0}  # what is good goes first
    assert not StockException.objects.exists()
    row = Approval.objects.get()
    assert (str(row.reference_id), row.approved_by_label, row.requested_by_label) == (
        body["id"], "Acme manager", "Acme cashier",
    )  # fmt: skip
    entry = AuditEntry.objects.get(object_id=body["id"], action="change")
    assert (entry.actor_label, entry.changes["expired_lots"][1]) == ("Acme cashier", "let go by Acme manager")
    again = till.post("orders/", sale_body(acme, {"MILK": "1"}, accept_expired=True, approval=given))
    assert again.json()["code"] == "approval-refused"
    assert person(acme, "manager").post("orders/", sale_body(acme, {"MILK": "1"})).json()["code"] == "lot-expired"
    own = sale_body(acme, {"MILK": "1"}, accept_expired=True)
    assert person(acme, "manager").post("orders/", own).status_code == 201
    assert lots(milk) == {"OLD": 3, "GOOD": 0}


@pytest.mark.django_db(transaction=True)
def test_one_sale_may_take_two_consents_and_a_blocked_lot_none(acme: Shop, milk: Any) -> None:
    till, body = person(acme, "cashier"), sale_body(acme, {"MILK": "3"}, accept_expired=True)
    body |= {"discount": {"kind": "percent", "value": "50", "reason": "short date"}}
    body["payments"][0]["amount"] = "1.50"
    expired = approved(acme, till, "orders.sell_expired")
    asked = till.post("orders/", body | {"approval": expired})
    assert (asked.status_code, asked.json().get("permission")) == (403, "orders.give_discount"), asked.content
    discount = approved(acme, till, "orders.give_discount", amount="1.50")
    sold = till.post("orders/", body | {"approvals": [expired, discount]})
    assert sold.status_code == 201, sold.content
    assert Approval.objects.exclude(used_at=None).count() == 2
    Lot.objects.filter(code="OLD").update(state="blocked")
    blocked = person(acme, "manager").post("orders/", sale_body(acme, {"MILK": "1"}, accept_expired=True))
    assert (blocked.json()["code"], blocked.json()["expired"]) == ("lot-expired", [])
    assert lots(milk) == {"OLD": 4, "GOOD": 0}


@pytest.mark.django_db(transaction=True)
def test_an_order_hands_an_expired_lot_over_with_consent_alone_by_program_and_by_page(acme: Shop, milk: Any) -> None:
    clerk = person(acme, "cashier")
    made = []
    for units in ("3", "1"):
        order = opened(acme, {"MILK": units})
        parcel, _ = create_fulfilment(FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk), actor=acme.actor())
        take_step(parcel.pk, Step(name="pack"), actor=acme.actor())
        made.append((order, parcel))
    (order, parcel), (second, other) = made
    path = f"fulfilments/{parcel.pk}/done/"
    refused = clerk.post(path, {})
    assert (refused.status_code, refused.json()["code"], refused.json()["expired"]) == (409, "lot-expired", ["OLD"])
    assert clerk.post(path, {"accept_expired": True}).json()["permission"] == "orders.sell_expired"
    assert lots(milk) == {"OLD": 5, "GOOD": 2}
    given = approved(acme, clerk, "orders.sell_expired")
    assert clerk.post(path, {"accept_expired": True, "approvals": [given]}).json()["state"] == "done"
    assert lots(milk) == {"OLD": 4, "GOOD": 0}
    entry = AuditEntry.objects.get(object_id=str(order.pk), changes__has_key="expired_lots")
    assert (entry.actor_label, entry.changes["expired_lots"][1]) == ("Acme cashier", "let go by Acme manager")

    browser, page = acme.client("cashier"), f"/fulfilments/{other.pk}/step/"
    said: dict[str, Any] = {"step": "done", "version": "2"}
    first = browser.post(page, said)
    assert first.status_code == 409 and "Let it go although its lot has expired" in first.content.decode()
    assert "Only expired or blocked lots of MILK are left." in first.content.decode()
    asked = browser.post(page, said | {"accept_expired": "on"})
    assert asked.status_code == 403 and "Acme manager" in asked.content.decode()
    assert lots(milk) == {"OLD": 4, "GOOD": 0}
    approver = {"accept_expired": "on", "approver": str(acme.person("manager").pk), "pin": PIN}
    assert browser.post(page, said | approver | {"pin": "000000"}).status_code == 422
    assert browser.post(page, said | approver).status_code == 302
    second.refresh_from_db()
    assert lots(milk) == {"OLD": 3, "GOOD": 0} and second.fulfilments.get().state == "done"
