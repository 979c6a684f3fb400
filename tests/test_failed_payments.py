"""A payment of an open order that failed is noted and told, and nothing else of the order moves."""

from decimal import Decimal
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.outbox.relay import number_events
from core.testing import CANARY, Shop
from orders.auditor import audit_books
from orders.models import FailedPayment, Order, Payment
from orders.selectors.axes import axes_of
from orders.services.basket import Tender
from orders.services.placing import Cancellation, add_payment, cancel_order
from realtime.notices.lists import listed
from tests.api import machine, person, pointers
from tests.test_open_orders import taken

pytestmark = pytest.mark.django_db


def attempt(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid7()), "method": "card", "amount": "9.00", "reason": "Card declined", **more}


def standing(order: Order) -> tuple[Any, ...]:
    row = Order.objects.get(pk=order.pk)
    return row.version, row.state, axes_of(row), Payment.objects.count(), row.cash_rounding


def test_a_failed_payment_is_a_row_an_event_and_news_for_those_who_take_payments(acme: Shop, globex: Shop) -> None:
    order = taken(acme, {"TEA": "2"})
    before, number, cashier = standing(order), Event.objects.count(), person(acme, "cashier")
    path, wanted = f"orders/{order.pk}/payments/failed/", attempt(reference="terminal 4")
    answers = [cashier.post(path, wanted) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
    assert answers[0].json() == answers[1].json()
    told = list(Event.objects.order_by("id")[number:])
    assert [(event.type, event.object_id) for event in told] == [("payment.failed", wanted["id"])]
    assert told[0].payload["amount"] == "9.00" and told[0].payload["number"] == order.number
    assert (told[0].payload["reason"], told[0].payload["location_id"]) == ("Card declined", str(acme.location.pk))
    assert standing(order) == before and audit_books() == []
    logged = AuditEntry.objects.filter(object_type="order", object_id=str(order.pk)).latest("id")
    assert (logged.changes["reason"], logged.actor_label) == ([None, "Card declined"], told[0].actor["label"])
    assert [row["id"] for row in person(acme, "viewer").get(path).json()["results"]] == [wanted["id"]]
    number_events(acme.tenant)
    seen = {role: [str(one.kind) for one in listed(acme.actor(role))] for role in ("manager", "cashier", "stock clerk")}
    assert "payment.failed" in seen["manager"] and "payment.failed" not in seen["stock clerk"]
    page = acme.client("cashier").get(f"/orders/{order.pk}/").content.decode()
    assert "Payment failed: card" in page and "terminal 4" in page and "£9.00" in page and CANARY not in page
    # The retry that works is a payment like any other.
    add_payment(order.pk, Tender(method="card", amount=Decimal(9)), actor=acme.actor("cashier"))
    assert axes_of(Order.objects.get(pk=order.pk)).paid == "paid"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": "0"}, "/amount"),
        ({"amount": "-1"}, "/amount"),
        ({"amount": "NaN"}, "/amount"),
        ({"amount": "9.001"}, "/amount"),
        ({"amount": "1e30"}, "/amount"),
        ({"method": "cash"}, "/method"),
        ({"method": "giftcard"}, "/method"),
        ({"reason": "  "}, "/reason"),
        ({"reason": "x" * 201}, "/reason"),
        ({"reference": "x" * 81}, "/reference"),
        ({"id": "7"}, "/id"),
    ],
)
def test_a_wrong_attempt_is_refused_by_name_and_nothing_is_written(
    acme: Shop, change: dict[str, str], pointer: str
) -> None:
    order = taken(acme, {"TEA": "2"})
    number = Event.objects.count()
    refused = person(acme, "cashier").post(f"orders/{order.pk}/payments/failed/", attempt(**change))
    assert (refused.status_code, pointers(refused)) == (422, {pointer}), refused.content
    assert not FailedPayment.objects.exists() and Event.objects.count() == number


def test_an_attempt_is_of_one_open_order_where_one_takes_payments(acme: Shop, globex: Shop) -> None:
    order, other = taken(acme, {"TEA": "1"}), taken(acme, {"TEA": "1"})
    api, wanted = person(acme, "cashier"), attempt()
    assert api.post(f"orders/{order.pk}/payments/failed/", wanted).status_code == 201
    for path, body in (
        (f"orders/{order.pk}/payments/failed/", {**wanted, "amount": "8.00"}),
        (f"orders/{other.pk}/payments/failed/", wanted),
    ):
        assert api.post(path, body).json()["code"] == "identifier-reused"
    elsewhere = machine(acme, ["orders.view_orders", "orders.take_orders"], [Location.objects.create(name="Elsewhere")])
    sees_only = machine(acme, ["orders.view_orders"])
    assert elsewhere.post(f"orders/{order.pk}/payments/failed/", attempt()).status_code == 404
    assert sees_only.post(f"orders/{order.pk}/payments/failed/", attempt()).status_code == 403
    assert api.post(f"orders/{uuid7()}/payments/failed/", attempt()).status_code == 404
    cancel_order(other.pk, Cancellation(cancel_id=uuid7(), reason="moved"), actor=acme.actor())
    assert api.post(f"orders/{other.pk}/payments/failed/", attempt()).json()["code"] == "conflict"
    # What was noted before the order ended is still answered.
    cancel_order(order.pk, Cancellation(cancel_id=uuid7(), reason="moved"), actor=acme.actor())
    assert api.post(f"orders/{order.pk}/payments/failed/", wanted).status_code == 200
    assert FailedPayment.objects.count() == 1


def test_on_the_page_an_empty_amount_is_all_that_is_due_and_a_refusal_stands_at_its_field(acme: Shop) -> None:
    order, browser = taken(acme, {"TEA": "2"}), acme.client("cashier")
    path = f"/orders/{order.pk}/pay/failed/"
    wanted = {"attempt_id": str(uuid7()), "method": "bank", "amount": "", "reason": ""}
    refused = browser.post(path, wanted)
    assert refused.status_code == 422 and "failed_reason_error" in refused.content.decode()
    worse = browser.post(path, {**wanted, "reason": "x", "amount": "-3"})
    assert worse.status_code == 422 and "More than zero." in worse.content.decode()
    done = {**wanted, "reason": "The bank returned it"}
    assert [browser.post(path, done).status_code for _ in range(2)] == [302, 302]
    row = FailedPayment.objects.get()
    assert (row.method, row.amount, row.reason) == ("bank", Decimal(9), "The bank returned it")
    assert acme.client("viewer").post(path, done).status_code == 403
