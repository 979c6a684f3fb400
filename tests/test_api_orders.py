"""Selling over REST: all of a sale, once, or a problem that says what is wrong."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.testing import CANARY, Shop, sale_body, stock
from inventory.models import ScanCode, StockLevel, StockMovement
from orders.models import Customer, Order, Payment
from tests.api import machine, person, pointers


def on_hand(shop: Shop, sku: str) -> Decimal:
    return StockLevel.objects.get(variant__sku=sku, location=shop.location).on_hand


def test_a_sale_answers_with_the_whole_order(acme: Shop) -> None:
    body = sale_body(acme, {"TEA": "2", "CUP": "1"}, note="gift")
    body["payments"][0]["tendered"] = "30"
    answer = machine(acme).post("orders/", body)

    assert answer.status_code == 201, answer.content
    order = answer.json()
    assert (order["id"], order["channel"], order["currency"], order["note"]) == (body["id"], "api", "GBP", "gift")
    assert (order["total"], order["tax_total"], order["subtotal"], order["items"]) == ("21.00", "3.50", "17.50", "3")
    assert [(x["sku"], x["quantity"], x["unit_price"], x["total"]) for x in order["lines"]] == [
        ("TEA", "2", "4.5000", "9.00"),
        ("CUP", "1", "12.0000", "12.00"),
    ]
    assert [(x["method"], x["amount"], x["tendered"], x["change"]) for x in order["payments"]] == [
        ("cash", "21.00", "30.00", "9.00")
    ]
    assert answer["Location"] == f"/api/v1/orders/{body['id']}/" and answer["ETag"] == '"1"'
    assert "unit_cost" not in answer.content.decode()
    assert (on_hand(acme, "TEA"), on_hand(acme, "CUP")) == (Decimal(8), Decimal(9))


def test_a_repeat_answers_with_the_same_order_and_says_so(acme: Shop) -> None:
    key, body = machine(acme), sale_body(acme, {"TEA": "1"})
    first, again = key.post("orders/", body), key.post("orders/", body)
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 200, "true")
    assert again.json() == first.json()
    assert Order.objects.count() == 1 and on_hand(acme, "TEA") == Decimal(9)


def test_a_repeat_gets_its_order_although_the_price_has_changed_since(acme: Shop) -> None:
    key, body = machine(acme), sale_body(acme, {"TEA": "1"})
    first = key.post("orders/", body)
    variant = acme.variant("TEA")
    variant.unit_price = Decimal("9.99")
    variant.is_active = False
    variant.save()
    again = key.post("orders/", body)
    assert (again.status_code, again.json()) == (200, first.json())


def test_one_id_for_two_sales_is_refused(acme: Shop) -> None:
    key, body = machine(acme), sale_body(acme, {"TEA": "1"})
    key.post("orders/", body)
    other = key.post("orders/", sale_body(acme, {"CUP": "1"}, order_id=body["id"]))
    assert (other.status_code, other.json()["code"]) == (422, "identifier-reused")
    assert Order.objects.count() == 1 and on_hand(acme, "CUP") == Decimal(10)


def test_somebody_elses_id_does_not_show_their_order(acme: Shop) -> None:
    body = sale_body(acme, {"TEA": "1"})
    machine(acme).post("orders/", body)
    answer = machine(acme).post("orders/", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert "lines" not in answer.json() and Order.objects.count() == 1


def test_too_little_stock_names_every_short_line_and_moves_nothing(acme: Shop) -> None:
    key = machine(acme)
    events = Event.objects.count()
    answer = key.post("orders/", sale_body(acme, {"TEA": "11", "CUP": "12", "JAM": "1"}))
    assert (answer.status_code, answer.json()["code"]) == (409, "out-of-stock")
    assert {(row["sku"], row["wanted"], row["available"]) for row in answer.json()["short"]} == {
        ("TEA", "11", "10"),
        ("CUP", "12", "10"),
    }
    assert Order.objects.count() == Payment.objects.count() == 0
    assert [on_hand(acme, sku) for sku in ("TEA", "CUP", "JAM")] == [Decimal(10)] * 3
    assert Event.objects.count() == events and not StockMovement.objects.filter(kind="sale").exists()


def test_a_line_may_name_a_code_in_any_case_and_a_pack_counts_its_units(acme: Shop) -> None:
    ScanCode.objects.create(code="tea-six", variant=acme.variant("TEA"), pack_quantity=6)
    body = sale_body(acme, {"TEA": "6"}) | {"lines": [{"code": "TEA-SIX", "quantity": "1"}]}
    answer = machine(acme).post("orders/", body)
    assert answer.status_code == 201, answer.content
    assert [(x["sku"], x["code"], x["quantity"]) for x in answer.json()["lines"]] == [("TEA", "TEA-SIX", "6")]
    body = sale_body(acme, {"CUP": "1"}) | {"lines": [{"code": "4006381333931", "quantity": "1"}]}
    assert machine(acme).post("orders/", body).status_code == 201


def test_every_wrong_field_and_every_unknown_one_is_named(acme: Shop) -> None:
    body = sale_body(acme, {"TEA": "1"}) | {"expectd_total": "1", "channel": "history", "note": "x" * 301}
    body["lines"] = [{"quantity": "1"}, {"variant": "1", "quantity": "a", "price": "1"}]
    answer = machine(acme).post("orders/", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert pointers(answer) == {
        "/expectd_total",
        "/channel",
        "/note",
        "/lines/0",
        "/lines/1/variant",
        "/lines/1/quantity",
        "/lines/1/price",
    }
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"lines": []}, 422, "invalid"),
        ({"payments": [{"method": "cash", "amount": "4.49"}]}, 422, "wrong-payment"),
        ({"payments": []}, 422, "wrong-payment"),
        ({"payments": [{"method": "cash", "amount": "4.50", "tendered": "4"}]}, 422, "wrong-payment"),
        ({"expected_total": "4.49"}, 409, "price-changed"),
        ({"location": str(uuid4())}, 404, "not-found"),
        ({"customer": str(uuid4())}, 404, "not-found"),
        ({"occurred_at": "2100-01-01T00:00:00Z"}, 422, "invalid"),
        ({"lines": [{"variant": str(uuid4()), "quantity": "1"}]}, 422, "invalid"),
        ({"lines": [{"code": "nothing", "quantity": "1"}]}, 422, "invalid"),
        ({"lines": [{"code": "TEA", "quantity": "-1"}]}, 422, "invalid"),
        ({"lines": [{"code": "TEA", "quantity": "99999999999"}]}, 422, "invalid"),
        ({"payments": [{"method": "cash", "amount": "2.255"}, {"method": "card", "amount": "2.245"}]}, 422, "invalid"),
        ({"payments": [{"method": "cash", "amount": "4.50", "tendered": "5.001"}]}, 422, "invalid"),
        ({"lines": [{"code": "TEA", "quantity": "1", "unit_price": "9999999999"}] * 400}, 422, "invalid"),
        ({"payments": [{"id": str(uuid7()), "method": "cash", "amount": "2.25"}] * 2}, 422, "invalid"),
    ],
)
def test_a_wrong_sale_is_refused_and_leaves_nothing(acme: Shop, change: dict[str, Any], status: int, code: str) -> None:
    if len(change.get("payments", [])) == 2:
        change = {"payments": [change["payments"][0], dict(change["payments"][0])]}
    answer = machine(acme).post("orders/", sale_body(acme, {"TEA": "1"}) | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert Order.objects.count() == 0 and on_hand(acme, "TEA") == Decimal(10)


def test_only_who_may_change_prices_sells_at_another_one(acme: Shop) -> None:
    body = sale_body(acme, {"TEA": "1"})
    body["lines"][0]["unit_price"], body["payments"][0]["amount"] = "4.00", "4.00"
    refused = person(acme, "cashier").post("orders/", body)
    assert (refused.status_code, refused.json()["permission"]) == (403, "orders.change_price")
    assert person(acme, "manager").post("orders/", body).status_code == 201


def test_a_key_of_one_location_sells_and_sees_there_only(acme: Shop) -> None:
    north = Location.objects.create(code="NORTH", name="North")
    stock(acme.variant("TEA"), north, "5")
    permissions = ["orders.sell", "orders.view_orders", "inventory.view_stock"]
    local = machine(acme, permissions, [north])
    elsewhere = local.post("orders/", sale_body(acme, {"TEA": "1"}))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "forbidden")
    mine = local.post("orders/", sale_body(acme, {"TEA": "1"}, location=str(north.pk)))
    assert mine.status_code == 201
    theirs = machine(acme).post("orders/", sale_body(acme, {"TEA": "1"})).json()

    assert [row["id"] for row in local.get("orders/").json()["results"]] == [mine.json()["id"]]
    assert local.get(f"orders/{theirs['id']}/").status_code == 404
    assert {row["location"] for row in local.get("stock/").json()["results"]} == {str(north.pk)}


def test_orders_are_found_by_their_facts_and_paged_without_gaps(acme: Shop) -> None:
    key, customer = machine(acme), Customer.objects.get()
    made = [key.post("orders/", sale_body(acme, {"TEA": "1"})).json() for _ in range(4)]
    known = key.post("orders/", sale_body(acme, {"CUP": "1"}, customer=str(customer.pk), channel="phone")).json()

    def ids(**query: str) -> list[str]:
        return [row["id"] for row in key.get("orders/", query).json()["results"]]

    assert ids() == [known["id"], *(order["id"] for order in reversed(made))]
    assert ids(customer=str(customer.pk)) == ids(channel="phone") == ids(q=known["number"].lower()) == [known["id"]]
    assert ids(kind="refund") == ids(business_date_to="2020-01-01") == ids(location=str(uuid4())) == []
    assert len(ids(business_date_from=known["business_date"])) == 5

    seen, cursor = [], ""
    while cursor is not None:
        page = key.get("orders/", {"limit": 2, "cursor": cursor}).json()
        seen += [row["id"] for row in page["results"]]
        cursor = page["next"]
    assert seen == ids()
    assert key.get(f"orders/{known['id']}/").json() == known


def test_the_orders_of_one_customer_are_listed_only_for_those_who_may_see_what_customers_did(acme: Shop) -> None:
    customer = Customer.objects.get()
    made = machine(acme).post("orders/", sale_body(acme, {"TEA": "1"}, customer=str(customer.pk))).json()
    for role, status in (("owner", 200), ("manager", 200), ("accountant", 200), ("cashier", 403), ("viewer", 403)):
        answer = person(acme, role).get("orders/", {"customer": str(customer.pk)})
        assert answer.status_code == status, role
        if status == 200:
            assert [row["id"] for row in answer.json()["results"]] == [made["id"]]
        else:
            assert (answer.json()["code"], made["id"] in str(answer.content)) == ("forbidden", False)
    assert person(acme, "cashier").get("orders/").json()["results"][0]["id"] == made["id"]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "201"}, {"cursor": "x"}, {"page": "2"}, {"kind": "y"}])
def test_a_wrong_parameter_is_refused_by_name(acme: Shop, query: dict[str, str]) -> None:
    answer = machine(acme).get("orders/", query)
    assert answer.status_code == 422 and pointers(answer) == {f"/{name}" for name in query}


def test_a_customer_is_made_once_per_key_and_number(acme: Shop, globex: Shop) -> None:
    key = machine(acme)
    body = {"number": "C7", "name": "Nadia", "email": "nadia@example.org"}
    first = key.post("customers/", body, **{"idempotency-key": "k1"})
    again = key.post("customers/", body, **{"idempotency-key": "k1"})
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert first.json() == again.json() == key.get(f"customers/{first.json()['id']}/").json()
    other = key.post("customers/", body | {"name": "Otto"}, **{"idempotency-key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "identifier-reused")
    taken = key.post("customers/", body)
    assert (taken.status_code, taken.json()["code"], pointers(taken)) == (409, "conflict", {"/number"})
    assert Customer.objects.filter(number="C7").count() == 1
    assert Event.objects.filter(type="customer.created").count() == 1
    assert [row["number"] for row in key.get("customers/", {"q": "nadia@"}).json()["results"]] == ["C7"]
    assert CANARY not in key.get("customers/").content.decode()
