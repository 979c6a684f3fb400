"""The catalogue and the stock over REST."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.testing import CANARY, Shop, stock
from inventory.models import Product, ScanCode, StockDocument, StockLevel, StockMovement, Variant
from tests.api import machine, person, pointers


def a_product(shop: Shop, **more: Any) -> dict[str, Any]:
    return {
        "name": "Oolong",
        "category": "Tea",
        "variants": [
            {
                "sku": "OOL-100",
                "name": "100 g",
                "unit_price": "9.5",
                "unit_cost": "4",
                "tax_class": "standard",
                "codes": [{"code": "012345678905"}, {"code": "ool six", "pack_quantity": "6"}],
                "stock": [{"location": str(shop.location.pk), "quantity": "7.5"}],
            }
        ],
        **more,
    }


def test_a_product_comes_with_variants_codes_and_opening_stock(acme: Shop) -> None:
    key = machine(acme)
    answer = key.post("products/", a_product(acme))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    (variant,) = body["variants"]
    assert (body["name"], body["category"], body["version"], answer["ETag"]) == ("Oolong", "Tea", 1, '"1"')
    assert (variant["unit_price"], variant["unit_cost"], variant["tax_rate"]) == ("9.5000", "4.0000", "20")
    assert {(c["code"], c["symbology"], c["pack_quantity"]) for c in variant["codes"]} == {
        ("00012345678905", "gtin", "1"),
        ("ool six", "code", "6"),
    }
    assert key.get(answer["Location"].removeprefix("/api/v1/")).json() == body
    movement = StockMovement.objects.get(variant=variant["id"])
    assert (movement.kind, movement.delta, movement.balance) == ("opening", Decimal("7.5"), Decimal("7.5"))
    event = Event.objects.get(type="product.created")
    told = {"product_id": body["id"], "version": 1, "name": "Oolong", "skus": ["OOL-100"], "is_active": True}
    assert event.payload == {**told, "prices": {"OOL-100": "9.5000"}}
    entry = AuditEntry.objects.get(object_type="product", object_id=body["id"])
    assert Decimal(entry.changes["OOL-100.unit_price"][1]) == Decimal("9.5")


def test_costs_are_for_those_who_may_see_them(acme: Shop) -> None:
    made = machine(acme).post("products/", a_product(acme)).json()
    for role, sees in (("manager", True), ("accountant", True), ("cashier", False), ("viewer", False)):
        variant = person(acme, role).get(f"products/{made['id']}/").json()["variants"][0]
        assert ("unit_cost" in variant) is sees, role
    blind = machine(acme, ["inventory.manage_products", "inventory.view_products", "inventory.adjust_stock"])
    refused = blind.post("products/", a_product(acme, name="B"))
    assert (refused.status_code, refused.json()["permission"]) == (403, "inventory.view_cost")


@pytest.mark.parametrize(
    ("change", "status", "where"),
    [
        ({"variants": []}, 422, "/variants"),
        ({"name": ""}, 422, "/name"),
        ({"variants": [{"sku": "A"}]}, 422, "/variants/0"),
        ({"variants": [{"sku": "A", "unit_price": "-1"}]}, 422, "/variants/0/unit_price"),
        ({"variants": [{"sku": "TEA", "unit_price": "1"}]}, 409, "/variants/0/sku"),
        ({"variants": [{"sku": "A", "unit_price": "1"}, {"sku": "A", "unit_price": "1"}]}, 422, "/variants/1/sku"),
        (
            {"variants": [{"sku": "A", "unit_price": "1", "codes": [{"code": "5012345678900"}]}]},
            409,
            "/variants/0/codes/0/code",
        ),
        (
            {"variants": [{"sku": "A", "unit_price": "1", "codes": [{"code": "0000000000000"}]}]},
            422,
            "/variants/0/codes/0/code",
        ),
        (
            {
                "variants": [
                    {"sku": "A", "unit_price": "1", "codes": [{"code": "12345670"}, {"code": "00000012345670"}]}
                ]
            },
            422,
            "/variants/0/codes/1/code",
        ),
        ({"variants": [{"sku": "A", "unit_price": "1", "tax_class": "x"}]}, 422, "/variants/0/tax_class"),
        (
            {"variants": [{"sku": "A", "unit_price": "1", "stock": [{"location": str(uuid4()), "quantity": "1"}]}]},
            422,
            "/variants/0/stock/0/location",
        ),
        ({"variants": [{"id": str(uuid4()), "unit_price": "1"}]}, 422, "/variants/0/id"),
        ({"sku": "A"}, 422, "/sku"),
    ],
)
def test_a_wrong_product_is_refused_and_leaves_nothing(
    acme: Shop, change: dict[str, Any], status: int, where: str
) -> None:
    key = machine(acme)
    before = (Product.objects.count(), Variant.objects.count(), ScanCode.objects.count(), Event.objects.count())
    answer = key.post("products/", a_product(acme) | change)
    assert answer.status_code == status and where in pointers(answer), answer.content
    assert before == (Product.objects.count(), Variant.objects.count(), ScanCode.objects.count(), Event.objects.count())


def test_a_product_is_changed_only_from_the_version_the_caller_saw(acme: Shop) -> None:
    key = machine(acme)
    made = key.post("products/", a_product(acme)).json()
    path = f"products/{made['id']}/"
    first = key.patch(path, {"name": "Oolong tea"}, **{"if-match": '"1"'})
    assert (first.status_code, first["ETag"], first.json()["name"]) == (200, '"2"', "Oolong tea")
    stale = key.patch(path, {"name": "Other"}, **{"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert stale.json()["current"] == first.json()
    assert Product.objects.get(pk=made["id"]).name == "Oolong tea"
    event = Event.objects.get(type="product.updated")
    assert (event.object_version, event.payload["fields"]) == (2, ["name"])
    entry = AuditEntry.objects.get(object_type="product", action="change")
    assert entry.changes == {"name": ["Oolong", "Oolong tea"]}


def test_a_change_adds_variants_and_replaces_codes_and_nothing_else(acme: Shop) -> None:
    key = machine(acme)
    made = key.post("products/", a_product(acme)).json()
    old = made["variants"][0]
    changes = {
        "variants": [
            {"id": old["id"], "unit_price": "10", "codes": [{"code": "ool six", "pack_quantity": "12"}]},
            {"sku": "OOL-250", "unit_price": "20"},
        ]
    }
    body = key.patch(f"products/{made['id']}/", changes).json()
    assert [
        (v["sku"], v["unit_price"], [(c["code"], c["pack_quantity"]) for c in v["codes"]]) for v in body["variants"]
    ] == [
        ("OOL-100", "10.0000", [("ool six", "12")]),
        ("OOL-250", "20.0000", []),
    ]
    assert (body["version"], body["description"], body["variants"][0]["name"]) == (2, "", "100 g")
    assert key.patch(f"products/{made['id']}/", {"name": "Oolong"}).json()["version"] == 2, "no change, no version"


def test_products_are_found_by_name_sku_and_code_and_since_a_time(acme: Shop, globex: Shop) -> None:
    key = person(acme, "viewer")

    def names(**query: str) -> set[str]:
        return {row["name"] for row in key.get("products/", query).json()["results"]}

    assert names() == {"Acme Earl Grey", "Acme Blue cup", "Acme Plum jam"}
    assert names(q="blue") == names(q="cup") == names(q="4006381333931") == {"Acme Blue cup"}
    assert names(q="CANARY") == names(updated_since="2100-01-01T00:00:00Z") == set()
    assert len(names(updated_since="2000-01-01T00:00:00Z")) == 3


@pytest.mark.parametrize("typed", ["5012345678900", "05012345678900", "TEA", "%20TEA%20"])
def test_a_scan_says_what_it_is_what_it_costs_and_what_there_is(acme: Shop, typed: str) -> None:
    body = person(acme, "cashier").get(f"scan/{typed}/", {"location": str(acme.location.pk)}).json()
    assert (body["sku"], body["unit_price"], body["tax_rate"], body["pack_quantity"], body["on_hand"]) == (
        "TEA",
        "4.5000",
        "20",
        "1",
        "10",
    )
    assert body["name"] == "Acme Earl Grey"


@pytest.mark.parametrize("typed", ["nothing", "%00", "x" * 500, "%F0%9F%8D%B5", "0", "'; DROP TABLE"])
def test_an_unknown_code_is_a_problem_of_its_own(acme: Shop, typed: str) -> None:
    answer = person(acme, "cashier").get(f"scan/{typed}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-code")


def test_receipts_adjustments_and_counts_move_the_ledger(acme: Shop) -> None:
    clerk, place, tea = person(acme, "stock clerk"), str(acme.location.pk), acme.variant("TEA")

    def book(kind: str, quantity: str, **line: str) -> dict[str, Any]:
        body = {"id": str(uuid7()), "kind": kind, "location": place, "reason": "test"}
        answer = clerk.post("stock/movements/", body | {"lines": [{"quantity": quantity, **(line or {"code": "TEA"})}]})
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    assert book("receipt", "5", variant=str(tea.pk))["lines"][0]["after"] == "15"
    assert book("adjustment", "-2.5", code="5012345678900")["lines"][0]["after"] == "12.5"
    counted = book("count", "12")["lines"][0]
    assert (counted["before"], counted["after"]) == ("12.5", "12")
    assert StockLevel.objects.get(variant=tea).on_hand == Decimal(12)
    listed = clerk.get("stock/movements/", {"variant": str(tea.pk)}).json()["results"]
    assert [(row["kind"], row["delta"], row["balance"], row["reason"]) for row in listed[:3]] == [
        ("count", "-0.5", "12", "test"),
        ("adjustment", "-2.5", "12.5", "test"),
        ("receipt", "5", "15", "test"),
    ]
    assert AuditEntry.objects.filter(object_type="stock").count() == 3


def test_a_stock_change_is_booked_once_even_when_it_moved_nothing(acme: Shop) -> None:
    clerk = person(acme, "stock clerk")
    body = {
        "id": str(uuid7()),
        "kind": "count",
        "location": str(acme.location.pk),
        "lines": [{"code": "TEA", "quantity": "10"}],
    }
    first = clerk.post("stock/movements/", body)
    stock(acme.variant("TEA"), acme.location, "3")
    again = clerk.post("stock/movements/", body)
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 200, "true")
    assert first.json() == again.json()
    assert StockLevel.objects.get(variant__sku="TEA").on_hand == Decimal(13)
    other = clerk.post("stock/movements/", body | {"reason": "other"})
    assert (other.status_code, other.json()["code"]) == (422, "identifier-reused")
    assert StockDocument.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "line", "where"),
    [
        ("receipt", {"code": "TEA", "quantity": "0"}, "/lines/0/quantity"),
        ("receipt", {"code": "TEA", "quantity": "-1"}, "/lines/0/quantity"),
        ("count", {"code": "TEA", "quantity": "-1"}, "/lines/0/quantity"),
        ("adjustment", {"code": "TEA", "quantity": "0"}, "/lines/0/quantity"),
        ("receipt", {"code": "TEA", "quantity": "99999999999"}, "/lines/0/quantity"),
        ("receipt", {"code": "nothing", "quantity": "1"}, "/lines/0/code"),
        ("receipt", {"variant": str(uuid4()), "quantity": "1"}, "/lines/0/variant"),
        ("sale", {"code": "TEA", "quantity": "1"}, "/kind"),
    ],
)
def test_a_wrong_stock_change_is_refused_and_moves_nothing(
    acme: Shop, kind: str, line: dict[str, Any], where: str
) -> None:
    moved = StockMovement.objects.count()
    body = {"id": str(uuid7()), "kind": kind, "location": str(acme.location.pk), "lines": [line]}
    answer = machine(acme).post("stock/movements/", body)
    assert answer.status_code == 422 and where in pointers(answer), answer.content
    assert StockMovement.objects.count() == moved and not StockDocument.objects.exists()


def test_stock_is_changed_only_where_one_may(acme: Shop) -> None:
    north = Location.objects.create(code="NORTH", name="North")
    local = machine(acme, ["inventory.adjust_stock"], [north])
    body = {"kind": "receipt", "lines": [{"code": "TEA", "quantity": "1"}]}
    refused = local.post("stock/movements/", body | {"id": str(uuid7()), "location": str(acme.location.pk)})
    assert refused.status_code == 403
    assert local.post("stock/movements/", body | {"id": str(uuid7()), "location": str(north.pk)}).status_code == 201


def test_low_stock_is_what_stands_at_its_warning_level_or_below(acme: Shop, globex: Shop) -> None:
    StockLevel.objects.filter(variant__sku="CUP").update(low_at=10)
    StockLevel.objects.filter(variant__sku="TEA").update(low_at=9)
    viewer = person(acme, "viewer")
    everything, low = viewer.get("stock/"), viewer.get("stock/", {"low": "true"})
    assert [row["sku"] for row in low.json()["results"]] == ["CUP"]
    assert {row["sku"] for row in everything.json()["results"]} == {"TEA", "CUP", "JAM"}
    assert CANARY not in everything.content.decode()
