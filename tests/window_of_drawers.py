"""Drawers and gift cards of a full shop, for tests/shop_window.py."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.testing import Shop
from orders.services.basket import CardSold, Tender
from orders.services.gift_cards import issue_gift_card
from orders.services.policy import change_policy
from orders.services.shifts import move_cash
from tests.cash_steps import a_register, an_open_shift, closed, sell

NOTE = "For the Christmas raffle of the neighbourhood's volunteer fire brigade, first prize"


def fill_drawers(shop: Shop) -> dict[str, Any]:
    """A register with a closed shift that was amended and an open one, and a gift card that has paid."""
    register, actor = a_register(shop, "Till by the door to the courtyard"), shop.actor("manager")
    first = an_open_shift(shop, register)
    sell(shop, register, accept_shortage=True, role="manager")
    then = first.opened_at + timedelta(milliseconds=1)
    closed(shop, first, reason=NOTE)
    sell(shop, register, accept_shortage=True, role="manager", occurred_at=then)
    running = an_open_shift(shop, register)
    sell(shop, register, accept_shortage=True, role="manager")
    change_policy({"no_receipt": "credit", "no_receipt_credit": Decimal(50)}, actor=actor)
    bought = CardSold(card_id=uuid7(), amount=Decimal("30.00"))
    paid = Tender(method="card", amount=Decimal("34.50"))
    sell(shop, register, paid, role="manager", accept_shortage=True, gift_cards=[bought])
    move_cash(movement_id=uuid7(), shift_id=running.pk, amount=Decimal(-20), reason=NOTE, actor=actor)
    card = issue_gift_card(card_id=uuid7(), amount=Decimal("25.00"), note=NOTE, actor=actor).card
    return {"register_id": register.pk, "shift_id": running.pk, "closed_shift_id": first.pk, "card_id": card.pk}
