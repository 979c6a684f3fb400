"""A search that finds nothing offers what is nearly that, and says that it is not the same."""

from typing import Any

import pytest
from django.db import connection

from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop, make_variant
from inventory.models import Brand, Product, Variant
from orders.models import Customer
from tests.api import machine

PEOPLE = ["John Smith", "Maria Gonzalez", "Hannelore Strawinsky", "Oyelaran Adebayo", "Jo Li"]
GOODS = {"LMP-00123": "Walnut reading lamp", "STR-00001": "Strawberry jam", "ESP-00500": "Espresso beans"}


def names(answer: Any) -> list[str]:
    return [row["name"] for row in answer.json()["results"]]


@pytest.fixture
def shelf(acme: Shop, globex: Shop) -> Shop:
    for sku, name in GOODS.items():
        made = make_variant(sku)
        Product.objects.filter(pk=made.product_id).update(name=name)
    Product.objects.filter(name="Espresso beans").update(brand=Brand.objects.create(name="Lavamondo"))
    Customer.objects.bulk_create(Customer(number=f"P{place}", name=name) for place, name in enumerate(PEOPLE))
    return acme


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("strawbery", "Strawberry jam"),
        ("strawberrry", "Strawberry jam"),
        ("stawberry", "Strawberry jam"),
        ("jam strawbrery", "Strawberry jam"),
        ("lamp wallnut", "Walnut reading lamp"),
        ("lmap walnut", "Walnut reading lamp"),
        ("expresso", "Espresso beans"),
        ("lavamodno", "Espresso beans"),
        ("LMP-00132", "Walnut reading lamp"),
        ("LMP00123", "Walnut reading lamp"),
    ],
)
def test_a_slip_of_the_pen_still_finds_the_product(shelf: Shop, typed: str, first: str) -> None:
    answer = machine(shelf).get("products/", {"q": typed})
    body = answer.json()
    assert body["similar"] is True and body["next"] is None
    assert names(answer)[0] == first and CANARY not in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("jhon", "John Smith"),
        ("smiht", "John Smith"),
        ("smith jhon", "John Smith"),
        ("gonzales maria", "Maria Gonzalez"),
        ("strawinski", "Hannelore Strawinsky"),
        ("adebajo", "Oyelaran Adebayo"),
    ],
)
def test_a_slip_of_the_pen_still_finds_the_customer(shelf: Shop, typed: str, first: str) -> None:
    answer = machine(shelf).get("customers/", {"q": typed})
    assert answer.json()["similar"] is True and names(answer)[0] == first
    assert CANARY not in answer.content.decode()


def test_what_is_found_exactly_is_not_mixed_with_what_is_similar(shelf: Shop) -> None:
    key = machine(shelf)
    exact = key.get("products/", {"q": "jam"})
    assert exact.json()["similar"] is False and "Strawberry jam" in names(exact)
    for path in ("products/", "customers/"):
        for typed in ("", "zzzzqqq", "x", "%%%", "' ; --", "\u202e\u0600", "9" * 90):
            answer = key.get(path, {"q": typed})
            assert answer.status_code in (200, 422) and not answer.json().get("similar"), (path, typed)
    Product.objects.filter(name="Strawberry jam").update(is_active=False)
    assert key.get("products/", {"q": "strawbery", "is_active": "true"}).json()["results"] == []
    assert len(key.get("customers/", {"q": "smiht", "limit": 1}).json()["results"]) == 1


def test_pages_say_that_it_is_not_the_same(shelf: Shop) -> None:
    browser = shelf.client("owner")
    for path, typed, found in (("/products/", "strawbery", "Strawberry jam"), ("/customers/", "smiht", "John Smith")):
        page = browser.get(path, {"q": typed}).content.decode()
        assert "No exact match" in page and found in page
        assert "No exact match" not in browser.get(path, {"q": found}).content.decode()


def test_the_same_indexes_stand_in_every_shop_and_serve_both_searches(acme: Shop, globex: Shop) -> None:
    wanted = {"product_name_anywhere", "variant_sku_anywhere", "variant_name_anywhere"}
    wanted |= {"customer_name_anywhere", "customer_email_anywhere"}
    for shop in (acme, globex):
        with use_tenant(shop.tenant), connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexname FROM pg_indexes WHERE schemaname = %s AND indexname LIKE '%%\\_anywhere'",
                [shop.tenant.schema_name],
            )
            assert {row[0] for row in cursor.fetchall()} == wanted
            cursor.execute("SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
                           " WHERE extname = 'pg_trgm'")  # fmt: skip
            assert cursor.fetchall() == [("public",)]
            cursor.execute("SET LOCAL enable_seqscan = off")
            for rows in (Variant.objects.filter(sku__icontains="LMP"), Product.objects.filter(name__alike="LAMP")):
                assert "_anywhere" in rows.order_by().explain()
