"""Walks of the services around a placed order, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.locations import shop as papers
from core.testing import PASSWORD, Shop
from orders.models import Customer
from orders.services import (
    approvals,
    asking,
    changes,
    checkout,
    exchanges,
    no_receipt,
    parking,
    policy,
    purchase_offers,
    purchases,
    returns,
    rewriting,
    voids,
)

MODULES = (approvals, asking, changes, exchanges, no_receipt, papers, parking, policy, purchases, returns, voids)
OTHERS = {
    "orders.services.papers",
    "orders.services.goods_back",
    "orders.services.money_back",
    "orders.services.pieces_back",
    "orders.services.pieces_of_changes",
    "orders.services.purchase_offers",
    "orders.services.points_of_changes",
    "orders.services.recalls",
    "orders.services.refund_limits",
    "orders.services.return_quotes",
    "orders.services.rewriting",
}
PARTS = {
    "policy",
    "allowed",
    "approval_for",
    "place_of",
    "ask_approval",
    "withdraw_request",
    "locked_sale",
    "exchange",
    "preview",
    "stock_difference",
    "points_of_change",
    "may_be_changed",
    "order_to_change",
    "check_changeable",
    "keep_proposal",
    "part_of_exchange",
    "draft_of",
    "worked_out",
    "check_completed",
    "must_be_allowed",
    "book",
    "through_drawer",
    "only_cash",
    "worth_of",
    "offer_of",
    "work_out",
    "units_named",
    "code_of_parked",
    "plan_sweep",
}
"""Parts of other services, told by those; `policy` asks; an exchange is a return and a sale.

The owner may do everything and asks for nothing: see tests/test_approval_requests.py.
"""


def wish(shop: Shop) -> Any:
    asked = approvals.Request(approval_id=uuid7(), permission="orders.void", location_id=shop.location.pk)
    return asking.ask_approval(asked, actor=shop.actor("cashier"))[0]


def approval(shop: Shop) -> Any:
    asked = approvals.Request(
        approval_id=uuid7(),
        permission="orders.void",
        location_id=shop.location.pk,
        requested_by=shop.person("cashier").pk,
    )
    return approvals.give_approval(asked, actor=shop.actor())


def parked(shop: Shop) -> parking.Kept:
    line = checkout.BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(1))
    return parking.park(parking.Cart(order_id=uuid7(), location_id=shop.location.pk, lines=[line]), actor=shop.actor())


def sold(shop: Shop) -> checkout.Placed:
    line = checkout.BasketLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(2))
    payment = checkout.Tender(method="cash", amount=Decimal("9.00"))
    sale = checkout.Sale(order_id=uuid7(), location_id=shop.location.pk, lines=[line], payments=[payment])
    return checkout.place_order(sale, actor=shop.actor())


def returned(shop: Shop, placed: checkout.Placed) -> Any:
    line = returns.ReturnLine(position=1, quantity=Decimal(1))
    wanted = returns.Return(refund_id=uuid7(), order_id=placed.order.pk, lines=[line], reason="too big")
    return returns.return_goods(wanted, actor=shop.actor())


def proposed(shop: Shop, placed: checkout.Placed) -> Any:
    return changes.propose_change(
        change_id=uuid7(),
        order_id=placed.order.pk,
        actions=[rewriting.Action(kind="quantity", position=1, quantity=Decimal(1))],
        actor=shop.actor(),
    )[0]


def turned(shop: Shop, change: Any, *, undo: bool) -> Any:
    turn = changes.revert_change if undo else changes.confirm_change
    version = change.base_version + undo
    paid = [checkout.Tender(method="cash", amount=Decimal("4.50"))] if undo else None
    how = changes.Settlement(payments=paid)
    turn(change.pk, order_id=change.order_id, version=version, settlement=how, actor=shop.actor())
    return change


TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "set_pin": (
        lambda s: None,
        lambda s, _: approvals.set_pin(pin="2580", password=PASSWORD, actor=s.actor()),
        ("change", "approval_pin"),
        [],
    ),
    "answer_request": (
        wish,
        lambda s, w: asking.answer_request(w.pk, allow=False, actor=s.actor()),
        ("change", "approval_request"),
        ["approval.answered"],
    ),
    "give_approval": (lambda s: None, lambda s, _: approval(s), ("create", "approval"), ["approval.given"]),
    "change_shop": (
        lambda s: None,
        lambda s, _: papers.change_shop({"city": "Teatown"}, actor=s.actor()),
        ("change", "shop"),
        ["shop.updated"],
    ),
    "change_policy": (
        lambda s: None,
        lambda s, _: policy.change_policy({"return_days": 30}, actor=s.actor()),
        ("change", "policy"),
        ["policy.changed"],
    ),
    "park": (lambda s: None, lambda s, _: parked(s), ("create", "order"), ["order.parked"]),
    "resume": (
        parked,
        lambda s, k: parking.resume(k.order.pk, take_id=uuid7(), actor=s.actor()),
        ("change", "order"),
        ["order.resumed"],
    ),
    "discard": (
        parked,
        lambda s, k: parking.discard(k.order.pk, actor=s.actor()),
        ("delete", "order"),
        ["order.discarded"],
    ),
    "buy_goods": (
        lambda s: None,
        lambda s, _: purchases.buy_goods(
            purchase_offers.Purchase(
                purchase_id=uuid7(),
                customer_id=Customer.objects.get(number="C1").pk,
                location_id=s.location.pk,
                lines=[purchase_offers.BuyLine(code="TEA", quantity=Decimal(1), condition="good")],
            ),
            actor=s.actor(),
        ),
        ("create", "order"),
        ["credit.changed", "order.bought", "payment.refunded", "stock.changed"],
    ),
    "return_without_receipt": (
        lambda s: policy.change_policy({"no_receipt": "credit", "no_receipt_credit": 100}, actor=s.actor()),
        lambda s, _: no_receipt.return_without_receipt(
            no_receipt.LooseReturn(
                refund_id=uuid7(),
                customer_id=Customer.objects.get(number="C1").pk,
                location_id=s.location.pk,
                lines=[no_receipt.LooseLine(code="TEA", quantity=Decimal(1))],
                reason="a present",
            ),
            actor=s.actor(),
        ),
        ("refund", "order"),
        ["credit.changed", "order.refunded", "payment.refunded", "stock.changed"],
    ),
    "return_goods": (
        sold,
        returned,
        ("refund", "order"),
        ["order.refunded", "payment.refunded", "order.updated", "stock.changed"],
    ),
    "void_order": (
        sold,
        lambda s, p: voids.void_order(p.order.pk, void_id=uuid7(), reason="mistake", actor=s.actor()),
        ("void", "order"),
        ["order.voided", "payment.refunded", "stock.changed"],
    ),
    "propose_change": (sold, proposed, ("create", "order_change"), []),
    "confirm_change": (
        lambda s: proposed(s, sold(s)),
        lambda s, c: turned(s, c, undo=False),
        ("change", "order"),
        ["order.updated", "payment.refunded", "stock.changed"],
    ),
    "revert_change": (
        lambda s: turned(s, proposed(s, sold(s)), undo=False),
        lambda s, c: turned(s, c, undo=True),
        ("change", "order"),
        ["order.updated", "payment.received", "stock.changed"],
    ),
}
