"""Discounts, coupons and quotes over REST."""

from typing import Any

import pytest

from core.ids import uuid7
from core.testing import Shop, sale_body
from inventory.models import StockMovement
from orders.models import Coupon, Discount, Order
from tests.api import machine, pointers

TEA_WEEK = {"name": "Tea week", "kind": "percent", "value": "10"}


def test_a_discount_is_made_changed_by_version_and_switched_off(acme: Shop) -> None:
    api = machine(acme)
    key = {"Idempotency-Key": "one"}
    body = {**TEA_WEEK, "conditions": {"variants": [str(acme.variant("TEA").pk)], "least_total": "5"}, "code": "tea"}
    made = api.post("discounts/", body, **key)
    assert made.status_code == 201, made.content
    assert api.post("discounts/", body, **key).json() == made.json()
    discount = made.json()
    assert discount["conditions"] == {"variants": [str(acme.variant("TEA").pk)], "least_total": "5"}
    assert (discount["value"], discount["stacking"], discount["needs_coupon"]) == ("10.0000", "best", True)
    assert made["ETag"] == '"1"' and made["Location"] == f"/api/v1/discounts/{discount['id']}/"
    path = f"discounts/{discount['id']}/"
    stale = api.patch(path, {"is_active": False}, **{"If-Match": '"9"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert stale.json()["current"]["id"] == discount["id"]
    changed = api.patch(path, {"is_active": False}, **{"If-Match": '"1"'}).json()
    assert (changed["is_active"], changed["version"], changed["value"]) == (False, 2, "10.0000")
    assert [row["id"] for row in api.get("discounts/").json()["results"]] == [discount["id"]]
    assert api.get("discounts/", {"is_active": "true"}).json()["results"] == []
    [coupon] = api.get("coupons/", {"discount": discount["id"]}).json()["results"]
    assert (coupon["code"], coupon["used"], coupon["max_uses"]) == ("TEA", 0, None)
    limited = api.patch(f"coupons/{coupon['id']}/", {"max_uses": 3})
    assert (limited.status_code, limited.json()["max_uses"]) == (200, 3)
    another = api.post("coupons/", {"discount": discount["id"], "code": "tea-2", "max_per_customer": 1})
    assert another.status_code == 201 and another.json()["code"] == "TEA-2"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**TEA_WEEK, "value": "NaN"}, "/value"),
        ({**TEA_WEEK, "value": "-1"}, "/value"),
        ({**TEA_WEEK, "value": "1e400"}, "/value"),
        ({**TEA_WEEK, "name": "x" * 121}, "/name"),
        ({**TEA_WEEK, "conditions": {"variants": ["x"]}}, "/conditions/variants/0"),
        ({**TEA_WEEK, "conditions": {"variants": [str(uuid7())]}}, "/conditions/variants"),
        ({**TEA_WEEK, "conditions": []}, "/conditions/non_field_errors"),
        ({**TEA_WEEK, "positon": 1}, "/positon"),
        ({**TEA_WEEK, "starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, "/ends_at"),
        ({**TEA_WEEK, "code": "ä b"}, "/code"),
    ],
)
def test_a_wrong_discount_is_refused_by_field_and_nothing_is_made(acme: Shop, body: Any, pointer: str) -> None:
    answer = machine(acme).post("discounts/", body)
    assert answer.status_code == 422 or answer.status_code == 400, answer.content
    assert pointer in pointers(answer) or pointers(answer) == {"/conditions"}, answer.content
    assert Discount.objects.count() == Coupon.objects.count() == 0


def test_a_quote_tells_everything_and_books_nothing(acme: Shop) -> None:
    api = machine(acme)
    api.post("discounts/", {**TEA_WEEK, "conditions": {"variants": [str(acme.variant("TEA").pk)]}})
    api.post("discounts/", {"name": "Spring", "kind": "amount", "value": "5", "scope": "order", "code": "SPRING",
                            "conditions": {"least_total": "50"}})  # fmt: skip
    body = sale_body(acme, {"TEA": "2", "CUP": "1"}, coupons=["spring", "nope"])
    asked = {name: body[name] for name in ("location", "lines", "coupons")}
    before = StockMovement.objects.count()
    answer = api.post("orders/quote/", asked)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert {name: told[name] for name in ("total", "discount_total", "tax_total", "subtotal", "cash_total")} == {
        "total": "20.10",
        "discount_total": "0.90",
        "tax_total": "3.35",
        "subtotal": "16.75",
        "cash_total": "20.10",
    }
    assert told["lines"][0]["trace"][1]["name"] == "Tea week"
    assert [(why["coupon"], why["code"]) for why in told["why_not"]] == [("NOPE", "unknown"), ("SPRING", "least-total")]
    assert (told["coupons"], told["needs_approval"]) == ([], False)
    assert (Order.objects.count(), StockMovement.objects.count()) == (0, before)

    refused = api.post("orders/", {**body, "payments": [{"method": "card", "amount": "20.10"}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "coupon-refused")
    assert [row["coupon"] for row in refused.json()["coupons"]] == ["NOPE", "SPRING"]
    sold = api.post("orders/", {**body, "coupons": [], "payments": [{"method": "card", "amount": "20.10"}]})
    assert sold.status_code == 201, sold.content
    assert sold.json()["discounts"] == told["discounts"] and sold.json()["cash_rounding"] == "0.00"


def test_a_quote_names_what_is_wrong(acme: Shop) -> None:
    api = machine(acme)
    answer = api.post("orders/quote/", {"location": str(acme.location.pk), "lines": []})
    assert (answer.status_code, pointers(answer)) == (422, {"/lines"})
    line = {"variant": str(uuid7()), "quantity": "1", "discount": {"kind": "percent", "value": "200"}}
    answer = api.post("orders/quote/", {"location": str(acme.location.pk), "lines": [line]})
    assert (answer.status_code, pointers(answer)) == (422, {"/lines/0/discount/value"})
    answer = api.post("orders/quote/", {"location": str(uuid7()), "lines": [{**line, "discount": None}]})
    assert answer.status_code == 404
