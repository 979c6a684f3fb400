"""Everything that happened with a customer on one page: complete, in order, in a fixed number of questions."""

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.locations.models import Location
from core.testing import CANARY, Shop, sale_body
from orders.models import Customer, Order, OrderLine
from orders.selectors.people import favourites_of, figures_of, months_of, timeline_of
from tests.api import machine, person

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def document(shop: Shop, customer: Customer, number: int, *, total: str = "9.00", **more: object) -> Order:
    when = START + timedelta(hours=number)
    values = {
        "number": f"N{number}",
        "channel": "history",
        "location": shop.location,
        "customer": customer,
        "currency": "GBP",
        "prices_include_tax": True,
        "rounding": "half_up",
        "subtotal": Decimal(total),
        "total": Decimal(total),
        "items": Decimal(2),
        "line_count": 1,
        "is_paid_elsewhere": True,
        "created_by_kind": "system",
        "business_date": when.date(),
        "occurred_at": when,
        **more,
    }
    return Order(**values)


def line(order: Order, shop: Shop, sku: str, quantity: str) -> OrderLine:
    return OrderLine(
        order=order,
        position=1,
        variant=shop.variant(sku),
        sku=sku,
        name=sku,
        quantity=Decimal(quantity),
        unit_price=Decimal(1),
        list_price=Decimal(1),
        net=order.total,
        total=order.total,
        is_stocked=True,
    )


def shop_often(shop: Shop, customer: Customer, count: int, first: int = 0) -> None:
    orders = Order.objects.bulk_create(document(shop, customer, first + number) for number in range(count))
    OrderLine.objects.bulk_create(line(order, shop, ("TEA", "CUP")[n % 2], "2") for n, order in enumerate(orders))


def test_the_figures_are_those_of_the_reports_and_only_of_completed_documents(acme: Shop) -> None:
    customer, owner = Customer.objects.get(), acme.actor()
    orders = [
        document(acme, customer, 1, total="10.00"),
        document(acme, customer, 2, total="5.01"),
        document(acme, customer, 24 * 40, total="-4.00", kind="refund"),
        document(acme, customer, 24 * 50, total="99.00", state="voided"),
        document(acme, customer, 24 * 60, total="77.00", state="open"),
    ]
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(
        [line(orders[0], acme, "TEA", "3"), line(orders[1], acme, "CUP", "2"), line(orders[2], acme, "TEA", "-2")]
    )
    found = figures_of(customer, actor=owner)
    assert (found.visits, found.spent, found.average) == (2, Decimal("11.01"), Decimal("7.505"))
    assert found.last_visit == orders[1].occurred_at
    months = [(one.first, one.revenue) for one in months_of(customer, actor=owner)]
    assert months == [(date(2026, 1, 1), Decimal("15.01")), (date(2026, 2, 1), Decimal("-4.00"))]
    late = document(acme, customer, 24 * 130, total="3.00")
    Order.objects.bulk_create([late])
    longer = [(one.first.month, one.revenue) for one in months_of(customer, actor=owner)]
    assert longer[1:] == [(2, Decimal("-4.00")), (3, Decimal(0)), (4, Decimal(0)), (5, Decimal("3.00"))]
    late.delete()
    assert [(one.name, one.quantity) for one in favourites_of(customer, actor=owner)] == [
        ("CUP", Decimal(2)),
        ("TEA", Decimal(1)),
    ]


def test_a_timeline_is_walked_to_the_end_with_everything_once_and_newest_first(acme: Shop, globex: Shop) -> None:
    key = machine(acme)
    made = key.post("customers/", {"name": "Ada"}).json()
    customer = Customer.objects.get(pk=made["id"])
    Order.objects.bulk_create(document(acme, customer, number // 3) for number in range(12))  # three at one instant
    key.patch(f"customers/{customer.pk}/", {"note": "likes green"})
    for given in (True, False):
        said = {"purpose": "email", "is_given": given, "wording": "May we?", "source": "web"}
        assert key.post(f"customers/{customer.pk}/consents/", said).status_code == 201
    key.post("orders/", sale_body(acme, {"TEA": "1"}, customer=made["id"]))
    seen: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = key.get(f"customers/{customer.pk}/timeline/", {"limit": "2", "cursor": cursor}).json()
        seen, cursor = seen + page["results"], page["next"]
    kinds = [one["kind"] for one in seen]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"order": 13, "change": 4, "consent": 2}
    assert len({one["order"] for one in seen if one["order"]}) == 13
    assert [one["at"] for one in seen] == sorted((one["at"] for one in seen), reverse=True)
    whole = key.get(f"customers/{customer.pk}/timeline/", {"limit": "200"}).json()
    assert whole == {"results": seen, "next": None} and CANARY not in str(seen)
    for wrong in ("bnVsbA", "x", "WyIyMDI2IiwgIm9yZGVyIiwgIngiXQ"):
        assert key.get(f"customers/{customer.pk}/timeline/", {"cursor": wrong}).status_code == 422


def test_the_history_is_for_those_who_may_see_it_and_of_their_places(acme: Shop) -> None:
    customer = Customer.objects.get()
    shop_often(acme, customer, 2)
    assert person(acme, "cashier").get(f"customers/{customer.pk}/timeline/").status_code == 403
    assert person(acme, "accountant").get(f"customers/{customer.pk}/timeline/").status_code == 200
    elsewhere = Location.objects.create(code="ELSE", name="Elsewhere")
    needed = ["orders.view_orders", "orders.view_customers", "orders.view_customer_history"]
    key = machine(acme, needed, [elsewhere])
    assert key.get(f"customers/{customer.pk}/timeline/").json()["results"] == []


@pytest.mark.parametrize("path", ["/customers/{}/", "/api/v1/customers/{}/timeline/"])
def test_a_thousand_orders_cost_what_ten_do(acme: Shop, path: str) -> None:
    customer, browser = Customer.objects.get(), acme.client("owner")
    address = path.format(customer.pk)

    def asked() -> int:
        return min(once() for _ in range(2))  # what is looked after now and then is not the page's

    def once() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "SET ")) for query in queries)

    shop_often(acme, customer, 60)
    browser.get(address)
    few = asked()
    shop_often(acme, customer, 1000, first=100)
    assert asked() == few
    assert few <= (21 if path.startswith("/customers") else 10), few
    took = []
    for _ in range(3):  # of the processor's time: how long it takes on the clock is a matter of who else is at work
        began = time.thread_time()
        browser.get(address)
        took.append(time.thread_time() - began)
    assert min(took) < 0.3, took


def test_a_timeline_of_a_stranger_is_empty(acme: Shop) -> None:
    customer = Customer.objects.create(number="NEW")
    assert timeline_of(customer, actor=acme.actor()) == ([], None)
    page = acme.client("owner").get(f"/customers/{customer.pk}/").content.decode()
    assert "Nothing yet." in page
