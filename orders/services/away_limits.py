"""What a device may do alone while the server is away: more than the shop allows is booked all the same, and told."""

from collections.abc import Mapping
from decimal import Decimal

from core.money import plain_amount
from core.sync.registry import Doubt
from core.tenancy.context import current_tenant
from orders.selectors.policy import AWAY_LIMITS, policy

WORDS = {
    "away_cash": "Sales for cash",
    "away_card": "Sales by card",
    "away_discount": "Discounts by hand",
    "away_return": "Returns",
}


def beyond_away(amounts: Mapping[str, Decimal]) -> list[Doubt]:
    """What of some amounts (by the limit's name) is more than the shop lets devices do alone today."""
    limits, currency = policy(), current_tenant().currency
    doubts = []
    for name in AWAY_LIMITS:
        most, amount = getattr(limits, name), amounts.get(name, Decimal(0))
        if most is None or amount <= most:
            continue
        allowed = f"allowed up to {plain_amount(most, currency)} {currency}" if most else "not allowed"
        said = f"{WORDS[name]} without the server are {allowed}; this one came to {plain_amount(amount, currency)}."
        doubts.append(Doubt(kind="away-limit", sentence=said, at_risk=amount, details={"limit": name}))
    return doubts
