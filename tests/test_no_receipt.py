"""Goods without a receipt: store credit by the shop's policy, at the lowest price they had, to a known customer."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.ids import uuid7
from core.outbox.models import Event
from core.testing import CANARY, Shop
from inventory.models import PriceList, PriceListItem, StockLevel, Variant
from inventory.services.catalogue import ProductDraft, VariantDraft, update_product
from orders.auditor import audit_books
from orders.errors import ApprovalNeeded
from orders.metrics_base import COMPLETED, REVENUE
from orders.models import CreditAccount, Customer, Order, SellingPolicy
from orders.services.no_receipt import LooseLine, LooseReturn, return_without_receipt
from orders.services.policy import change_policy
from orders.services.returns import Refunded
from tests.api import machine, person, pointers
from tests.cash_steps import sell
from tests.test_race_checkout import at_once

pytestmark = pytest.mark.django_db
PATH = "returns/without-receipt/"


def customer() -> Customer:
    return Customer.objects.get(number="C1")


def the_policy(shop: Shop, **values: Any) -> None:
    change_policy({"no_receipt": "credit", "no_receipt_credit": Decimal(20), **values}, actor=shop.actor())


def body(shop: Shop, *lines: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "customer": str(customer().pk),
        "location": str(shop.location.pk),
        "lines": list(lines) or [{"code": "TEA", "quantity": "1"}],
        "reason": "a present",
        **more,
    }


def level(shop: Shop, sku: str = "TEA") -> Any:
    row = StockLevel.objects.get(variant__sku=sku, location=shop.location)
    return row.on_hand, row.damaged


def test_a_shop_that_says_nothing_takes_nothing_back(acme: Shop, globex: Shop) -> None:
    answer = person(acme, "owner").post(PATH, body(acme))
    assert (answer.status_code, answer.json()["code"]) == (409, "no-receipt")
    assert b"takes nothing back" in person(acme, "cashier").browser.get(f"/{PATH}").content
    assert not Order.objects.exists() and SellingPolicy.objects.count() == 0


def test_store_credit_once_taxed_today_restocked_and_flagged(acme: Shop, globex: Shop) -> None:
    the_policy(acme)
    there = level(acme)
    wanted = body(acme, {"code": "TEA", "quantity": "2"}, {"code": "CUP", "quantity": "1", "disposition": "damaged"})
    cashier = person(acme, "cashier")
    asked = {name: wanted[name] for name in ("customer", "location", "lines")}
    quoted = cashier.post(f"{PATH}quote/", asked).json()
    assert (quoted["credit"], quoted["used"], quoted["needs_approval"]) == ("21.00", "0.00", True)
    wanted["lines"][1] = {"code": "TEA", "quantity": "1", "disposition": "damaged"}
    answers = [cashier.post(PATH, {**wanted, "expected_total": "13.50"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
    order = Order.objects.get()
    assert (order.kind, order.refund_of_id, order.is_without_receipt, str(order.total)) == (
        "refund",
        None,
        True,
        "-13.5000",
    )
    assert [line.tax for line in order.lines.all()] == [
        -Decimal(row["tax"].removeprefix("-")) for row in answers[0].json()["lines"]
    ]
    assert order.tax_total + order.subtotal == order.total
    assert [(x.method, x.amount) for x in order.payments.all()] == [("credit", Decimal("-13.50"))]
    account = CreditAccount.objects.get(kind="credit")
    assert (account.balance, account.customer_id) == (Decimal("13.50"), customer().pk)
    assert level(acme) == (there[0] + 2, there[1] + 1)
    assert Event.objects.filter(type="order.refunded", payload__refund_of=None).count() == 1
    assert AuditEntry.objects.filter(action="refund", changes__has_key="without_receipt").count() == 1
    assert CANARY not in answers[0].content.decode()
    assert Order.objects.filter(COMPLETED).aggregate(sum=REVENUE)["sum"] == Decimal("-13.50")
    other = cashier.post(PATH, {**wanted, "reason": "another"})
    assert other.json()["code"] == "identifier-reused" and audit_books() == []


def test_nobody_gets_more_than_the_goods_cost_lately(acme: Shop) -> None:
    the_policy(acme, no_receipt_days=30)
    tea = Variant.objects.get(sku="TEA")
    for price in ("3.20", "6.00"):
        draft = VariantDraft(id=tea.pk, values={"unit_price": Decimal(price)})
        update_product(tea.product_id, ProductDraft(values={}, variants=[draft]), actor=acme.actor())
    asked = {"customer": str(customer().pk), "location": str(acme.location.pk)}
    lines = [{"code": "TEA", "quantity": "1"}]
    cashier = person(acme, "cashier")
    assert cashier.post(f"{PATH}quote/", {**asked, "lines": lines}).json()["credit"] == "3.20"
    promo = PriceList.objects.create(name="Week")
    PriceListItem.objects.create(price_list=promo, variant=tea, unit_price=Decimal("2.75"))
    assert cashier.post(f"{PATH}quote/", {**asked, "lines": lines}).json()["credit"] == "2.75"
    promo.is_active = False
    promo.save()
    the_policy(acme, no_receipt_days=0)
    shown = cashier.post(f"{PATH}quote/", {**asked, "lines": lines}).json()
    assert (shown["credit"], shown["lines"][0]["trace"][0]["step"]) == ("6.00", "listed")
    stale = cashier.post(PATH, body(acme, expected_total="3.20"))
    assert (stale.status_code, stale.json()["code"]) == (409, "price-changed") and not Order.objects.exists()


def test_beyond_the_limit_of_the_period_somebody_approves_and_always_where_the_shop_wants(acme: Shop) -> None:
    the_policy(acme, no_receipt_credit=Decimal(5))
    cashier = person(acme, "cashier")
    assert cashier.post(PATH, body(acme)).status_code == 201
    needed = cashier.post(PATH, body(acme))
    told = needed.json()
    assert (needed.status_code, told["code"], told["amount"], told["subject"]) == (
        403,
        "approval-needed",
        "4.50",
        str(customer().pk),
    )
    asked = {
        "id": str(uuid7()),
        "permission": told["permission"],
        "location": told["location"],
        "requested_by": str(acme.person("cashier").pk),
        "amount": told["amount"],
        "subject": told["subject"],
    }
    assert person(acme, "manager").post("approvals/", asked).status_code == 201
    assert cashier.post(PATH, body(acme, approval=asked["id"])).status_code == 201
    assert cashier.post(PATH, body(acme, approval=asked["id"])).json()["code"] == "approval-refused"
    assert person(acme, "manager").post(PATH, body(acme)).status_code == 201  # who may approve needs nobody
    the_policy(acme, no_receipt="approval", no_receipt_credit=Decimal(1000))
    assert cashier.post(PATH, body(acme)).json()["code"] == "approval-needed"
    assert CreditAccount.objects.get(kind="credit").balance == Decimal("13.50")


def test_points_that_such_a_purchase_earns_are_taken_back(acme: Shop) -> None:
    the_policy(acme, points_per_unit=Decimal(1), point_value=Decimal("0.10"))
    sell(acme, None, quantity="2", customer_id=customer().pk)
    points = CreditAccount.objects.get(kind="points")
    assert points.balance == 9
    cashier = person(acme, "cashier")
    for _ in range(2):
        assert cashier.post(PATH, body(acme)).status_code == 201
    points.refresh_from_db()
    assert points.balance == -1  # 5 and 5: pieces give nothing away
    assert audit_books() == []


def test_what_is_wrong_is_named_and_nothing_moves(acme: Shop) -> None:
    the_policy(acme)
    cashier, there = person(acme, "cashier"), level(acme)
    Variant.objects.filter(sku="CUP").update(tracking="serial")
    for lines, pointer in (
        ([], "/lines"),
        ([{"code": "NOTHING", "quantity": "1"}], "/lines/0/code"),
        ([{"variant": str(uuid7()), "quantity": "1"}], "/lines/0/variant"),
        ([{"code": "TEA", "quantity": "0"}], "/lines/0/quantity"),
        ([{"code": "TEA", "quantity": "-1"}], "/lines/0/quantity"),
        ([{"code": "TEA", "quantity": "1e10"}], "/lines/0/quantity"),
        ([{"code": "TEA", "quantity": "NaN"}], "/lines/0/quantity"),
        ([{"code": "CUP", "quantity": "1"}], "/lines/0/code"),
        ([{"code": "TEA", "quantity": "1", "disposition": "moon"}], "/lines/0/disposition"),
    ):
        answer = cashier.post(PATH, {**body(acme), "lines": lines})
        assert (answer.status_code, pointers(answer)) == (422, {pointer}), (lines, answer.content)
    assert pointers(cashier.post(PATH, body(acme, reason=" "))) == {"/reason"}
    assert cashier.post(PATH, body(acme, customer=str(uuid7()))).status_code == 404
    assert machine(acme, permissions=["orders.refund"]).post(PATH, body(acme)).status_code == 403
    assert (level(acme), Order.objects.count()) == (there, 0)


def test_the_page_works_it_out_and_then_gives_it(acme: Shop) -> None:
    the_policy(acme)
    browser = person(acme, "cashier").browser
    assert f"/{PATH}".encode() in browser.get("/returns/").content
    form = browser.get(f"/{PATH}").context["form"]
    data = {"id": str(form["id"].initial), "customer": "C1", "location": str(acme.location.pk), "reason": "present"}
    data |= {"code_1": "TEA", "quantity_1": "2", "where_1": "restock"}
    shown = browser.post(f"/{PATH}", data)
    assert shown.status_code == 200 and b"Give store credit" in shown.content and not Order.objects.exists()
    booked = [browser.post(f"/{PATH}", {**data, "step": "book", "expected_total": "9.00"}) for _ in range(2)]
    assert [answer.status_code for answer in booked] == [302, 302]
    assert CreditAccount.objects.get(kind="credit").balance == 9 and Order.objects.count() == 1
    nobody = browser.post(f"/{PATH}", {**data, "customer": "nobody at all"})
    assert nobody.status_code == 422 and b"Nobody is known" in nobody.content


def test_on_the_page_goods_are_named_and_what_is_none_is_said_beside_it(acme: Shop) -> None:
    the_policy(acme)
    browser = person(acme, "cashier").browser
    data = {"id": str(uuid7()), "customer": "C1", "location": str(acme.location.pk), "reason": "present"}
    shown = browser.post(f"/{PATH}", {**data, "code_1": "earl gr"})
    assert shown.status_code == 200 and [line.sku for line in shown.context["worth"].lines] == ["TEA"]
    wrong = browser.post(f"/{PATH}", {**data, "code_2": "nothing is called so"})
    assert wrong.status_code == 422 and b"No article carries this code or is called so." in wrong.content
    assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_both_pass_the_limit(acme: Shop) -> None:
    the_policy(acme, no_receipt_credit=Decimal(5))

    def one() -> Refunded:
        wanted = LooseReturn(
            refund_id=uuid7(),
            customer_id=customer().pk,
            location_id=acme.location.pk,
            lines=[LooseLine(code="TEA", quantity=Decimal(1))],
            reason="x",
        )
        return return_without_receipt(wanted, actor=acme.actor("cashier"))

    results = at_once(acme, [partial(one) for _ in range(4)], 4)
    assert sum(isinstance(result, Refunded) for result in results) == 1, results
    assert sum(isinstance(result, ApprovalNeeded) for result in results) == 3
