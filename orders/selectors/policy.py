"""How the shop sells."""

from core.money import plain_decimal
from orders.models import SellingPolicy

AWAY_LIMITS = ("away_cash", "away_card", "away_discount", "away_return")
"""How much a device may do alone while the server is away; null: any amount, zero: not at all."""


def policy() -> SellingPolicy:
    """How this shop sells; what nobody changed yet is the default, version 0."""
    return SellingPolicy.objects.filter(pk=1).first() or SellingPolicy(id=1, version=0)


def away_limits(limits: SellingPolicy | None = None) -> dict[str, str | None]:
    """Those limits in the words of a till: by `cash`, `card`, `discount` and `return`, an amount as text or None."""
    row = limits or policy()
    found = {name.removeprefix("away_"): getattr(row, name) for name in AWAY_LIMITS}
    return {name: None if most is None else plain_decimal(most) for name, most in found.items()}
