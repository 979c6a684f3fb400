"""Every sale a till completed is in the books once, as the customer was charged for it; what does not fit is a flag."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.devices.models import Device
from core.devices.services.fleet import revoke_device
from core.ids import uuid7
from core.outbox.models import Event
from core.sync.flags import settle_flag
from core.sync.models import Flag, SyncItem
from core.tenancy.context import use_tenant
from core.testing import Shop, sale_body
from inventory.models import ScanCode, StockException, StockLevel
from orders.auditor import audit_books
from orders.models import Order
from orders.services.checkout import place_order
from tests.api import person
from tests.cash_steps import a_sale, an_open_shift, closed
from tests.test_query_budget import statements
from tests.tills_away import Till, as_sold, at_another_price


def on_hand(shop: Shop, sku: str) -> Decimal:
    return StockLevel.objects.get(variant__sku=sku, location=shop.location).on_hand


def flags() -> dict[str, Decimal]:
    return dict(Flag.objects.filter(resolved_at=None).values_list("kind", "at_risk"))


def test_a_sale_of_a_device_is_booked_as_any_other_and_known_again(acme: Shop) -> None:
    till = Till.at(acme)
    sold = till.sell({"TEA": "2", "CUP": "1"})

    (told,) = till.send()

    order = Order.objects.get()
    assert told == {
        "n": 1,
        "id": sold["id"],
        "result": "applied",
        "order": str(order.pk),
        "number": order.number,
        "receipt_number": "K3-000001",
        "total": "21.00",
    }
    assert (order.total, order.tax_total, order.receipt_number) == (Decimal("21.00"), Decimal("3.50"), "K3-000001")
    assert order.created_by_label == "Acme cashier"
    assert [line.trace[0]["step"] for line in order.lines.all()] == ["listed", "listed"]
    assert on_hand(acme, "TEA") == 8
    assert flags() == {}
    assert till.send([sold]) == [{**told, "result": "duplicate", "first": "applied"}]
    assert (Order.objects.count(), on_hand(acme, "TEA")) == (1, Decimal(8))
    assert Device.objects.get().last_n == 1
    assert audit_books() == []


def test_a_sale_whose_answer_was_lost_is_known_again_and_gets_its_receipt_number(acme: Shop) -> None:
    till = Till.at(acme)
    sold = till.sell({"TEA": "1"})
    assert person(acme, "cashier").post("orders/", sold["body"]["order"]).status_code == 201

    (told,) = till.send()

    assert (told["result"], told["first"], told["receipt_number"]) == ("duplicate", "applied", "K3-000001")
    assert Order.objects.get().receipt_number == "K3-000001"
    assert on_hand(acme, "TEA") == 9
    assert not flags()
    answer = person(acme, "cashier").post("orders/", sold["body"]["order"])
    assert (answer.status_code, Order.objects.count()) == (200, 1)


def test_a_sale_taken_from_a_device_answers_a_late_online_try(acme: Shop) -> None:
    till = Till.at(acme)
    sold = till.sell({"TEA": "1"})
    till.send()
    answer = person(acme, "cashier").post("orders/", sold["body"]["order"])
    assert (answer.status_code, answer.json()["id"]) == (200, sold["body"]["order"]["id"])


def test_another_price_is_booked_as_it_was_charged_and_flagged_with_the_difference(acme: Shop) -> None:
    till = Till.at(acme)
    body = sale_body(acme, {"CUP": "1"}, channel="counter", payments=[{"method": "cash", "amount": "9.00"}])
    till.item("sale", {"order": body, "as_sold": at_another_price(as_sold(body), "9.00")})

    (told,) = till.send()

    assert (told["result"], told["total"]) == ("applied", "9.00")
    order = Order.objects.get()
    (line,) = order.lines.all()
    assert (line.unit_price, line.total, line.tax) == (Decimal(9), Decimal(9), Decimal(0))
    assert line.variant == acme.variant("CUP")
    assert flags() == {"price": Decimal("3.00")}
    assert Flag.objects.get().sentence == "The customer was charged 9.00 GBP; the price was 12.00 GBP."
    assert on_hand(acme, "CUP") == 9
    (event,) = Event.objects.filter(type="exception.raised")
    assert (event.payload["kind"], event.payload["at_risk"], event.payload["about_id"]) == (
        "price",
        "3.00",
        str(order.pk),
    )
    assert audit_books() == []


def test_what_was_not_there_is_sold_all_the_same_and_somebody_looks_at_the_stock(acme: Shop) -> None:
    till = Till.at(acme)
    till.sell({"TEA": "12"})
    assert till.send()[0]["result"] == "applied"
    assert on_hand(acme, "TEA") == -2
    assert StockException.objects.get().quantity == 2


def test_a_sale_of_a_closed_shift_amends_it_and_is_flagged(acme: Shop) -> None:
    shift = an_open_shift(acme)
    till = Till.at(acme)
    sold = till.sell({"TEA": "1"}, order={"register": str(shift.register_id)})
    closed(acme, shift)

    assert till.send()[0]["result"] == "applied"

    order = Order.objects.get()
    assert order.shift_id == shift.pk
    assert order.shift.amendments.count() == 1  # type: ignore[union-attr]
    assert flags() == {"closed-shift": Decimal("4.50")}
    assert till.send([sold])[0]["result"] == "duplicate"
    assert audit_books() == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"customer": str(uuid7())}, "customer-gone"),
        ({"register": str(uuid7())}, "register-gone"),
        ({"coupons": ["GONE"]}, "coupon"),
        ({"reservations": [str(uuid7())]}, ""),
    ],
)
def test_what_is_gone_is_left_away_and_flagged(acme: Shop, change: dict[str, Any], kind: str) -> None:
    till = Till.at(acme)
    till.sell({"TEA": "1"}, order=change)
    (told,) = till.send()
    assert told["result"] == "applied"
    assert set(flags()) == ({kind} if kind else set())
    assert Order.objects.get().total == Decimal("4.50")
    assert audit_books() == []


def test_an_article_that_is_gone_is_sold_as_it_was(acme: Shop) -> None:
    till = Till.at(acme)
    acme.variant("CUP").product.variants.update(is_active=False)
    till.sell({"CUP": "1"})
    body = sale_body(acme, {"TEA": "1"}, channel="counter")
    sold = as_sold(body)
    body["lines"][0]["variant"] = sold["lines"][0]["variant"] = str(uuid7())
    till.item("sale", {"order": body, "as_sold": sold})

    assert [one["result"] for one in till.send()] == ["applied", "applied"]

    assert flags() == {"not-for-sale": Decimal("12.00"), "unknown-product": Decimal("4.50")}
    line = Order.objects.get(total=Decimal("4.50")).lines.get()
    assert (line.variant_id, line.name, line.is_stocked) == (None, "Acme Earl Grey", False)
    assert on_hand(acme, "CUP") == 9
    assert audit_books() == []


def test_a_gift_card_that_does_not_cover_it_is_flagged_with_its_amount(acme: Shop) -> None:
    till = Till.at(acme)
    payments = [
        {"id": str(uuid7()), "method": "giftcard", "amount": "4.00", "code": "0" * 16},
        {"id": str(uuid7()), "method": "cash", "amount": "0.50"},
    ]
    till.sell({"TEA": "1"}, order={"payments": payments})
    assert till.send()[0]["result"] == "applied"
    assert flags() == {"not-covered": Decimal("4.00")}
    assert audit_books() == []


def test_rights_that_somebody_lacks_are_flags_and_no_refusals(acme: Shop) -> None:
    till = Till.at(acme, who="stock clerk")
    till.sell({"TEA": "1"})
    till.who = "cashier"
    body = sale_body(acme, {"CUP": "1"}, channel="counter", payments=[{"method": "cash", "amount": "10.00"}])
    body["lines"][0]["unit_price"] = "10.00"
    till.item("sale", {"order": body, "as_sold": as_sold(body)})

    assert [one["result"] for one in till.send()] == ["applied", "applied"]

    assert flags() == {"no-right": Decimal("4.50"), "price-by-hand": Decimal("2.00")}


def test_a_discount_without_approval_is_flagged(acme: Shop) -> None:
    till = Till.at(acme)
    body = sale_body(acme, {"CUP": "1"}, channel="counter", payments=[{"method": "cash", "amount": "6.00"}])
    body["discount"] = {"kind": "percent", "value": "50", "reason": "a friend"}
    sold = as_sold(body)
    sold["lines"][0] |= {"discount": "6.00", "net": "5.00", "tax": "1.00", "total": "6.00"}
    till.item("sale", {"order": body, "as_sold": {**sold, "total": "6.00"}})
    assert till.send()[0]["result"] == "applied"
    assert flags() == {"discount": Decimal("6.00")}
    assert Order.objects.get().discounts[0]["name"] == "By hand"


def test_who_left_and_a_revoked_device_and_a_wrong_clock_are_flagged(acme: Shop) -> None:
    till = Till.at(acme, revoked_at=datetime.now(UTC))
    till.sell({"TEA": "1"}, offset_ms=-3_600_000)
    acme.person("cashier").grants.all().delete()
    acme.person("cashier").__class__.objects.filter(pk=acme.person("cashier").pk).update(is_active=False)

    assert till.send()[0]["result"] == "applied"

    assert flags() == {
        "device-revoked": Decimal("4.50"),
        "author-left": Decimal("4.50"),
        "no-right": Decimal("4.50"),
        "clock": Decimal(0),
    }
    order = Order.objects.get()
    assert order.created_by_label == "Acme cashier"


def test_a_pass_of_another_device_or_shop_names_nobody(acme: Shop, globex: Shop) -> None:
    till, other = Till.at(acme), Till.at(acme, prefix="K4")
    theirs = other.sell({"TEA": "1"})["author"]
    till.sell({"TEA": "1"}, author=theirs)
    till.sell({"TEA": "1"}, author="forged")
    till.sell({"TEA": "1"}, author=None)
    assert [one["result"] for one in till.send()] == ["applied"] * 3
    assert Flag.objects.filter(kind="author-unknown").count() == 3
    assert {order.created_by_kind for order in Order.objects.all()} == {"device"}


@pytest.mark.parametrize("is_lost", [False, True])
def test_who_sold_on_a_device_that_was_let_in_anew_is_in_the_books_and_flagged_only_where_it_was_lost(
    acme: Shop, globex: Shop, is_lost: bool
) -> None:
    """What waited is numbered anew and keeps its pass: of the device that the browser was before."""
    before = Till.at(acme)
    sold = before.sell({"TEA": "1"})
    revoke_device(before.device.pk, actor=acme.actor(), is_lost=is_lost)
    with use_tenant(globex.tenant):
        theirs = Till.at(globex, prefix="G1").item("sale", {})["author"]
    now = Till.at(acme, prefix="K4", who="manager")
    now.n = 1
    now.queue = [{**sold, "n": 1}]
    own = now.sell({"TEA": "1"})
    foreign = now.sell({"TEA": "1"}, author=theirs)

    assert [one["result"] for one in now.send()] == ["applied"] * 3

    rows = SyncItem.objects.order_by("n").values_list("device", "n", "item_id", "author_id", "author_label")
    assert list(rows) == [
        (now.device.pk, 1, UUID(sold["id"]), acme.person("cashier").pk, "Acme cashier"),
        (now.device.pk, 2, UUID(own["id"]), acme.person("manager").pk, "Acme manager"),
        (now.device.pk, 3, UUID(foreign["id"]), None, "Acme till K4"),
    ]
    lost = [("device-revoked", Decimal("4.50"), 1, "Acme cashier")] if is_lost else []
    unknown = [(kind, Decimal("4.50"), 3, "Acme till K4") for kind in ("author-unknown", "no-right")]
    told = Flag.objects.order_by("item__n", "kind").values_list("kind", "at_risk", "item__n", "author_label")
    assert list(told) == [*lost, *unknown]
    order = Order.objects.get(pk=sold["body"]["order"]["id"])
    assert (order.created_by_kind, order.created_by_label) == ("user", "Acme cashier")


def test_a_pass_of_a_device_that_was_heard_of_since_or_given_since_names_nobody(acme: Shop) -> None:
    """A till that works beside this one is none that its browser was before, also where it is the older one."""
    beside, later, till = Till.at(acme), Till.at(acme, prefix="K4"), Till.at(acme, prefix="K5")
    Device.objects.filter(pk=beside.device.pk).update(last_seen_at=datetime.now(UTC))
    Device.objects.filter(pk=till.device.pk).update(enrolled_at=datetime.now(UTC) - timedelta(seconds=5))
    Device.objects.filter(pk=later.device.pk).update(enrolled_at=datetime.now(UTC) - timedelta(seconds=9))
    for other in (beside, later):
        till.sell({"TEA": "1"}, author=other.sell({"TEA": "1"})["author"])

    assert [one["result"] for one in till.send()] == ["applied"] * 2

    assert Flag.objects.filter(kind="author-unknown").count() == 2
    assert {order.created_by_kind for order in Order.objects.all()} == {"device"}


def test_the_time_of_a_sale_is_the_devices_put_right(acme: Shop) -> None:
    till = Till.at(acme)
    when = datetime.now(UTC) - timedelta(hours=3)
    till.sell({"TEA": "1"}, occurred_at=(when + timedelta(minutes=2)).isoformat(), offset_ms=120_000)
    till.send()
    assert Order.objects.get().occurred_at == when
    assert flags() == {}


@pytest.mark.parametrize("wrong", ["total", "line", "payments", "lines"])
def test_amounts_that_are_no_sum_are_kept_for_a_person_with_their_money(acme: Shop, wrong: str) -> None:
    till = Till.at(acme)
    body = sale_body(acme, {"TEA": "1"}, channel="counter")
    sold = as_sold(body)
    if wrong == "total":
        sold["total"] = "4.49"
    elif wrong == "line":
        sold["lines"][0]["net"] = "1.00"
    elif wrong == "payments":
        body["payments"] = [{"method": "cash", "amount": "4.00"}]
    else:
        sold["lines"] = []
    item = till.item("sale", {"order": body, "as_sold": sold})

    (told,) = till.send()

    assert (told["result"], told["code"]) == ("quarantined", "invalid")
    assert Order.objects.count() == 0
    flag = Flag.objects.get()
    paid = Decimal(body["payments"][0]["amount"])
    assert (flag.kind, flag.held, flag.held_cash) == ("not-booked", paid, paid)
    assert SyncItem.objects.get().body
    assert till.send([item])[0] == {**told, "result": "duplicate", "first": "quarantined"}


def test_an_order_id_of_another_sale_is_kept_for_a_person(acme: Shop) -> None:
    till = Till.at(acme)
    first = till.sell({"TEA": "1"})["body"]["order"]["id"]
    till.sell({"CUP": "1"}, order={"order_id": first})
    told = till.send()
    assert [one["result"] for one in told] == ["applied", "quarantined"]
    assert told[1]["code"] == "identifier-reused"
    assert Flag.objects.get().held == 12
    assert on_hand(acme, "CUP") == 10


def test_money_that_could_not_be_booked_stands_beside_the_report_of_its_shift(acme: Shop) -> None:
    shift = an_open_shift(acme)
    till = Till.at(acme)
    till.sell({"TEA": "1"}, order={"register": str(shift.register_id)}, charged={"total": "1.00"})
    till.send()
    key = person(acme, "manager")
    report = key.get(f"shifts/{shift.pk}/report/").json()
    assert report["held"] == {"count": 1, "total": "4.50", "cash": "4.50"}
    assert report["totals"]["documents"] == 0
    assert "could not be booked" in acme.client("manager").get(f"/shifts/{shift.pk}/").content.decode()
    Device.objects.update(unsent=2)
    assert "holds 2 items" in acme.client("cashier").get(f"/shifts/{shift.pk}/close/").content.decode()
    settle_flag(Flag.objects.get().pk, resolution="dismissed", note="given back", actor=acme.actor())
    assert key.get(f"shifts/{shift.pk}/report/").json()["held"]["count"] == 0


def test_a_receipt_is_found_and_printed_by_the_number_of_its_device(acme: Shop) -> None:
    till = Till.at(acme)
    till.sell({"TEA": "1"})
    till.send()
    order = Order.objects.get()
    page = acme.client("cashier").get("/orders/?q=k3-000001").content.decode()
    assert f"/orders/{order.pk}/" in page
    assert "K3-000001" in acme.client("cashier").get(f"/orders/{order.pk}/receipt/").content.decode()
    scan = person(acme, "cashier").get("scan/R-K3-000001/", {"location": str(acme.location.pk)}).json()
    assert scan["target"] == str(order.pk)


def test_a_sale_of_a_device_costs_few_statements_more_than_one_at_the_till(acme: Shop) -> None:
    till = Till.at(acme)
    till.sell({"TEA": "1"})
    till.send()  # what is looked up once is known now
    online = person(acme, "cashier")
    online.post("orders/", sale_body(acme, {"TEA": "1"}))
    alone, _ = statements(lambda: place_order(a_sale(acme, None), actor=acme.actor("cashier")))
    for _ in range(10):
        till.sell({"CUP": "1"})

    together, told = statements(till.send)

    assert [one["result"] for one in told] == ["applied"] * 10
    assert together / 10 <= alone + 10, (together, alone)


def test_a_pack_charged_at_another_price_takes_its_units_from_the_shelf(acme: Shop) -> None:
    ScanCode.objects.create(code="PACK-6", symbology="plain", variant=acme.variant("TEA"), pack_quantity=6)
    till = Till.at(acme)
    body = sale_body(acme, {"TEA": "1"}, channel="counter", payments=[{"method": "cash", "amount": "20.00"}])
    sold = at_another_price(as_sold(body), "20.00")
    body["lines"] = [{"code": "PACK-6", "quantity": "1"}]
    del sold["lines"][0]["quantity"]
    till.item("sale", {"order": body, "as_sold": sold})
    assert till.send()[0]["result"] == "applied"
    assert on_hand(acme, "TEA") == 4
    assert flags() == {"price": Decimal("7.00")}
    assert audit_books() == []
