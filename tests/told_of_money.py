"""Walks of the services of drawers and of what the shop owes, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.testing import Shop
from orders.models import CreditAccount, Customer
from orders.services import gift_cards, receipts, registers, shifts
from orders.services.credit import account_for

MODULES = (registers, shifts, gift_cards, receipts)
OTHERS = {
    "orders.services.cards_sold",
    "orders.services.tenders",
    "orders.services.drawers",
    "orders.services.late_cash",  # see tests/test_shut_drawers.py
    "orders.services.credit",
    "orders.services.points",
}


def open_drawer(shop: Shop) -> Any:
    register = registers.create_register(location_id=shop.location.pk, name="Till", actor=shop.actor())
    opened = shifts.open_shift(shift_id=uuid7(), register_id=register.pk, opening_float=Decimal(5), actor=shop.actor())
    return opened.shift


def card(shop: Shop) -> Any:
    return gift_cards.issue_gift_card(card_id=uuid7(), amount=Decimal(20), actor=shop.actor()).card


def credit_account(shop: Shop) -> Any:
    return account_for(Customer.objects.get(number="C1").pk, CreditAccount.Kind.CREDIT)


QUIET = {
    "expire_credit": "the days decide, not a person; the ledger and `credit.changed` tell it",
    "send_receipt": "changes nothing; that it was asked for is in the audit log",
    "email_receipt": "a paper, no fact of the shop; the audit log has it",
    "print_receipt": "likewise",
}
PARTS = {"grouped", "expire_account", "card_faults", "write_movement"}
TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "create_register": (
        lambda s: None,
        lambda s, _: registers.create_register(location_id=s.location.pk, name="Till", actor=s.actor()),
        ("create", "register"),
        ["register.changed"],
    ),
    "update_register": (
        open_drawer,
        lambda s, shift: registers.update_register(shift.register_id, name="Front", actor=s.actor()),
        ("change", "register"),
        ["register.changed"],
    ),
    "open_shift": (
        lambda s: registers.create_register(location_id=s.location.pk, name="Till", actor=s.actor()),
        lambda s, r: shifts.open_shift(shift_id=uuid7(), register_id=r.pk, opening_float=Decimal(5), actor=s.actor()),
        ("create", "shift"),
        ["shift.opened"],
    ),
    "move_cash": (
        open_drawer,
        lambda s, shift: shifts.move_cash(
            movement_id=uuid7(), shift_id=shift.pk, amount=Decimal(-1), reason="milk", actor=s.actor()
        ),
        ("change", "shift"),
        ["cash.moved"],
    ),
    "close_shift": (
        open_drawer,
        lambda s, shift: shifts.close_shift(shift_id=shift.pk, counted={"5": 1}, actor=s.actor()),
        ("change", "shift"),
        ["shift.closed"],
    ),
    "issue_gift_card": (
        lambda s: None,
        lambda s, _: card(s),
        ("create", "gift_card"),
        ["gift_card.issued", "credit.changed"],
    ),
    "set_card_state": (
        card,
        lambda s, c: gift_cards.set_card_state(c.pk, state="blocked", actor=s.actor()),
        ("change", "gift_card"),
        ["gift_card.changed"],
    ),
    "adjust_credit": (
        card,
        lambda s, c: gift_cards.adjust_credit(
            adjustment_id=uuid7(), account_id=c.account_id, amount=Decimal(-5), reason="typo", actor=s.actor()
        ),
        ("change", "credit"),
        ["credit.changed"],
    ),
    "adjust_customers_credit": (
        credit_account,
        lambda s, a: gift_cards.adjust_customers_credit(
            a.customer_id, adjustment_id=uuid7(), amount=Decimal(5), reason="sorry", actor=s.actor()
        ),
        ("change", "credit"),
        ["credit.changed"],
    ),
}
