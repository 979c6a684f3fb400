"""Orders for later: set aside at once, paid and handed over in parts, completed by whatever comes last, or given up."""

from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Conflict, DomainError
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.testing import Shop, stock
from inventory.models import StockLevel, StockMovement, StockReservation
from orders.auditor import audit_books
from orders.models import CouponUse, Fulfilment, FulfilmentLine, Order, Payment
from orders.selectors.axes import axes_of
from orders.selectors.board import today
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.discounts import create_discount
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.placing import Cancellation, add_payment, cancel_order, place_open_order
from tests.api import machine, person, pointers

pytestmark = pytest.mark.django_db
PARCEL = {"kind": "delivery", "name": "Ada", "address": "1 Mill Lane", "city": "York"}


def taken(shop: Shop, basket: dict[str, str], *, delivery: dict[str, str] | None = None, **more: Any) -> Order:
    lines = [BasketLine(variant_id=shop.variant(sku).pk, quantity=Decimal(n)) for sku, n in basket.items()]
    stated: dict[str, Any] = {"order_id": uuid7(), "location_id": shop.location.pk, "lines": lines, "payments": []}
    sale = Sale(**stated | more)
    return place_open_order(sale, delivery=delivery or {"kind": "pickup"}, actor=shop.actor()).order


def body(shop: Shop, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "location": str(shop.location.pk),
        "lines": [{"variant": str(shop.variant("TEA").pk), "quantity": "2"}],
        "delivery": {"kind": "pickup"},
        **more,
    }


def told_since(number: int) -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True)[number:])


def level(sku: str) -> Any:
    return StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku=sku)


def test_two_deliveries_and_two_payments_complete_an_order_to_the_cent(acme: Shop) -> None:
    api = person(acme, "manager")
    lines = [
        {"variant": str(acme.variant("TEA").pk), "quantity": "3"},
        {"variant": str(acme.variant("CUP").pk), "quantity": "1"},
    ]
    wanted = body(acme, lines=lines, delivery=PARCEL, channel="phone")
    number = Event.objects.count()
    placed = api.post("orders/open/", wanted)
    assert [placed.json()[axis] for axis in ("paid", "handed_over", "to_pay")] == ["unpaid", "none", "25.50"]
    assert placed.status_code == 201, placed.content
    assert (placed.status_code, placed.json()["state"], placed.json()["total"]) == (201, "open", "25.50")
    assert told_since(number) == ["order.created", "stock.reserved", "stock.reserved"]
    assert (level("TEA"), level("CUP")) == ((10, 3), (10, 1))
    assert today(None).now.orders == 0
    again = api.post("orders/open/", wanted)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert api.post("orders/open/", {**wanted, "note": "x"}).json()["code"] == "identifier-reused"
    path = f"orders/{wanted['id']}/"

    part = {"id": str(uuid7()), "method": "card", "amount": "10.01"}
    first = api.post(f"{path}payments/", part)
    assert (first.status_code, first.json()["paid"], first.json()["to_pay"]) == (201, "partly", "15.49")
    assert api.post(f"{path}payments/", part).status_code == 200
    assert api.post(f"{path}payments/", {**part, "amount": "10.02"}).json()["code"] == "identifier-reused"
    assert told_since(number + 3) == ["payment.received", "order.updated"]

    number = Event.objects.count()
    parcel = {"id": str(uuid7()), "lines": [{"position": 1, "quantity": "2"}]}
    made = api.post(f"{path}fulfilments/", parcel)
    assert (made.status_code, made.json()["state"], made.json()["kind"]) == (201, "open", "delivery")
    assert api.post(f"{path}fulfilments/", parcel).status_code == 200
    steps = f"fulfilments/{parcel['id']}/"
    assert api.post(f"{steps}ship/", {}).status_code == 409
    assert api.post(f"{steps}pack/", {}).json()["state"] == "packed"
    assert level("TEA") == (10, 3)
    sent = api.post(f"{steps}ship/", {"tracking": "AB 12"})
    assert (sent.json()["state"], sent.json()["tracking"]) == ("shipped", "AB 12")
    assert api.post(f"{steps}ship/", {}).status_code == 200
    assert level("TEA") == (8, 1)
    assert told_since(number) == ["order.updated", "order.updated", "order.fulfilled", "order.updated", "stock.changed"]
    stands = api.get(path).json()
    assert (stands["state"], stands["handed_over"]) == ("open", "partly")
    assert api.post(f"{path}cancel/", {"id": str(uuid7()), "reason": "x"}).status_code == 409
    assert audit_books() == []

    rest = {"id": str(uuid7())}
    api.post(f"{path}fulfilments/", rest)
    api.post(f"fulfilments/{rest['id']}/pack/", {})
    api.post(f"fulfilments/{rest['id']}/ship/", {})
    number = Event.objects.count()
    over = {"id": str(uuid7()), "method": "cash", "amount": "15.50"}
    assert api.post(f"{path}payments/", over).json()["code"] == "wrong-payment"
    last = {"id": str(uuid7()), "method": "cash", "amount": "15.49", "tendered": "20.00"}
    done = api.post(f"{path}payments/", last).json()
    assert (done["state"], done["paid"], done["handed_over"], done["to_pay"]) == ("completed", "paid", "all", "0.00")
    assert told_since(number) == ["payment.received", "order.updated", "order.completed"]
    assert Payment.objects.get(pk=last["id"]).change == Decimal("4.51")
    assert api.post(f"{steps}done/", {}).json()["state"] == "done"
    assert (level("TEA"), level("CUP")) == ((7, 0), (9, 0))
    assert set(StockReservation.objects.values_list("state", flat=True)) == {"sold"}
    assert (today(None).now.orders, today(None).now.revenue) == (1, Decimal("25.50"))
    assert audit_books() == []


def test_goods_that_are_picked_up_leave_when_they_are_handed_over(acme: Shop) -> None:
    order = taken(acme, {"TEA": "2"}, payments=[Tender(method="card", amount=Decimal(9))])
    parcel, _ = create_fulfilment(FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk), actor=acme.actor())
    take_step(parcel.pk, Step(name="pack"), actor=acme.actor())
    with pytest.raises(Conflict):
        take_step(parcel.pk, Step(name="ship"), actor=acme.actor())
    number = Event.objects.count()
    take_step(parcel.pk, Step(name="done"), actor=acme.actor())
    assert told_since(number) == ["order.fulfilled", "order.updated", "order.completed", "stock.changed"]
    assert level("TEA") == (8, 0)
    assert audit_books() == []


def test_cancelling_gives_goods_money_and_coupons_back(acme: Shop) -> None:
    create_discount(actor=acme.actor(), name="Spring", kind="percent", value=Decimal(10), code="SPRING")
    order = taken(acme, {"CUP": "2"}, coupons=["SPRING"], payments=[Tender(method="card", amount=Decimal(5))])
    assert order.total == Decimal("21.60")
    create_fulfilment(FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk), actor=acme.actor())
    number, wanted = Event.objects.count(), Cancellation(cancel_id=uuid7(), reason="changed their mind")
    assert [cancel_order(order.pk, wanted, actor=acme.actor())[1] for _ in range(2)] == [True, False]
    assert told_since(number) == ["order.cancelled", "payment.refunded", "stock.released"]
    assert level("CUP") == (10, 0)
    assert sorted(order.payments.values_list("amount", flat=True)) == [Decimal(-5), Decimal(5)]
    assert CouponUse.objects.get(order=order).given_back_at is not None
    assert Fulfilment.objects.get().state == "cancelled"
    with pytest.raises(Conflict):
        add_payment(order.pk, Tender(method="card", amount=Decimal(1)), actor=acme.actor())
    assert audit_books() == []


def test_what_an_order_holds_is_nobody_elses_and_ends_only_with_it(acme: Shop) -> None:
    taken(acme, {"TEA": "8"})
    api = person(acme, "manager")
    short = api.post("orders/open/", body(acme, lines=[{"variant": str(acme.variant("TEA").pk), "quantity": "3"}]))
    assert (short.status_code, short.json()["code"], short.json()["short"][0]["available"]) == (
        409,
        "out-of-stock",
        "2",
    )
    held = StockReservation.objects.get()
    assert api.browser.delete(f"/api/v1/stock/reservations/{held.pk}/").status_code == 409
    held.refresh_from_db()
    assert (held.state, Order.objects.count(), level("TEA")) == ("live", 1, (10, 8))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"delivery": {"kind": "delivery", "name": "Ada"}}, "/delivery/address"),
        ({"delivery": {"kind": "balloon"}}, "/delivery/kind"),
        ({"lines": []}, "/lines"),
        ({"lines": [{"code": "no such code", "quantity": "1"}]}, "/lines/0/code"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_placed(acme: Shop, change: dict[str, Any], pointer: str) -> None:
    answer = person(acme, "manager").post("orders/open/", body(acme, **change))
    assert answer.status_code in (400, 422)
    assert pointer in pointers(answer)
    assert (Order.objects.count(), level("TEA")) == (0, (10, 0))


def test_wrong_lines_of_a_fulfilment_are_named(acme: Shop) -> None:
    order, api = taken(acme, {"TEA": "2", "CUP": "1"}), person(acme, "manager")
    lines = [
        {"position": 1, "quantity": "3"},
        {"position": 1, "quantity": "1"},
        {"position": 2, "quantity": "0"},
        {"position": 9, "quantity": "1"},
    ]
    answer = api.post(f"orders/{order.pk}/fulfilments/", {"id": str(uuid7()), "lines": lines})
    assert answer.status_code == 422
    assert pointers(answer) == {
        "/lines/0/quantity",
        "/lines/1/position",
        "/lines/2/quantity",
        "/lines/3/position",
    }
    assert Fulfilment.objects.count() == 0


def test_whoever_works_elsewhere_finds_neither_the_order_nor_its_fulfilments(acme: Shop) -> None:
    order = taken(acme, {"TEA": "2"})
    parcel, _ = create_fulfilment(FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk), actor=acme.actor())
    north = Location.objects.create(code="NORTH", name="North")
    api = machine(acme, ["orders.take_orders", "orders.fulfil", "orders.view_orders", "orders.refund"], [north])
    pay = {"id": str(uuid7()), "method": "card", "amount": "1"}
    for known in (order.pk, uuid7()):
        assert api.post(f"orders/{known}/payments/", pay).status_code == 404
        assert api.post(f"orders/{known}/cancel/", {"id": str(uuid7()), "reason": "x"}).status_code == 404
        assert api.post(f"orders/{known}/fulfilments/", {"id": str(uuid7())}).status_code == 404
    for one in (parcel.pk, uuid7()):
        assert api.post(f"fulfilments/{one}/pack/", {}).status_code == 404
    assert api.get("fulfilments/").json()["results"] == []
    assert [row["id"] for row in person(acme, "manager").get("fulfilments/").json()["results"]] == [str(parcel.pk)]
    order.refresh_from_db()
    assert (order.version, order.payments.count()) == (2, 0)


ACTS = st.sampled_from(["pay", "parcel", "pack", "ship", "done", "undo", "cancel"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(ACTS, st.integers(1, 3), st.integers(0, 2)), max_size=14), is_parcel=st.booleans())
def test_whatever_happens_reserved_is_what_is_left_and_money_is_payments(
    acme: Shop, acts: list[tuple[str, int, int]], is_parcel: bool
) -> None:
    stock(acme.variant("TEA"), acme.location, "100")
    before, _ = level("TEA")
    order = taken(acme, {"TEA": "4"}, delivery=PARCEL if is_parcel else None)
    parcels: list[UUID] = []
    for act, units, which in acts:
        with suppress(DomainError):
            _act(acme, order, parcels, act, units, which)
        order.refresh_from_db()
        left = FulfilmentLine.objects.filter(fulfilment__order=order, fulfilment__state__in=["shipped", "done"])
        gone = sum(left.values_list("quantity", flat=True), Decimal(0))
        on_hand, reserved = level("TEA")
        assert before - on_hand == gone
        assert reserved == (0 if order.state == "cancelled" else 4 - gone)
        paid = sum(order.payments.values_list("amount", flat=True), Decimal(0))
        assert 0 <= paid <= (0 if order.state == "cancelled" else order.total)
        assert axes_of(order).to_pay == (0 if order.state == Order.State.CANCELLED else order.total - paid)
        assert (order.state == "completed") == (gone == 4 and paid == order.total)
        moved = StockMovement.objects.filter(reference_id__in=parcels).values_list("delta", flat=True)
        assert -sum(moved, Decimal(0)) == gone
    assert audit_books() == []
    if order.state == "open":  # the next example finds nothing set aside
        for one in order.fulfilments.exclude(state__in=["shipped", "done", "cancelled"]):
            take_step(one.pk, Step(name="cancel"), actor=acme.actor())
        StockReservation.objects.filter(reference_id=order.pk, state="live").update(state="released")
        StockLevel.objects.filter(variant__sku="TEA").update(reserved=0)


def _act(shop: Shop, order: Order, parcels: list[UUID], act: str, units: int, which: int) -> None:
    actor = shop.actor()
    if act == "pay":
        add_payment(order.pk, Tender(method="card", amount=Decimal("4.50") * units), actor=actor)
    elif act == "parcel":
        draft = FulfilmentDraft(fulfilment_id=uuid7(), order_id=order.pk, lines=[(1, Decimal(units))])
        parcels.append(create_fulfilment(draft, actor=actor)[0].pk)
    elif act == "cancel" and units == 3:
        cancel_order(order.pk, Cancellation(cancel_id=uuid7(), reason="x"), actor=actor)
    elif parcels:
        name = {"undo": "cancel"}.get(act, act)
        if name != "cancel" or act == "undo":
            take_step(parcels[which % len(parcels)], Step(name=name), actor=actor)
