"""Discounts on pages: made without training, tried before they are saved, switched off again."""

from decimal import Decimal
from typing import Any

from core.testing import Shop
from inventory.models import Category
from orders.models import Coupon, Discount
from orders.services.discounts import create_discount

TEA = {
    "name": "Tea week",
    "what": "percent lines",
    "value": "10",
    "stacking": "best",
    "position": "0",
    "is_active": "on",
}


def post(shop: Shop, path: str, role: str = "manager", **fields: Any) -> Any:
    return shop.client(role).post(path, fields)


def test_a_manager_makes_ten_per_cent_off_tea(acme: Shop) -> None:
    answer = post(acme, "/discounts/new/", **TEA, articles="TEA\n", least_total="5")
    discount = Discount.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/discounts/{discount.pk}/")
    assert discount.conditions == {"variants": [str(acme.variant("TEA").pk)], "least_total": "5"}
    page = acme.client("manager").get(answer.url).content.decode()
    assert "Tea week" in page and "TEA" in page
    assert "10% off" in acme.client("cashier").get("/discounts/").content.decode()
    assert acme.client("cashier").get(answer.url).status_code == 403


def test_three_for_two_is_tried_before_it_is_saved(acme: Shop) -> None:
    fields = {
        **TEA,
        "name": "3 for 2",
        "what": "buy_get lines",
        "value": "100",
        "buy_quantity": "2",
        "get_quantity": "1",
    }
    page = post(acme, "/discounts/new/", **fields, basket="TEA 3\nCUP", **{"try": "1"})
    text = page.content.decode()
    assert page.status_code == 200 and "3 for 2" in text and "£21.00" in text
    assert Discount.objects.count() == 0
    wrong = post(acme, "/discounts/new/", **fields, basket="NOPE 3", **{"try": "1"})
    assert wrong.status_code == 422 and "not for sale" in wrong.content.decode()


def test_a_coupon_is_made_with_its_discount_and_switched_off(acme: Shop) -> None:
    post(acme, "/discounts/new/", **TEA, code="spring")
    coupon = Coupon.objects.get()
    assert coupon.code == "SPRING" and coupon.discount.needs_coupon
    post(acme, f"/discounts/{coupon.discount_id}/coupons/", **{"coupon-code": "more", "coupon-max_uses": "5"})
    assert Coupon.objects.get(code="MORE").max_uses == 5
    post(acme, f"/coupons/{coupon.pk}/switch/")
    coupon.refresh_from_db()
    assert not coupon.is_active


def test_what_cannot_be_is_told_beside_its_field_and_an_old_form_is_refused(acme: Shop) -> None:
    wrong = post(acme, "/discounts/new/", **{**TEA, "value": "200"}, articles="NOPE")
    assert wrong.status_code == 422 and "Nothing for sale carries NOPE" in wrong.content.decode()
    assert Discount.objects.count() == 0
    drinks = Category.objects.create(name="Drinks")
    made = create_discount(
        actor=acme.actor(), name="x", kind="percent", value=Decimal(5), conditions={"categories": [str(drinks.pk)]}
    )
    stale = post(acme, f"/discounts/{made.pk}/", **TEA, version="9")
    assert stale.status_code == 412
    assert post(acme, f"/discounts/{made.pk}/", **TEA, version="1").status_code == 302
    made.refresh_from_db()
    assert (made.value, made.conditions, made.version) == (Decimal(10), {}, 2)
