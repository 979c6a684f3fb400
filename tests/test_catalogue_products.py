"""Products described by brand and attributes, found by them, and taken out without losing the past."""

from decimal import Decimal
from typing import Any

import pytest

from core.outbox.models import Event
from core.testing import CANARY, Shop, make_variant, sale_body, stock
from inventory.models import Brand, Category, Product, ScanCode, Tombstone, Variant
from inventory.services.attributes import create_attribute
from inventory.services.groups import category_at
from tests.api import machine, pointers


def fields(shop: Shop) -> None:
    tea = category_at("Food > Tea", actor=shop.actor())
    assert tea is not None
    for values in (
        {"code": "organic", "label": "Organic", "kind": "yes_no", "is_filter": True},
        {"code": "grams", "label": "Weight", "kind": "number", "unit": "g"},
        {"code": "leaf", "label": "Leaf", "kind": "choice", "choices": ["whole", "broken"], "category_id": tea.pk},
    ):
        create_attribute(values, actor=shop.actor())


def a_tea(**more: Any) -> dict[str, Any]:
    variant = {"sku": "OOL", "unit_price": "9.5", "unit": "kg", "tracking": "lot"}
    return {"name": "Oolong", "category": "Food > Tea", "brand": "Acme Leaves", "variants": [variant], **more}


def test_a_product_has_a_brand_and_values_that_fit(acme: Shop, globex: Shop) -> None:
    fields(acme)
    key = machine(acme)
    made = key.post("products/", a_tea(attributes={"organic": True, "grams": "100.50", "leaf": "whole"}))
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["brand"], body["category"]) == ("Acme Leaves", "Tea")
    assert body["attributes"] == {"organic": True, "grams": "100.5", "leaf": "whole"}
    assert (body["variants"][0]["unit"], body["variants"][0]["tracking"]) == ("kg", "lot")
    one = f"products/{body['id']}/"
    changed = key.patch(one, {"attributes": {"leaf": None, "organic": False}, "brand": ""})
    assert changed.json()["attributes"] == {"organic": False, "grams": "100.5"} and changed.json()["brand"] is None
    assert Brand.objects.count() == 1 and Category.objects.count() == 2
    before = Event.objects.count()
    for wrong, where in (
        ({"organic": "yes"}, "/attributes/organic"),
        ({"grams": "NaN"}, "/attributes/grams"),
        ({"leaf": "dust"}, "/attributes/leaf"),
        ({"nothing": 1}, "/attributes/nothing"),
    ):
        answer = key.patch(one, {"attributes": wrong})
        assert (answer.status_code, pointers(answer)) == (422, {where})
    elsewhere = key.post("products/", {**a_tea(attributes={"leaf": "whole"}), "category": "Cups", "name": "Cup"})
    assert pointers(elsewhere) == {"/attributes/leaf"} and not Category.objects.filter(name="Cups").exists()
    assert Event.objects.count() == before


def test_products_are_found_by_category_brand_and_value(acme: Shop, globex: Shop) -> None:
    fields(acme)
    key = machine(acme)
    made = key.post("products/", a_tea(attributes={"organic": True})).json()
    food, brand = Category.objects.get(name="Food"), Brand.objects.get()
    for query in ({"category": str(food.pk)}, {"brand": str(brand.pk)}, {"attribute": "organic:true"}):
        answer = key.get("products/", query)
        assert [row["id"] for row in answer.json()["results"]] == [made["id"]], query
        assert CANARY not in str(answer.content)
    assert key.get("products/", {"attribute": "organic:false"}).json()["results"] == []
    assert key.get("products/", {"attribute": "nothing:1"}).status_code == 422
    page = acme.client("cashier").get("/products/", {"category": str(food.pk), "attr_organic": "true"})
    assert "Oolong" in page.content.decode() and "Earl Grey" not in page.content.decode()


def test_a_product_is_described_on_its_page(acme: Shop) -> None:
    fields(acme)
    browser, tea = acme.client("manager"), acme.variant()
    form = {
        "name": "Earl Grey", "category": "Food > Tea", "brand": "Acme", "is_active": "on", "version": "1",
        "attr_organic": "true", "attr_grams": "100", "variants-TOTAL_FORMS": "1", "variants-INITIAL_FORMS": "1",
        "variants-0-id": str(tea.pk), "variants-0-sku": "TEA", "variants-0-unit_price": "4.50", "variants-0-unit": "kg",
        "variants-0-codes": "5012345678900", "variants-0-is_stocked": "on", "variants-0-is_active": "on",
    }  # fmt: skip
    assert browser.post(f"/products/{tea.product_id}/edit/", form).status_code == 302
    product = Product.objects.get(pk=tea.product_id)
    assert product.attributes == {"organic": True, "grams": "100"}
    text = browser.get(f"/products/{product.pk}/").content.decode()
    assert "Organic" in text and "100 g" in text
    edit = browser.get(f"/products/{product.pk}/edit/").content.decode()
    assert 'value="Food &gt; Tea"' in edit  # so that saving the form again leaves it where it is
    wrong = browser.post(f"/products/{product.pk}/edit/", {**form, "version": "2", "attr_grams": "ten"})
    assert wrong.status_code == 422 and "a number" in wrong.content.decode()


def test_what_never_had_a_history_is_deleted_and_a_till_hears_of_it(acme: Shop) -> None:
    key = machine(acme)
    since = key.get("products/").json()["results"][-1]["updated_at"]
    variant = make_variant("NEVER", codes=["4006381333948"], is_stocked=False)
    answer = key._send("DELETE", f"products/{variant.product_id}/", {}, {})
    assert (answer.status_code, answer.json()) == (200, {"id": str(variant.product_id), "is_deleted": True})
    assert not ScanCode.objects.filter(code="04006381333948").exists()
    assert Tombstone.objects.get().object_id == variant.product_id
    listed = key.get("products/", {"updated_since": since}).json()
    assert listed["deleted"] == [str(variant.product_id)]
    assert "deleted" not in key.get("products/").json()
    assert Event.objects.get(type="product.deleted").payload["version"] == 2
    assert key._send("DELETE", f"products/{variant.product_id}/", {}, {}).status_code == 404


def test_what_was_sold_or_stocked_stays_not_for_sale(acme: Shop) -> None:
    key = machine(acme)
    fee = make_variant("FEE", price="2.00", is_stocked=False)
    assert key.post("orders/", sale_body(acme, {"FEE": "1"})).status_code == 201
    shelf = make_variant("SHELF")
    stock(shelf, acme.location, "1")
    for variant in (fee, shelf):
        answer = key._send("DELETE", f"products/{variant.product_id}/", {}, {"If-Match": '"1"'})
        assert answer.json()["is_deleted"] is False
        product = Product.objects.get(pk=variant.product_id)
        assert (product.is_active, product.version) == (False, 2)
        again = key._send("DELETE", f"products/{variant.product_id}/", {}, {})
        assert again.json()["is_deleted"] is False and Product.objects.get(pk=product.pk).version == 2
    assert not Tombstone.objects.exists()
    stale = key._send("DELETE", f"products/{fee.product_id}/", {}, {"If-Match": '"1"'})
    assert stale.status_code == 412
    page = acme.client("manager").post(f"/products/{shelf.product_id}/retire/")
    assert page.status_code == 302 and Variant.objects.filter(pk=shelf.pk).exists()


def test_how_pieces_are_told_apart_changes_while_none_is_held(acme: Shop) -> None:
    tea = acme.variant()
    body = {"variants": [{"id": str(tea.pk), "tracking": "lot"}]}
    answer = machine(acme).patch(f"products/{tea.product_id}/", body)
    assert (answer.status_code, pointers(answer)) == (422, {"/variants/0/tracking"})
    tea.levels.update(on_hand=Decimal(0))
    assert machine(acme).patch(f"products/{tea.product_id}/", body).status_code == 200


@pytest.mark.parametrize("unit", ["x" * 13])
def test_a_unit_is_short(acme: Shop, unit: str) -> None:
    answer = machine(acme).post("products/", a_tea(variants=[{"sku": "A", "unit_price": "1", "unit": unit}]))
    assert pointers(answer) == {"/variants/0/unit"}
