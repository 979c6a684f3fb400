"""A voided sale never was: goods and money are back, no report counts it, and it stays to be seen."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.errors import Conflict, StaleVersion
from core.ids import uuid7
from core.outbox.models import Event
from core.testing import Shop, sale_body
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.errors import ApprovalNeeded
from orders.models import Order, Payment, Register, Shift
from orders.selectors.board import today
from orders.services.approvals import Request, give_approval
from orders.services.returns import Return, ReturnLine, return_goods
from orders.services.voids import void_order
from tests.api import person
from tests.test_race_checkout import at_once

pytestmark = pytest.mark.django_db


def sell(shop: Shop, **more: Any) -> Order:
    body = sale_body(shop, {"TEA": "2", "CUP": "1"}, **more)
    assert person(shop, "owner").post("orders/", body).status_code == 201
    return Order.objects.get(pk=body["id"])


def void(shop: Shop, sale: Order, role: str = "manager", **more: Any) -> tuple[Order, bool]:
    return void_order(
        sale.pk, void_id=more.pop("void_id", None) or uuid7(), reason="mistake", actor=shop.actor(role), **more
    )


def test_a_void_gives_goods_and_money_back_and_no_figure_counts_it(acme: Shop) -> None:
    sale = sell(acme)
    kept = sell(acme)
    told = Event.objects.count()
    order, is_new = void(acme, sale)
    assert (is_new, order.state, order.version, order.ended_by_label) == (True, "voided", 2, "Acme manager")
    assert [row.amount for row in Payment.objects.filter(order=sale).order_by("pk")] == [Decimal(21), Decimal(-21)]
    assert {row.variant.sku: row.on_hand for row in StockLevel.objects.select_related("variant")} == {
        "TEA": Decimal(8),
        "CUP": Decimal(9),
        "JAM": Decimal(10),
    }
    types = list(Event.objects.order_by("id").values_list("type", flat=True)[told:])
    assert types == ["order.voided", "payment.refunded", "stock.changed", "stock.changed"]
    assert AuditEntry.objects.latest("id").action == "void"
    figures = today(None).now
    assert (figures.revenue, figures.orders, figures.items) == (kept.total, 1, Decimal(3))
    revenue = person(acme, "manager").get("reports/", {"metrics": "revenue,gross_profit,lines"})
    assert revenue.status_code in (200, 422), revenue.content
    assert audit_books() == []


def test_voiding_twice_is_voiding_once(acme: Shop) -> None:
    sale, one = sell(acme), uuid7()
    assert [void(acme, sale, void_id=one)[1] for _ in range(2)] == [True, False]
    with pytest.raises(Conflict):
        void(acme, sale)
    assert Event.objects.filter(type="order.voided").count() == 1


def test_a_cashier_voids_only_what_somebody_approved(acme: Shop) -> None:
    sale = sell(acme)
    with pytest.raises(ApprovalNeeded):
        void(acme, sale, "cashier")
    asked = Request(
        approval_id=uuid7(),
        permission="orders.void",
        location_id=acme.location.pk,
        requested_by=acme.person("cashier").pk,
        subject=sale.pk,
    )
    row = give_approval(asked, actor=acme.actor("manager"))
    assert void(acme, sale, "cashier", approval_id=row.pk)[0].state == "voided"


def test_only_a_whole_sale_of_today_in_an_open_shift_can_be_voided(acme: Shop) -> None:
    returned, old, counted, seen = (sell(acme, order_id=uuid7()) for _ in range(4))
    line = ReturnLine(position=1, quantity=Decimal(1))
    wanted = Return(refund_id=uuid7(), order_id=returned.pk, lines=[line], reason="x")
    refund = return_goods(wanted, actor=acme.actor()).order
    Order.objects.filter(pk=old.pk).update(business_date="2026-01-01")
    register = Register.objects.create(location=acme.location, name="1")
    shift = Shift.objects.create(
        id=uuid7(),
        request_hash=b"x",
        register=register,
        number=1,
        state="closed",
        currency="GBP",
        business_date=counted.business_date,
        opened_at=counted.occurred_at,
    )
    Order.objects.filter(pk=counted.pk).update(shift=shift, register=register)
    for one in (returned, refund, old, counted):
        with pytest.raises(Conflict):
            void(acme, one)
    with pytest.raises(StaleVersion):
        void(acme, seen, version=7)
    assert not Order.objects.filter(state="voided").exists()


def test_by_api_a_void_answers_the_order_as_it_is_now(acme: Shop, globex: Shop) -> None:
    sale = sell(acme)
    path, body = f"orders/{sale.pk}/void/", {"id": str(uuid7()), "reason": "mistake"}
    refused = person(acme, "cashier").post(path, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "approval-needed")
    assert refused.json()["permission"] == "orders.void"
    assert person(globex, "manager").post(path, body).status_code == 404
    assert person(acme, "manager").post(path, {**body, "reason": " "}).status_code == 422
    answer = person(acme, "manager").post(path, body, **{"if-match": '"1"'})
    assert (answer.status_code, answer.json()["state"], answer["ETag"]) == (200, "voided", '"2"')
    assert person(acme, "manager").get("orders/", {"state": "voided"}).json()["results"][0]["id"] == str(sale.pk)


@pytest.mark.django_db(transaction=True)
def test_a_void_and_a_return_at_the_same_moment_never_both_happen(acme: Shop) -> None:
    sale = sell(acme)
    line = ReturnLine(position=1, quantity=Decimal(1))
    wanted = Return(refund_id=uuid7(), order_id=sale.pk, lines=[line], reason="x")
    work: list[Any] = [partial(void, acme, sale), partial(return_goods, wanted, actor=acme.actor())] * 3
    at_once(acme, work, 6)
    sale.refresh_from_db()
    assert (sale.state == "voided") != Order.objects.filter(kind="refund").exists()
