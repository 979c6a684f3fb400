"""What the pages of customers have to show, for tests/shop_window.py."""

from typing import Any

from core.ids import uuid7
from core.testing import Shop
from orders.models import Customer
from orders.services.customer_groups import create_group
from orders.services.customers import create_customer, record_consent, update_customer
from orders.services.merging import merge_customers


def fill_people(shop: Shop) -> dict[str, Any]:
    """The buyer with everything that can be known of one, in a group."""
    owner, customer = shop.actor("owner"), Customer.objects.get(number="C1")
    group = create_group(name="Friends of the hand-blown recycled-glass workshop", actor=owner)
    values = {
        "phone": "+44 7700 900123",
        "postcode": "SW1A 1AA",
        "address": "1 Long Lane\nLondon",
        "note": "Likes green",
    }
    update_customer(customer.pk, values=values, groups=[group.pk], codes=["CARD-0001-0002-0003"], actor=owner)
    for given in (True, False):
        record_consent(
            customer.pk, purpose="email", is_given=given, wording="May we write to you?", source="counter", actor=owner
        )
    twin = create_customer(values={"name": "Acme Customer", "email": customer.email.upper()}, actor=owner).customer
    gone = create_customer(values={"name": "Acme Customer with a very long second name"}, actor=owner).customer
    merge_customers(uuid7(), kept_id=customer.pk, gone_id=gone.pk, actor=owner)
    return {"group_id": group.pk, "other_id": twin.pk}
