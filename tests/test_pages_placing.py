"""Taking an order on a page: found by name or code, shown before it is placed, placed once, refused on its field."""

import re
from decimal import Decimal
from typing import Any

import pytest

from core.ids import uuid7
from core.testing import CANARY, Shop
from inventory.models import StockLevel
from orders.models import Customer, Order, Payment

pytestmark = pytest.mark.django_db
PATH = "/orders/new/"


def stated(shop: Shop, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "payment_id": str(uuid7()),
        "location": str(shop.location.pk),
        "channel": "phone",
        "kind": "pickup",
        "pays": "later",
        "method": "card",
        "variant": [str(shop.variant("TEA").pk)],
        "quantity": ["2"],
        **more,
    }


def test_an_article_is_found_by_code_or_name_and_the_total_is_shown_before_anything_is_placed(acme: Shop) -> None:
    browser = acme.client("cashier")
    assert "Nothing yet" in browser.get(PATH).content.decode()
    empty = stated(acme, variant=[], quantity=[])
    by_code = browser.post(PATH, {**empty, "do": "find", "find": "5012345678900"}).content.decode()
    assert str(acme.variant("TEA").pk) in by_code and "£4.50" in by_code and 'name="seen" value="4.50"' in by_code
    several = browser.post(PATH, {**empty, "do": "find", "find": "acme"}).content.decode()
    assert "Which one?" in several and several.count('name="add"') == 3
    added = {**stated(acme), "add": str(acme.variant("CUP").pk)}
    assert 'name="seen" value="21.00"' in browser.post(PATH, added).content.decode()
    more = browser.post(PATH, {**stated(acme), "do": "find", "find": "tea"}).content.decode()
    assert 'value="3"' in more and 'name="seen" value="13.50"' in more
    gone = browser.post(PATH, {**stated(acme), "remove": "0"}).content.decode()
    assert "Nothing yet" in gone
    nothing = browser.post(PATH, {**empty, "do": "find", "find": "no such thing"}).content.decode()
    assert "Nothing that is for sale is called so" in nothing
    unseen = browser.post(PATH, {**stated(acme), "do": "place"}).content.decode()
    assert "Look at the total, then place the order." in unseen
    assert not Order.objects.exists() and CANARY not in by_code + several + added["add"] + more


def test_an_order_is_placed_once_with_its_customer_its_delivery_and_a_part_paid(acme: Shop, globex: Shop) -> None:
    browser = acme.client("cashier")
    found = browser.post(PATH, {**stated(acme), "do": "who", "who": "acme cust"}).content.decode()
    customer = Customer.objects.get(number="C1")
    assert f'name="customer" value="{customer.pk}"' in found and f'value="{customer.name}"' in found
    wanted = stated(
        acme,
        seen="9.00",
        customer=str(customer.pk),
        kind="delivery",
        name="Ada",
        address="1 Mill Lane",
        city="York",
        pays="now",
        amount="4.00",
        note="Ring twice",
        do="place",
    )
    answers = [browser.post(PATH, wanted) for _ in range(2)]
    order = Order.objects.get()
    assert [answer["Location"] for answer in answers] == [f"/orders/{order.pk}/"] * 2
    assert (order.state, order.channel, order.total, order.customer_id) == ("open", "phone", Decimal(9), customer.pk)
    assert order.delivery == {"kind": "delivery", "name": "Ada", "address": "1 Mill Lane", "city": "York"}
    assert (order.note, Payment.objects.get().amount) == ("Ring twice", Decimal(4))
    assert StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku="TEA") == (
        Decimal(10),
        Decimal(2),
    )
    page = browser.get(f"/orders/{order.pk}/").content.decode()
    assert "Paid in part" in page and "To hand over" in page


@pytest.mark.parametrize(
    ("change", "told", "status"),
    [
        ({"quantity": ["11"], "seen": "49.50"}, "Wanted 11, free are 10.", 409),
        ({"quantity": ["0"]}, "More than zero.", 422),
        ({"quantity": ["-1"]}, "More than zero.", 422),
        ({"quantity": ["NaN"]}, "Enter a number.", 422),
        ({"quantity": ["0.0001"]}, "decimal places", 422),
        ({"quantity": ["1e30"]}, "digits", 422),
        ({"variant": [str(uuid7())]}, "not for sale", 422),
        ({"variant": ["x"]}, "valid UUID", 422),
        ({"kind": "delivery"}, "This field is required", 422),
        ({"kind": "balloon"}, "Select a valid choice", 422),
        ({"seen": "8.00"}, "The total is 9.00 GBP, not 8.00.", 409),
        ({"pays": "now", "amount": "9.01"}, "The payments come to 9.01", 422),
        ({"pays": "now", "method": "giftcard"}, "Name the code of the gift card.", 422),
        ({"pays": "now", "method": "credit"}, "Name the customer.", 422),
        ({"pays": "now", "method": "exchange"}, "Select a valid choice", 422),
        ({"coupon": "NOPE"}, "coupon", 409),
        ({"id": "x"}, "This form is damaged", 422),
        ({"location": str(uuid7())}, "This form is damaged", 422),
    ],
)
def test_what_cannot_be_placed_is_said_where_it_stands_and_nothing_moves(
    acme: Shop, change: dict[str, Any], told: str, status: int
) -> None:
    answer = acme.client("cashier").post(PATH, {**stated(acme, seen="9.00"), "do": "place", **change})
    assert told in re.sub(r"\s+", " ", answer.content.decode().replace("&#x27;", "'"))
    assert answer.status_code == status
    assert not Order.objects.exists() and not Payment.objects.exists()
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {Decimal(0)}


def test_only_who_may_names_another_price(acme: Shop) -> None:
    dear = stated(acme, seen="2.00", unit_price=["1.00"], do="place")
    assert acme.client("cashier").post(PATH, dear).status_code == 409  # the price was not listened to
    assert acme.client("manager").post(PATH, dear).status_code == 302
    assert Order.objects.get().total == Decimal(2)
    assert acme.client("viewer").get(PATH).status_code == 403
