"""A hundred tills with one coupon that holds for ten: ten get it."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.ids import uuid7
from core.tenancy.context import use_tenant
from core.testing import Shop, stock
from orders.errors import CouponRefused
from orders.models import Coupon, CouponUse, Customer, Order
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.checkout import place_order
from orders.services.discounts import create_coupon, create_discount
from tests.test_race_checkout import at_once, deadlocks

pytestmark = pytest.mark.django_db(transaction=True)


def sale_with(shop: Shop, code: str, **more: Any) -> Sale:
    return Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(1))],
        payments=[Tender(method="card", amount=Decimal("4.05"))],
        coupons=[code],
        **more,
    )


def test_a_coupon_is_never_used_more_often_than_it_may(acme: Shop, globex: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "200")
    discount = create_discount(actor=acme.actor(), name="Spring", kind="percent", value=Decimal(10), needs_coupon=True)
    create_coupon(actor=acme.actor(), discount=discount.pk, code="TEN", max_uses=10)
    create_coupon(actor=acme.actor(), discount=discount.pk, code="ONCE", max_per_customer=1)
    cashier, customer, before = acme.actor("cashier"), Customer.objects.get(number="C1"), deadlocks()
    sales = [sale_with(acme, "TEN") for _ in range(100)]
    sales += [replace(sale_with(acme, "ONCE"), customer_id=customer.pk) for _ in range(12)]
    answers = at_once(acme, [partial(place_order, sale, actor=cashier) for sale in sales], 12)
    with use_tenant(acme.tenant):
        assert Counter(type(answer).__name__ for answer in answers) == {"Placed": 11, "CouponRefused": 101}
        refused = {answer.details["coupons"][0]["code"] for answer in answers if isinstance(answer, CouponRefused)}
        assert refused == {"used-up", "used-by-customer"}
        assert dict(Coupon.objects.values_list("code", "used")) == {"TEN": 10, "ONCE": 1}
        assert (CouponUse.objects.count(), Order.objects.count()) == (11, 11)
    assert deadlocks() == before
    with use_tenant(globex.tenant):
        assert Coupon.objects.count() == Order.objects.count() == 0
