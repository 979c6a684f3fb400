"""Customers: made once whatever the line does, changed by version, grouped, asked, forgotten without a sum moving."""

import json
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.idempotency.models import StoredAnswer
from core.ids import uuid7
from core.outbox.models import Event
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop, sale_body
from inventory.models import PriceList, ScanCode
from orders.models import Consent, Customer, CustomerGroup, Order
from tests.api import Api, machine, person, pointers

ADA = {
    "name": "Ada Quill",
    "email": "ada@quill.example",
    "phone": "+44 7700 900123",
    "postcode": "AB1 2CD",
    "address": "7 Ink Lane",
    "country": "United Kingdom",
    "note": "Prefers green",
    "codes": ["LOYAL-77"],
}
SECRETS = ("Quill", "quill", "900123", "AB1 2CD", "Ink Lane", "green", "LOYAL-77")


def add(key: Api, **more: Any) -> dict[str, Any]:
    answer = key.post("customers/", {"id": str(uuid7()), **ADA, **more})
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_a_till_that_was_offline_may_send_a_customer_again_and_again(acme: Shop, globex: Shop) -> None:
    key, body = machine(acme), {"id": str(uuid7()), **ADA}
    first, again = key.post("customers/", body), key.post("customers/", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotent-Replayed"] == "true" and first.json() == again.json()
    assert first.json()["id"] == body["id"] and first.json()["codes"] == ["LOYAL-77"]
    other = key.post("customers/", {**body, "name": "Otto"})
    assert (other.status_code, other.json()["code"]) == (422, "identifier-reused")
    key.patch(f"customers/{body['id']}/", {"name": "Ada Feather"})
    assert key.post("customers/", body).json()["name"] == "Ada Feather"
    assert Customer.objects.count() == 2 and Event.objects.filter(type="customer.created").count() == 1
    with use_tenant(globex.tenant):
        assert Customer.objects.count() == 1


def test_a_customer_is_changed_by_whoever_saw_the_present_state(acme: Shop) -> None:
    key = machine(acme)
    made = add(key)
    path = f"customers/{made['id']}/"
    changed = key.patch(path, {"phone": "020 7946 0000"}, **{"if-match": '"1"'})
    assert (changed.status_code, changed["ETag"], changed.json()["name"]) == (200, '"2"', "Ada Quill")
    stale = key.patch(path, {"name": "x"}, **{"if-match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["phone"]) == (412, "020 7946 0000")
    same = key.patch(path, {"phone": "020 7946 0000"})
    assert same["ETag"] == '"2"'
    told = Event.objects.filter(type="customer.updated").values_list("payload", flat=True)
    assert [(event["version"], event["fields"]) for event in told] == [(2, ["phone"])]
    assert "7946" not in json.dumps(list(told))


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"country": "Peru"}, 422, ""),
        ({"name": "x", "email": "nonsense"}, 422, "/email"),
        ({"name": "x", "number": "C1"}, 409, "/number"),
        ({"name": "x", "groups": ["00000000-0000-0000-0000-000000000000"]}, 422, "/groups/0"),
        ({"name": "x", "codes": ["5012345678900"]}, 409, "/codes/0"),
        ({"name": "x", "codes": ["OK", "a\x07b"]}, 422, "/codes/1"),
        ({"name": "x", "codes": ["A"] * 21}, 422, "/codes"),
        ({"name": "x" * 201}, 422, "/name"),
        ({"name": "x", "nmae": "y"}, 422, "/nmae"),
    ],
)
def test_what_is_wrong_is_named_and_nobody_is_added(
    acme: Shop, body: dict[str, Any], status: int, pointer: str
) -> None:
    answer = machine(acme).post("customers/", body)
    assert (answer.status_code, pointers(answer)) == (status, {pointer}), answer.content
    assert Customer.objects.count() == 1 and not ScanCode.objects.filter(kind="customer").exists()


@pytest.mark.parametrize("typed", ["quill", "ADA@QUILL", "07700 900123", "+447700900123", "900123", "K-1", "LOYAL-77"])
def test_a_customer_is_found_by_what_people_say(acme: Shop, globex: Shop, typed: str) -> None:
    key = machine(acme)
    made = add(key, number="K-1")
    assert [row["id"] for row in key.get("customers/", {"q": typed}).json()["results"]] == [made["id"]]
    page = acme.client("cashier").get("/customers/", {"q": typed}).content.decode()
    assert "Ada Quill" in page and "Acme customer" not in page and CANARY not in page


def test_groups_are_kept_renamed_filtered_by_and_deleted_without_their_members(acme: Shop) -> None:
    key = machine(acme)
    group = key.post("customer-groups/", {"name": "Wholesale"}).json()
    made = add(key, groups=[group["id"]])
    assert [row["id"] for row in key.get("customers/", {"group": group["id"]}).json()["results"]] == [made["id"]]
    assert key.post("customer-groups/", {"name": "Wholesale"}).status_code == 409
    path = f"customer-groups/{group['id']}/"
    assert key.patch(path, {"name": "Trade"}, **{"if-match": '"1"'}).json()["version"] == 2
    assert key.patch(path, {"name": "x"}, **{"if-match": '"1"'}).json()["current"]["name"] == "Trade"
    prices = PriceList.objects.create(name="Trade prices", customer_group_id=group["id"])
    refused = key.browser.delete(f"/api/v1/{path}")
    assert refused.status_code == 409 and "Trade prices" in refused.json()["detail"]
    prices.delete()
    assert key.browser.delete(f"/api/v1/{path}").status_code == 204
    assert not CustomerGroup.objects.exists() and key.get(f"customers/{made['id']}/").json()["groups"] == []


def test_what_somebody_agreed_to_is_kept_with_its_words_and_the_newest_holds(acme: Shop) -> None:
    key = machine(acme)
    path = f"customers/{add(key)['id']}/consents/"
    wrong = key.post(path, {"purpose": "email", "is_given": True, "source": "web"})
    assert (wrong.status_code, pointers(wrong)) == (422, {"/wording"})
    said = {"purpose": "email", "is_given": True, "wording": "May we write?", "source": "counter"}
    assert key.post(path, said, **{"idempotency-key": "c"}).status_code == 201
    assert key.post(path, said, **{"idempotency-key": "c"}).status_code == 201
    assert key.post(path, {"purpose": "email", "is_given": False, "source": "letter"}).status_code == 201
    rows = key.get(path).json()["results"]
    assert [(row["is_given"], row["source"], row["wording"]) for row in rows] == [
        (False, "letter", ""),
        (True, "counter", "May we write?"),
    ]
    assert Consent.objects.count() == 2 and Consent.objects.first().actor_label == "key test"  # type: ignore[union-attr]


def test_a_forgotten_person_leaves_no_word_and_every_sum(acme: Shop) -> None:
    key = machine(acme)
    made = key.post("customers/", ADA, **{"idempotency-key": "ada"}).json()
    path = f"customers/{made['id']}/"
    for _ in range(2):
        assert key.post("orders/", sale_body(acme, {"TEA": "1"}, customer=made["id"])).status_code == 201
    orders = list(Order.objects.order_by("pk").values("pk", "number", "total", "tax_total", "customer_id", "version"))
    key.patch(path, {"address": "8 Ink Lane"})
    assert any(secret in everything_kept() for secret in SECRETS)
    done = key.post(f"{path}anonymise/", {})
    assert done.status_code == 200 and done.json()["anonymised_at"]
    kept = everything_kept()
    assert [secret for secret in SECRETS if secret in kept] == []
    assert list(Order.objects.order_by("pk").values(*orders[0])) == orders
    assert [entry.action for entry in AuditEntry.objects.filter(object_id=made["id"]).order_by("id")] == [
        "create",
        "change",
        "change",
    ]
    assert not ScanCode.objects.filter(kind="customer").exists()
    again = key.post(f"{path}anonymise/", {})
    assert again.json() == done.json() and Event.objects.filter(type="customer.anonymised").count() == 1
    for refused in (
        key.patch(path, {"name": "Ada"}),
        key.post(f"{path}consents/", {"purpose": "sms", "is_given": False, "source": "x"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "customer-anonymised")
    assert key.post("customers/", ADA, **{"idempotency-key": "ada"}).json() == {"id": made["id"]}
    assert Customer.objects.count() == 2


def everything_kept() -> str:
    rows = [
        *Customer.objects.values(),
        *AuditEntry.objects.values(),
        *Event.objects.values(),
        *ScanCode.objects.filter(kind="customer").values(),
        *StoredAnswer.objects.values("body"),
    ]
    return json.dumps(rows, default=str)


def test_nobody_is_forgotten_while_an_order_is_on_its_way(acme: Shop) -> None:
    key = machine(acme)
    made = add(key)
    key.post("orders/", sale_body(acme, {"TEA": "1"}, customer=made["id"]))
    Order.objects.update(state="open")
    answer = key.post(f"customers/{made['id']}/anonymise/", {})
    assert answer.status_code == 409 and Customer.objects.get(pk=made["id"]).name == "Ada Quill"


def test_a_cashier_adds_and_asks_but_does_not_see_the_history_nor_forget(acme: Shop) -> None:
    cashier = person(acme, "cashier")
    made = add(cashier)
    sold = machine(acme).post("orders/", sale_body(acme, {"TEA": "1"}, customer=made["id"])).json()
    page = acme.client("cashier").get(f"/customers/{made['id']}/").content.decode()
    assert "Ada Quill" in page and sold["number"] not in page and "Anonymise" not in page
    assert sold["number"] in acme.client("manager").get(f"/customers/{made['id']}/").content.decode()
    assert cashier.post(f"customers/{made['id']}/anonymise/", {}).status_code == 403
    assert cashier.post("customer-groups/", {"name": "x"}).status_code == 403


def test_the_pages_add_change_ask_and_forget(acme: Shop) -> None:
    browser = acme.client("manager")
    form = {"id": str(uuid7()), "name": "Bo Reed", "email": "bo@reed.example", "codes": "CARD-1, CARD-2"}
    for _ in range(2):  # a form sent twice adds one
        answer = browser.post("/customers/new/", form)
        assert answer.status_code == 302, answer.content
    assert answer["Location"] == f"/customers/{form['id']}/"
    bo = Customer.objects.get(name="Bo Reed")
    edit = f"/customers/{bo.pk}/edit/"
    assert "CARD-1, CARD-2" in browser.get(edit).content.decode()
    assert browser.post(edit, form | {"version": "1", "note": "Hello"}).status_code == 422  # no number
    assert browser.post(edit, form | {"version": "1", "number": bo.number, "note": "Hello"}).status_code == 302
    assert browser.post(edit, form | {"version": "1", "number": "B1"}).status_code == 412
    said = {"purpose": "sms", "is_given": "yes", "wording": "May we send a text?", "source": "counter"}
    assert browser.post(f"/customers/{bo.pk}/consents/", said).status_code == 302
    assert "May we send a text?" in browser.get(f"/customers/{bo.pk}/").content.decode()
    assert browser.post("/customers/groups/", {"name": "Club"}).status_code == 302
    assert browser.post("/customers/groups/", {"name": "Club"}).status_code == 422
    group = CustomerGroup.objects.get()
    assert browser.post(f"/customers/groups/{group.pk}/", {"name": "Friends", "version": "1"}).status_code == 302
    assert browser.post(f"/customers/groups/{group.pk}/", {"action": "delete"}).status_code == 302
    assert browser.post(f"/customers/{bo.pk}/anonymise/").status_code == 302
    page = browser.get(f"/customers/{bo.pk}/").content.decode()
    assert "Anonymised" in page and "Bo Reed" not in page.split("flash")[0]
