"""Amounts of money: exact decimals with the exponent of the currency (ISO 4217)."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

Rounding = Literal["half_up", "half_even", "exact"]

_EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def exponent(currency: str) -> int:
    """Digits after the point of a currency: 2 for most, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def is_payable(amount: Decimal, currency: str) -> bool:
    """Whether there is such an amount of money: no part of the smallest coin."""
    return amount == round_money(amount, currency)


def plain_amount(amount: Decimal, currency: str) -> str:
    """An amount as programs read it: the exponent's places at least, more only where the value has them."""
    return plain_decimal(amount, places=exponent(currency))


def plain_decimal(value: Decimal, *, places: int = 0) -> str:
    """A decimal as plain text with at least so many places and no zeros beyond, and without a negative zero."""
    whole, _, fraction = format(value if value else abs(value), "f").partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole


def round_money(amount: Decimal, currency: str, rounding: Rounding = "half_up") -> Decimal:
    """The amount in the currency's smallest unit; ``exact`` keeps four places, as history was booked elsewhere."""
    if rounding == "exact":
        return amount.quantize(Decimal("0.0001"))
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), _MODES[rounding])
