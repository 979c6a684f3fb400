"""Price lists: who pays what where and when, by the same rule on server and till; every change is kept."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.outbox.models import Event
from core.tenancy.context import use_tenant
from core.testing import Shop, make_variant, sale_body
from inventory.models import PriceChange, PriceList, PriceListItem
from inventory.selectors import PriceTerms, for_sale
from inventory.services.prices import PriceLine, create_price_list, set_prices
from orders.models import CustomerGroup, OrderLine
from tests import price_model
from tests.api import Api, pointers


def a_list(shop: Shop, name: str = "Summer", **values: Any) -> PriceList:
    return create_price_list({"name": name, **values}, actor=shop.actor())


def priced(shop: Shop, price: str, **values: Any) -> PriceList:
    made = a_list(shop, **values)
    line = PriceLine(variant_id=shop.variant("TEA").pk, unit_price=Decimal(price))
    return set_prices(made.pk, [line], actor=shop.actor())


def test_the_vectors_are_those_of_the_model() -> None:
    assert json.loads(price_model.VECTORS.read_text()) == price_model.vectors()


def test_the_database_finds_the_price_of_every_shared_vector(acme: Shop) -> None:
    told = price_model.vectors()
    from core.locations.models import Location

    places = {name: Location.objects.create(code=name, name=name) for name in price_model.PLACES}
    groups = {name: CustomerGroup.objects.create(name=name) for name in price_model.GROUPS}
    variants = {name: make_variant(name, price=told["own"]) for name in price_model.VARIANTS}
    for one in told["lists"]:
        made = PriceList.objects.create(
            name=one["name"],
            location=places.get(one["place"]),
            channel=one["channel"],
            customer_group_id=groups[one["group"]].pk if one["group"] else None,
            starts_at=one["starts_at"],
            ends_at=one["ends_at"],
            priority=one["priority"],
            is_active=one["is_active"],
        )
        PriceListItem.objects.bulk_create(
            PriceListItem(
                price_list=made,
                variant=variants[item["variant"]],
                from_quantity=Decimal(item["from"]),
                unit_price=Decimal(item["price"]),
            )
            for item in one["items"]
        )
    different = []
    for case in told["cases"]:
        sale, variant = case["sale"], variants[case["sale"]["variant"]]
        terms = PriceTerms(
            channel=sale["channel"],
            group_ids=[groups[name].pk for name in sale["groups"]],
            at=datetime.fromisoformat(sale["at"]),
            quantities={variant.pk: Decimal(sale["quantity"])},
        )
        found = for_sale([variant.pk], location_id=places[sale["place"]].pk, terms=terms)[variant.pk]
        if found.unit_price != Decimal(case["price"]):
            different.append((case, found.unit_price))
    assert different == []


def test_a_list_that_holds_is_what_a_sale_and_a_scan_cost(acme: Shop) -> None:
    priced(acme, "4.00", location_id=acme.location.pk)
    api = Api(acme.client("owner"))
    body = sale_body(acme, {"TEA": "2"}) | {"payments": [{"method": "cash", "amount": "8.00"}]}
    assert api.post("orders/", body).status_code == 201
    line = OrderLine.objects.get()
    assert (line.unit_price, line.list_price, line.total) == (Decimal(4), Decimal("4.50"), Decimal(8))
    assert "Summer" in str(line.trace)
    scanned = api.get(f"scan/5012345678900/?location={acme.location.pk}").json()
    assert scanned["unit_price"] == "4.0000"


def test_a_cashier_needs_no_right_to_change_prices_for_a_listed_one(acme: Shop) -> None:
    priced(acme, "4.00")
    body = sale_body(acme, {"TEA": "1"}) | {"payments": [{"method": "cash", "amount": "4.00"}]}
    assert Api(acme.client("cashier")).post("orders/", body).status_code == 201


def test_every_change_is_kept_and_told_and_repeating_one_changes_nothing(acme: Shop) -> None:
    made = priced(acme, "4.00")
    told = Event.objects.count(), AuditEntry.objects.count()
    line = PriceLine(code="TEA", unit_price=Decimal("4.0000"))
    assert set_prices(made.pk, [line], actor=acme.actor()).version == made.version
    assert (Event.objects.count(), AuditEntry.objects.count()) == told
    set_prices(made.pk, [PriceLine(code="TEA", unit_price=None)], actor=acme.actor(), reason="over")
    assert not made.items.exists()
    kept = PriceChange.objects.order_by("id").values_list("before", "after", "reason", "actor_id")
    owner = acme.person("owner").pk
    assert list(kept) == [(None, Decimal(4), "", owner), (Decimal(4), None, "over", owner)]
    assert Event.objects.latest("id").type == "price_list.changed"


def test_the_own_price_of_a_variant_is_kept_too(acme: Shop) -> None:
    tea = acme.variant("TEA")
    api = Api(acme.client("owner"))
    answer = api.patch(f"products/{tea.product_id}/", {"variants": [{"id": str(tea.pk), "unit_price": "4.75"}]})
    assert answer.status_code == 200, answer.content
    rows = api.get(f"price-changes/?variant={tea.pk}").json()["results"]
    assert [(row["price_list"], row["before"], row["after"]) for row in rows] == [(None, "4.5000", "4.7500")]


LINE = {"code": "TEA", "unit_price": "1"}
BAD_PRICES: list[tuple[Any, str]] = [
    ([], "/prices"),
    ([{**LINE, "unit_price": "-1"}], "/prices/0/unit_price"),
    ([{**LINE, "unit_price": "NaN"}], "/prices/0/unit_price"),
    ([{**LINE, "unit_price": "1.00001"}], "/prices/0/unit_price"),
    ([{**LINE, "unit_price": "1" * 20}], "/prices/0/unit_price"),
    ([{**LINE, "from_quantity": "0"}], "/prices/0"),
    ([LINE, LINE], "/prices/1"),
    ([{"code": "nothing", "unit_price": "1"}], "/prices/0/code"),
    ([{"variant": str(uuid7()), "unit_price": "1"}], "/prices/0/variant"),
    ([LINE] * 10_000, "/prices"),
]


@pytest.mark.parametrize(("prices", "pointer"), BAD_PRICES, ids=[str(place) for place in range(len(BAD_PRICES))])
def test_prices_that_are_none_are_refused_and_nothing_changes(acme: Shop, prices: Any, pointer: str) -> None:
    made = a_list(acme)
    answer = Api(acme.client("owner")).post(f"price-lists/{made.pk}/prices/", {"prices": prices})
    assert answer.status_code == 422 and pointer in pointers(answer), answer.content[:500]
    assert not PriceListItem.objects.exists() and not PriceChange.objects.exists()


@pytest.mark.parametrize(
    ("values", "status", "pointer"),
    [
        ({"name": ""}, 422, "/name"),
        ({"name": "Old"}, 409, "/name"),
        ({"name": "x", "location": str(uuid7())}, 422, "/location"),
        ({"name": "x", "customer_group": str(uuid7())}, 422, "/customer_group"),
        ({"name": "x", "priority": 9999}, 422, "/priority"),
        ({"name": "x", "starts_at": "2026-07-02T00:00Z", "ends_at": "2026-07-01T00:00Z"}, 422, "/ends_at"),
    ],
)
def test_a_list_that_cannot_be_is_refused(acme: Shop, values: Any, status: int, pointer: str) -> None:
    a_list(acme, "Old")
    answer = Api(acme.client("owner")).post("price-lists/", values)
    assert answer.status_code == status and pointer in pointers(answer), answer.content
    assert PriceList.objects.count() == 1


def test_what_stands_at_another_shop_is_unknown_here(acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        foreign = a_list(globex, "CANARY")
        variant, place = globex.variant("TEA").pk, globex.location.pk
    api = Api(acme.client("owner"))
    assert api.get(f"price-lists/{foreign.pk}/").status_code == 404
    assert api.post("price-lists/", {"name": "x", "location": str(place)}).status_code == 422
    mine = a_list(acme)
    body = {"prices": [{"variant": str(variant), "unit_price": "1"}]}
    assert api.post(f"price-lists/{mine.pk}/prices/", body).status_code == 422


def test_an_edit_by_somebody_who_saw_an_older_state_is_refused(acme: Shop) -> None:
    made = priced(acme, "4.00")
    api = Api(acme.client("owner"))
    answer = api.patch(f"price-lists/{made.pk}/", {"name": "Winter"}, **{"If-Match": '"1"'})
    assert answer.status_code == 412
    assert PriceList.objects.get().name == "Summer"


def test_a_person_makes_a_list_and_sets_a_price_on_pages(acme: Shop) -> None:
    browser = acme.client("manager")
    group = CustomerGroup.objects.create(name="Staff")
    values = {"name": "Staff", "priority": "1", "is_active": "on", "customer_group": str(group.pk)}
    answer = browser.post("/prices/new/", values)
    assert answer.status_code == 302, answer.content
    made = PriceList.objects.get()
    assert (made.customer_group_id, made.priority) == (group.pk, 1)
    address = answer["Location"]
    answer = browser.post(
        address, {"code": "5012345678900", "from_quantity": "1", "unit_price": "3.60", "reason": "fair"}
    )
    assert answer.status_code == 302
    page = browser.get(address).content.decode()
    assert "3.60" in page and "Acme Earl Grey" in page and "Staff" in page
    assert "fair" in browser.get("/prices/").content.decode()
    with transaction.atomic():
        assert browser.post(address, {"code": "nothing", "from_quantity": "1", "unit_price": "1"}).status_code == 422
