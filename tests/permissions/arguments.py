"""Sample values for the arguments of routes: things that stand in the shop at hand.

A new route with an argument fails the matrix until the argument has its line here. `nobody` is right for things that
take more than a permission to make: the permission is asked before anything is looked for.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from core.ids import uuid7
from core.people.models import ApiKey
from core.testing import Shop
from inventory.models import TaxClass
from orders.models import Customer, Order

Sample = Callable[[Shop], Any]


def nobody(shop: Shop) -> UUID:
    """An id that no row has."""
    return uuid7()


def an_order(shop: Shop) -> UUID:
    """The order that the tests have placed, or an id that no row has."""
    return Order.objects.values_list("pk", flat=True).first() or uuid7()


ARGUMENTS: dict[str, Sample] = {
    "change_id": nobody,
    "alert_id": nobody,
    "attribute_id": nobody,
    "brand_id": nobody,
    "category_id": nobody,
    "card_id": nobody,
    "code": lambda shop: "5012345678900",
    "edit_id": nobody,
    "count_id": nobody,
    "customer_id": lambda shop: Customer.objects.get(number="C1").pk,
    "coupon_id": nobody,
    "delivery_id": lambda shop: 1,
    "device_id": nobody,
    "discount_id": nobody,
    "distinction_id": nobody,
    "document_id": nobody,
    "endpoint_id": nobody,
    "enrolment_code": lambda shop: "ABCDEFGH",
    "enrolment_id": nobody,
    "exception_id": nobody,
    "flag_id": nobody,
    "fulfilment_id": nobody,
    "group_id": nobody,
    "job_id": nobody,
    "location_id": lambda shop: shop.location.pk,
    "key_id": lambda shop: ApiKey.objects.values_list("pk", flat=True).first() or uuid7(),
    "merge_id": nobody,
    "lot_id": nobody,
    "notice_id": nobody,
    "order_id": an_order,
    "other_id": nobody,
    "picture_id": nobody,
    "picture_name": lambda shop: f"{'0' * 64}-320.webp",
    "product_id": lambda shop: shop.variant("TEA").product_id,
    "price_list_id": nobody,
    "register_id": nobody,
    "request_id": nobody,
    "reservation_id": nobody,
    "rule_id": nobody,
    "serial_id": nobody,
    "run_id": nobody,
    "subscription_id": nobody,
    "tax_class_id": lambda shop: TaxClass.objects.get(name="standard").pk,
    "sheet_id": nobody,
    "shift_id": nobody,
    "transfer_id": nobody,
    "user_id": lambda shop: shop.person("viewer").pk,
    "variant_id": lambda shop: shop.variant("TEA").pk,
}
