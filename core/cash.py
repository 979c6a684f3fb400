"""Coins and notes of each currency: what a drawer is counted in. Values as plain text, largest first."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from core.money import exponent, plain_amount

_KNOWN = {
    "AUD": "100 50 20 10 5 2 1 0.50 0.20 0.10 0.05",
    "CAD": "100 50 20 10 5 2 1 0.25 0.10 0.05",
    "CHF": "1000 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05",
    "CZK": "5000 2000 1000 500 200 100 50 20 10 5 2 1",
    "DKK": "1000 500 200 100 50 20 10 5 2 1 0.50",
    "EUR": "500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "GBP": "50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "HUF": "20000 10000 5000 2000 1000 500 200 100 50 20 10 5",
    "INR": "500 200 100 50 20 10 5 2 1 0.50",
    "JPY": "10000 5000 2000 1000 500 100 50 10 5 1",
    "KWD": "20 10 5 1 0.500 0.250 0.100 0.050 0.020 0.010 0.005",
    "MXN": "1000 500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05",
    "NOK": "1000 500 200 100 50 20 10 5 1",
    "NZD": "100 50 20 10 5 2 1 0.50 0.20 0.10",
    "PLN": "500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "SEK": "1000 500 200 100 50 20 10 5 2 1",
    "USD": "100 50 20 10 5 2 1 0.50 0.25 0.10 0.05 0.01",
}
_STEPS = (5, 2, 1)
_POWERS = 6
MOST_PIECES = 1_000_000


@cache
def denominations(currency: str) -> tuple[str, ...]:
    """The coins and notes of a currency; a series of 1, 2 and 5 for one that is not listed here."""
    if currency in _KNOWN:
        values = [Decimal(value) for value in _KNOWN[currency].split()]
    else:
        smallest = Decimal(1).scaleb(-exponent(currency))
        values = [smallest * step * 10**power for power in reversed(range(_POWERS)) for step in _STEPS]
    return tuple(
        f"{value:f}" if value == value.to_integral() else plain_amount(value, currency) for value in map(_short, values)
    )


def _short(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral() else value


def wrong_counts(counted: Mapping[str, int], currency: str) -> dict[str, str]:
    """What cannot be in a count: a reason by denomination. Empty when the count is one."""
    known = denominations(currency)
    wrong = {}
    for value, pieces in counted.items():
        if value not in known:
            wrong[value] = f"{currency} has no such coin or note. There are {', '.join(known)}."
        elif not 0 <= pieces <= MOST_PIECES:
            wrong[value] = f"Between 0 and {MOST_PIECES:,} pieces."
    return wrong


def sum_of(counted: Mapping[str, int]) -> Decimal:
    """What a count comes to."""
    return sum((Decimal(value) * pieces for value, pieces in counted.items()), Decimal(0))
