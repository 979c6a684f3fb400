"""Forms of goods and stock: everything or nothing, once, and every complaint beside its field."""

from decimal import Decimal
from typing import Any

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.people.models import Grant, Role, User
from core.testing import Shop, stock
from inventory.models import Product, ScanCode, StockDocument, StockLevel, StockMovement, TaxClass, Variant


def product_form(*variants: dict[str, str], count: int = 0, **values: str) -> dict[str, str]:
    """The form as a browser sends it; ``count`` rows stood there before."""
    body = {
        "name": "Green tea",
        "category": "Drinks",
        "description": "",
        "is_active": "on",
        "variants-TOTAL_FORMS": str(len(variants)),
        "variants-INITIAL_FORMS": str(count),
        **values,
    }
    for place, variant in enumerate(variants):
        row = {"sku": "", "name": "", "unit_price": "", "tax_class": "", "codes": "", "is_stocked": "on", **variant}
        body |= {f"variants-{place}-{name}": value for name, value in {"is_active": "on", **row}.items()}
    return body


ONE = {"sku": "GT", "unit_price": "3.95", "unit_cost": "1.20", "tax_class": "standard"}


def test_a_new_product_comes_with_variant_codes_and_a_pack(acme: Shop) -> None:
    codes = "4006381333948, 14006381333945 x6; OWN-7"
    answer = acme.client("manager").post("/products/new/", product_form({**ONE, "codes": codes}))
    product = Product.objects.get(name="Green tea")
    assert (answer.status_code, answer["Location"]) == (302, f"/products/{product.pk}/")
    variant = product.variants.get()
    assert (variant.sku, variant.unit_price, variant.unit_cost, str(variant.tax_class)) == (
        "GT",
        Decimal("3.95"),
        Decimal("1.20"),
        "standard",
    )
    assert str(product.category) == "Drinks"
    assert list(ScanCode.objects.filter(variant=variant).values_list("code", "pack_quantity")) == [
        ("04006381333948", Decimal(1)),
        ("14006381333945", Decimal(6)),
        ("OWN-7", Decimal(1)),
    ]
    assert Event.objects.filter(type="product.created", object_id=str(product.pk)).count() == 1
    assert AuditEntry.objects.filter(object_type="product", object_id=str(product.pk)).count() == 1


def test_an_edit_changes_what_was_changed_and_adds_a_variant(acme: Shop) -> None:
    variant = acme.variant("TEA")
    product = variant.product
    browser = acme.client("manager")
    page = browser.get(f"/products/{product.pk}/edit/").content.decode()
    assert 'value="5012345678900"' in page and 'value="4.50"' in page

    old = {"id": str(variant.pk), "sku": "TEA", "unit_price": "4.75", "unit_cost": "2.25", "tax_class": "standard"}
    old["codes"] = "5012345678900"
    more = {"sku": "TEA-L", "name": "large", "unit_price": "8.00", "tax_class": "standard"}
    body = product_form(old, more, count=1, name=product.name, category="", version=str(product.version))
    assert browser.post(f"/products/{product.pk}/edit/", body).status_code == 302

    product.refresh_from_db()
    assert product.version == 2
    rows = product.variants.order_by("position").values_list("sku", "name", "unit_price")
    assert list(rows) == [("TEA", "", Decimal("4.75")), ("TEA-L", "large", Decimal(8))]
    assert list(ScanCode.objects.filter(variant=variant).values_list("code", flat=True)) == ["05012345678900"]


def test_the_only_tax_class_is_chosen_for_new_variants_and_leaves_an_untouched_row_untouched(acme: Shop) -> None:
    TaxClass.objects.exclude(name="standard").delete()
    browser, chosen = acme.client("manager"), '<option value="standard" selected>'
    page = browser.get("/products/new/").content.decode()
    assert chosen in page and "Your only tax class, chosen for you." in page
    sent = product_form(ONE | {"tax_class": ""}, {"tax_class": "standard", "tracking": "none"})
    assert browser.post("/products/new/", sent).status_code == 302
    assert [variant.tax_class for variant in Product.objects.get(name="Green tea").variants.all()] == [None]
    TaxClass.objects.create(name="reduced", rate=5)
    assert chosen not in browser.get("/products/new/").content.decode(), "of two nobody can know"


def test_an_edit_of_what_somebody_else_changed_is_refused(acme: Shop) -> None:
    variant = acme.variant("TEA")
    row = {"id": str(variant.pk), "sku": "TEA", "unit_price": "9.99", "tax_class": "standard"}
    body = product_form(row, count=1, version="0")
    answer = acme.client("manager").post(f"/products/{variant.product_id}/edit/", body)
    assert answer.status_code == 412 and "Somebody changed this product" in answer.content.decode()
    variant.refresh_from_db()
    assert variant.unit_price == Decimal("4.50")


def test_a_taken_sku_or_code_is_said_beside_its_field_and_nothing_is_made(acme: Shop) -> None:
    browser = acme.client("manager")
    for row, complaint in (
        ({**ONE, "sku": "CUP"}, "The SKU CUP belongs to another variant."),
        ({**ONE, "codes": "5012345678900"}, "belongs to Acme Earl Grey (TEA)."),
    ):
        answer = browser.post("/products/new/", product_form(row))
        assert answer.status_code == 409
        assert complaint in answer.content.decode() and 'aria-invalid="true"' in answer.content.decode()
    assert not Product.objects.filter(name="Green tea").exists()


def test_hostile_product_forms_are_refused_in_words(acme: Shop) -> None:
    browser = acme.client("manager")
    for row in (
        {**ONE, "unit_price": "-1"},
        {**ONE, "unit_price": "NaN"},
        {**ONE, "unit_price": "1e99"},
        {**ONE, "unit_price": "1.23456"},
        {**ONE, "sku": ""},
        {**ONE, "sku": "x" * 65},
        {**ONE, "tax_class": "none of ours"},
        {**ONE, "codes": "5 x0"},
        {**ONE, "codes": "y" * 81},
        {**ONE, "codes": "00000000"},
        {**ONE, "id": str(acme.variant("TEA").pk)},
        {**ONE, "id": "7"},
        {},
    ):
        assert browser.post("/products/new/", product_form(row)).status_code == 422, row
    for body in ({}, {"variants-TOTAL_FORMS": "x"}, product_form(ONE, name="\x00")):
        assert browser.post("/products/new/", body).status_code == 422
    assert Product.objects.count() == 3 and Variant.objects.count() == 3


def test_who_may_not_manage_products_opens_no_form(acme: Shop) -> None:
    browser = acme.client("cashier")
    path = f"/products/{acme.variant('TEA').product_id}/edit/"
    assert browser.get(path).status_code == browser.post(path, product_form(ONE)).status_code == 403


def stock_form(shop: Shop, **values: Any) -> dict[str, str]:
    body = {"id": uuid7(), "kind": "receipt", "location": shop.location.pk, "code": "TEA", "quantity": "5"}
    return {name: str(value) for name, value in {**body, "reason": "delivery 7", **values}.items()}


def on_hand(sku: str = "TEA") -> Decimal:
    return StockLevel.objects.get(variant__sku=sku).on_hand


def test_goods_received_are_booked_once_however_often_the_form_is_sent(acme: Shop) -> None:
    browser, body = acme.client("stock clerk"), stock_form(acme)
    first = browser.post("/stock/book/", body, follow=True).content.decode()
    again = browser.post("/stock/book/", body, follow=True).content.decode()
    assert "TEA: 10 before, 15 now" in first and "nothing was booked twice" in again
    assert on_hand() == Decimal(15)
    movement = StockMovement.objects.exclude(reference_type="test").get()
    assert (movement.kind, movement.delta, movement.reason) == ("receipt", Decimal(5), "delivery 7")
    assert StockDocument.objects.count() == 1


def test_the_same_form_with_other_content_is_refused(acme: Shop) -> None:
    browser, body = acme.client("stock clerk"), stock_form(acme)
    browser.post("/stock/book/", body)
    answer = browser.post("/stock/book/", {**body, "quantity": "50"})
    assert answer.status_code == 422 and on_hand() == Decimal(15)


def test_a_count_books_the_difference_and_a_correction_may_be_less(acme: Shop) -> None:
    browser = acme.client("manager")
    browser.post("/stock/book/", stock_form(acme, kind="count", quantity="8", code="5012345678900"))
    assert on_hand() == Decimal(8)
    browser.post("/stock/book/", stock_form(acme, kind="adjustment", quantity="-1.5", reason="broken"))
    assert on_hand() == Decimal("6.5")
    moves = StockMovement.objects.exclude(reference_type="test").order_by("id").values_list("kind", "delta")
    assert list(moves) == [("count", Decimal(-2)), ("adjustment", Decimal("-1.5"))]


def test_every_booking_needs_a_reason_an_article_and_a_number(acme: Shop) -> None:
    browser = acme.client("manager")
    for wrong in (
        {"kind": "adjustment", "reason_code": "other", "reason": " "},
        {"kind": "adjustment", "reason_code": "because"},
        {"kind": "adjustment", "reason_code": "lost", "quantity": "-2"},
        {"code": "NOTHING"},
        {"code": ""},
        {"quantity": "0"},
        {"quantity": "-3"},
        {"quantity": "many"},
        {"quantity": "Infinity"},
        {"quantity": "1.2345"},
        {"kind": "theft"},
        {"kind": "count", "quantity": "-1"},
        {"id": "7"},
        {"location": uuid7()},
    ):
        assert browser.post("/stock/book/", stock_form(acme, **wrong)).status_code == 422, wrong
    assert on_hand() == Decimal(10) and StockDocument.objects.count() == 0


def test_stock_is_booked_only_where_one_may(acme: Shop) -> None:
    annex = Location.objects.create(code="ANNEX", name="Acme annex")
    stock(acme.variant("TEA"), annex, "5")
    user = User.objects.create(email="annex@acme.localhost")
    Grant.objects.create(user=user, role=Role.objects.get(name="stock clerk"), location=annex)
    browser = acme.client()
    browser.force_login(user, backend="core.people.backends.EmailBackend")
    assert str(acme.location.pk) not in browser.get("/stock/book/").content.decode()
    assert browser.post("/stock/book/", stock_form(acme)).status_code == 422
    assert browser.post("/stock/book/", stock_form(acme, location=annex.pk)).status_code == 302
    assert StockLevel.objects.get(location=annex).on_hand == Decimal(10)
    assert StockLevel.objects.get(location=acme.location, variant__sku="TEA").on_hand == Decimal(10)
    assert acme.client("cashier").post("/stock/book/", stock_form(acme)).status_code == 403
