"""The catalogue of a device: what it is told at first, and that what it is told later leads to the same."""

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.ids import uuid7
from core.locations.models import Location
from core.money import plain_decimal
from core.outbox.epochs import begin_epoch
from core.outbox.models import Stream
from core.outbox.relay import number_events
from core.testing import CANARY, Shop, make_variant, stock
from inventory.models import Variant
from inventory.selectors import for_sale
from inventory.services.catalogue import ProductDraft, VariantDraft, create_product
from inventory.services.counts import CountDraft, cancel_count, open_count
from inventory.services.limits import set_limits
from inventory.services.prices import PriceLine, create_price_list, set_prices
from inventory.services.retiring import retire_product
from inventory.services.tax_classes import create_tax_class
from orders.models import Customer, CustomerGroup
from orders.selectors import device_catalogue
from orders.services.discounts import create_coupon, create_discount
from tests.api import machine, person, pointers
from tests.device_steps import Device, Happenings


@pytest.fixture
def device(acme: Shop) -> Device:
    number_events(acme.tenant)
    return Device(machine(acme), acme.location.pk).fill()


def row_of(device: Device, sku: str) -> dict[str, Any]:
    return next(row for row in device.articles.values() if row["sku"] == sku)


def test_a_device_is_told_all_that_it_needs_to_sell_and_no_cost(acme: Shop) -> None:
    tea = acme.variant("TEA")
    Variant.objects.filter(pk=tea.pk).update(unit_cost=Decimal("77.7777"), unit="kg", tracking="lot", name="loose")
    soon = datetime.now(UTC) + timedelta(days=3)
    later = create_price_list({"name": "Next week", "starts_at": soon, "priority": 3}, actor=acme.actor())
    set_prices(later.pk, [PriceLine(variant_id=tea.pk, unit_price=Decimal("4.05"))], actor=acme.actor())
    set_limits(tea.pk, acme.location.pk, low_at=Decimal("2.5"), over_at=None, actor=acme.actor())
    number_events(acme.tenant)
    device = Device(machine(acme), acme.location.pk).fill()
    stream = Stream.objects.get()
    assert (device.epoch, device.seq) == (str(stream.epoch), stream.head)
    assert row_of(device, "TEA") == {
        "id": str(tea.pk),
        "product": str(tea.product_id),
        "sku": "TEA",
        "name": f"{acme.mark} Earl Grey",
        "variant": "loose",
        "price": "4.5",
        "lists": [[str(later.pk), "1", "4.05"]],
        "codes": [["05012345678900", "1"]],
        "tracking": "lot",
        "unit": "kg",
        "tax": str(tea.tax_class_id),
        "on_hand": "10",
        "low": "2.5",
    }
    assert device.tables["lists"]["rows"] == [
        {"id": str(later.pk), "name": "Next week", "channel": "", "group": None, "starts_at": soon.isoformat(),
         "ends_at": None, "priority": 3, "is_active": True}
    ]  # fmt: skip
    assert set(device.tables) == {
        "terms", "taxes", "categories", "lists", "rules", "groups", "discounts", "coupons", "registers", "members",
        "words", "favourites", "arrivals",
    }  # fmt: skip
    told = json.dumps([device.articles, device.tables])
    assert "77.7" not in told and "cost" not in told and CANARY not in told
    assert "customer@" not in told and "margin" not in told


def test_what_a_price_list_says_of_a_row_is_what_a_sale_costs(acme: Shop, device: Device) -> None:
    found = for_sale([UUID(pk) for pk in device.articles], location_id=acme.location.pk)
    assert {pk: row["price"] for pk, row in device.articles.items()} == {
        str(pk): plain_decimal(one.unit_price) for pk, one in found.items()
    }


@pytest.mark.parametrize("seed", range(3))
def test_what_a_device_has_and_what_changed_is_what_there_is(acme: Shop, device: Device, seed: int) -> None:
    dice = random.Random(seed)
    create_tax_class(name="reduced", rate=Decimal(5), actor=acme.actor())
    create_price_list({"name": "First"}, actor=acme.actor())
    shop = Happenings(acme, dice)
    for _ in range(60):
        shop.something()
        if dice.random() < 0.2:
            number_events(acme.tenant)
            device.follow()
    number_events(acme.tenant)
    device.follow()
    fresh = Device(device.api, device.location).fill(limit=500)
    assert (device.epoch, device.seq) == (fresh.epoch, fresh.seq)
    assert device.tables == fresh.tables
    assert device.articles == fresh.articles
    assert device.follow() == 0


def test_what_changes_while_pages_are_read_is_told_afterwards(acme: Shop, device: Device) -> None:
    shop = Happenings(acme, random.Random(7))
    create_tax_class(name="reduced", rate=Decimal(5), actor=acme.actor())
    create_price_list({"name": "First"}, actor=acme.actor())
    for _ in range(10):
        shop.something()

    def meanwhile() -> None:
        shop.happens_another_product()
        shop.happens_a_new_product()
        shop.happens_a_delivery()
        number_events(acme.tenant)

    left = iter(range(5))
    device.fill(limit=2, meanwhile=lambda: meanwhile() if next(left, None) is not None else None)
    device.follow()
    assert device.articles == Device(device.api, device.location).fill(limit=500).articles


def test_a_change_of_one_price_tells_one_article(acme: Shop, device: Device) -> None:
    owner = acme.actor()
    made = create_price_list({"name": "All"}, actor=owner)
    lines = [PriceLine(variant_id=one.pk, unit_price=Decimal(1)) for one in Variant.objects.all()]
    set_prices(made.pk, lines, actor=owner)
    number_events(acme.tenant)
    assert device.follow() == 3
    set_prices(made.pk, [PriceLine(variant_id=acme.variant("CUP").pk, unit_price=Decimal(2))], actor=owner)
    number_events(acme.tenant)
    assert device.follow() == 1
    assert row_of(device, "CUP")["lists"] == [[str(made.pk), "1", "2"]]
    tea = make_variant("ELSEWHERE")
    stock(tea, Location.objects.create(code="TWO", name="Second shop"), "5")
    number_events(acme.tenant)
    assert device.follow() == 0, "stock of another place is none of its business"


def test_a_deleted_product_and_one_not_sold_any_more_are_forgotten(acme: Shop, device: Device) -> None:
    fresh = create_product(
        ProductDraft(
            values={"name": "Bread"}, variants=[VariantDraft(values={"sku": "BREAD", "unit_price": Decimal(2)})]
        ),
        actor=acme.actor(),
    )
    number_events(acme.tenant)
    device.follow()
    assert row_of(device, "BREAD")["price"] == "2"
    retire_product(fresh.pk, actor=acme.actor())
    retire_product(acme.variant("TEA").product_id, actor=acme.actor())
    number_events(acme.tenant)
    device.follow()
    assert {row["sku"] for row in device.articles.values()} == {"CUP", "JAM"}


def test_coupons_that_are_counted_and_names_of_customers_stay_on_the_server(acme: Shop, device: Device) -> None:
    owner, group = acme.actor(), CustomerGroup.objects.create(name="Trade")
    unused = CustomerGroup.objects.create(name="Nobody asks")
    customer = Customer.objects.get()
    customer.groups.add(group, unused)
    create_discount(
        name="For trade", kind="percent", value=Decimal(5), conditions={"groups": [str(group.pk)]}, actor=owner
    )
    made = create_discount(
        name="Spring", kind="percent", value=Decimal(10), needs_coupon=True, code="FREE10", actor=owner
    )
    create_coupon(discount=made.pk, code="ONCE", max_uses=1, actor=owner)
    create_coupon(discount=made.pk, code="EACH", max_per_customer=1, actor=owner)
    create_coupon(discount=made.pk, code="OVER", expires_at=datetime.now(UTC) - timedelta(days=1), actor=owner)
    number_events(acme.tenant)
    device.follow()
    assert device.tables["coupons"]["rows"] == [{"code": "FREE10", "discount": str(made.pk), "expires_at": None}]
    assert device.tables["members"]["rows"] == [{"id": str(customer.pk), "groups": [str(group.pk)]}]
    told = json.dumps(device.tables)
    assert customer.name not in told and customer.number not in [row["id"] for row in device.tables["members"]["rows"]]


def test_what_is_counted_blind_is_told_without_its_stock_whoever_asks(acme: Shop, device: Device) -> None:
    scope = {"variants": [acme.variant("CUP").pk]}
    draft = CountDraft(count_id=uuid7(), location_id=acme.location.pk, is_blind=True, scope=scope)
    count = open_count(draft, actor=acme.actor()).count
    number_events(acme.tenant)
    device.follow()
    assert "on_hand" not in row_of(device, "CUP") and row_of(device, "TEA")["on_hand"] == "10"
    cancel_count(count.pk, actor=acme.actor())
    number_events(acme.tenant)
    device.follow()
    assert row_of(device, "CUP")["on_hand"] == "10"


def test_one_who_may_not_sell_gets_no_discounts_and_takes_none_away(acme: Shop, device: Device) -> None:
    create_discount(name="Spring", kind="percent", value=Decimal(10), actor=acme.actor())
    clerk = Device(person(acme, "stock clerk"), acme.location.pk).fill()
    assert not {"discounts", "coupons", "members", "registers", "favourites"} & set(clerk.tables)
    device.api = clerk.api
    device.follow()
    assert "discounts" in device.tables


def test_who_is_not_allowed_at_a_place_gets_nothing_of_it(acme: Shop, globex: Shop) -> None:
    two = Location.objects.create(code="TWO", name="Second shop")
    there = machine(acme, "cashier", [two])
    assert there.get("catalogue/", {"location": str(acme.location.pk)}).status_code == 403
    assert there.get("catalogue/changes/", {"location": str(acme.location.pk), "after": 0}).status_code == 403
    assert there.get("catalogue/", {"location": str(two.pk)}).status_code == 200
    key = machine(acme)
    assert key.get("catalogue/", {"location": str(uuid7())}).status_code == 404
    two.is_active = False
    two.save()
    assert key.get("catalogue/", {"location": str(two.pk)}).status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "wrong"),
    [
        ("catalogue/", {}, "/location"),
        ("catalogue/", {"location": "here"}, "/location"),
        ("catalogue/", {"limit": "2001"}, "/limit"),
        ("catalogue/", {"cursor": "nonsense"}, "/cursor"),
        ("catalogue/", {"page": "2"}, "/page"),
        ("catalogue/changes/", {}, "/after"),
        ("catalogue/changes/", {"after": "-1"}, "/after"),
        ("catalogue/changes/", {"after": "1e400"}, "/after"),
        ("catalogue/changes/", {"after": str(2**63)}, "/after"),
        ("catalogue/changes/", {"after": "0", "epoch": "x"}, "/epoch"),
        ("catalogue/changes/", {"after": "0", "tables": "terms"}, "/tables"),
    ],
)
def test_a_question_that_is_none_is_refused_by_name(acme: Shop, path: str, query: dict[str, str], wrong: str) -> None:
    here = {} if wrong == "/location" and "location" not in query else {"location": str(acme.location.pk)}
    answer = machine(acme).get(path, {**here, **query})
    assert answer.status_code in (400, 422) and wrong in pointers(answer), answer.content


def refused(device: Device) -> tuple[int, str, str]:
    query = {"location": str(device.location), "after": device.seq, "epoch": device.epoch}
    answer = device.api.get("catalogue/changes/", query)
    return answer.status_code, answer.json()["code"], answer.json()["because"]


def test_a_place_in_the_stream_that_is_not_known_any_more_means_to_read_all_of_it(acme: Shop, device: Device) -> None:
    stock(acme.variant("TEA"), acme.location, "1")
    number_events(acme.tenant)
    stream = Stream.objects.get()
    Stream.objects.update(kept_from=stream.head + 1)
    device.seq = stream.head - 1
    assert refused(device) == (410, "reset", "old")
    device.seq = stream.head + 5
    assert refused(device) == (410, "reset", "future")
    device.seq = stream.head
    begin_epoch(uuid4(), reason="a restore", actor=acme.actor())
    assert refused(device) == (410, "reset", "epoch")


def test_too_much_at_once_is_told_in_parts_and_one_thing_that_is_too_much_read_as_a_whole(
    acme: Shop, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_catalogue, "MOST_CHANGED", 2)
    for sku in ("TEA", "CUP", "JAM"):
        stock(acme.variant(sku), acme.location, "1")
    number_events(acme.tenant)
    assert device.follow() == 3
    assert {row["on_hand"] for row in device.articles.values()} == {"11"}
    made = create_price_list({"name": "All"}, actor=acme.actor())
    lines = [PriceLine(variant_id=one.pk, unit_price=Decimal(1)) for one in Variant.objects.all()]
    set_prices(made.pk, lines, actor=acme.actor())
    number_events(acme.tenant)
    assert refused(device) == (410, "reset", "much")


def test_who_was_away_so_long_that_reading_all_of_it_is_sooner_done_is_told_so(
    acme: Shop, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_catalogue, "MOST_EVENTS", 1)
    monkeypatch.setattr(device_catalogue, "MOST_BEHIND", 3)
    for _ in range(3):
        stock(acme.variant("TEA"), acme.location, "1")
    number_events(acme.tenant)
    before = device.seq
    assert device.follow() == 3 and row_of(device, "TEA")["on_hand"] == "13"
    stock(acme.variant("TEA"), acme.location, "1")
    number_events(acme.tenant)
    device.seq = before
    assert refused(device) == (410, "reset", "much")


def test_a_page_costs_the_same_number_of_statements_however_long_it_is(acme: Shop) -> None:
    key = machine(acme)
    place = {"location": str(acme.location.pk)}
    key.get("catalogue/", place)

    def cost(limit: int) -> int:
        first = key.get("catalogue/", {**place, "limit": 1}).json()["next"]
        with CaptureQueriesContext(connection) as seen:
            answer = key.get("catalogue/", {**place, "limit": limit, "cursor": first})
        assert answer.status_code == 200
        return len(seen)

    short = cost(1)
    for place_ in range(20):
        make_variant(f"MORE-{place_}")
    assert cost(30) == short <= 12


def test_answers_are_sent_small_to_those_who_can_read_them_so(acme: Shop) -> None:
    for place in range(50):
        make_variant(f"MORE-{place}", name=f"More of the same {place}")
    key, query = machine(acme), {"location": str(acme.location.pk)}
    plain = key.get("catalogue/", query)
    small = key.get("catalogue/", query, **{"accept-encoding": "gzip"})
    assert small["Content-Encoding"] == "gzip" and len(small.content) < len(plain.content) / 3
    assert "Accept-Encoding" in small["Vary"]
