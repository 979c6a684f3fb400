"""Tax and line amounts, exactly: a pure module that the till's JavaScript mirrors."""

from dataclasses import dataclass
from decimal import Decimal

from core.money import Rounding, round_money


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """What one line comes to: ``net + tax = total``."""

    net: Decimal
    tax: Decimal
    total: Decimal


def line_amounts(
    *,
    quantity: Decimal,
    unit_price: Decimal,
    rate: Decimal,
    inclusive: bool,
    currency: str,
    rounding: Rounding = "half_up",
    discount: Decimal = Decimal(0),
) -> LineAmounts:
    """Amounts of a line, rounded per line. ``rate`` is per cent; ``inclusive`` says that the price contains the tax."""
    amount = round_money(quantity * unit_price - discount, currency, rounding)
    if inclusive:
        tax = round_money(amount * rate / (100 + rate), currency, rounding)
        return LineAmounts(net=amount - tax, tax=tax, total=amount)
    tax = round_money(amount * rate / 100, currency, rounding)
    return LineAmounts(net=amount, tax=tax, total=amount + tax)
