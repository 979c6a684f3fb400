"""What lines come to: rounded per line, or once per tax and document and then handed out to the lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from core.money import Rounding
from orders.tax.rounding import QUANTITY_PLACES, THOUSAND, amount_of, hand_out, rounded, step_of, whole

HUNDRED_PER_CENT = 10**6


class TaxPart(NamedTuple):
    """One of several taxes: ``rate`` per cent, ``on_top`` of the price and the parts before it."""

    name: str
    rate: Decimal
    on_top: bool = False


class PartAmount(NamedTuple):
    """What one tax of a line comes to."""

    name: str
    rate: Decimal
    amount: Decimal


class Factor(NamedTuple):
    """A tax as a fraction of a line's amount."""

    name: str
    rate: Decimal
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a shop computes: do prices contain the tax, and where is it rounded."""

    inclusive: bool
    currency: str
    rounding: Rounding = "half_up"
    by_document: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What is needed of a line. ``discount`` is of the whole line; ``rate`` counts where ``parts`` is empty."""

    quantity: Decimal
    unit_price: Decimal
    rate: Decimal
    parts: tuple[TaxPart, ...] = ()
    discount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """What one line comes to: ``net + tax = total``; ``parts`` sum to ``tax``."""

    net: Decimal
    tax: Decimal
    total: Decimal
    parts: tuple[PartAmount, ...] = ()


def tax_parts_of(stored: Iterable[Mapping[str, Any]]) -> tuple[TaxPart, ...]:
    """The parts of a tax class as its JSON keeps them."""
    return tuple(
        TaxPart(str(part["name"]), Decimal(str(part["rate"])), bool(part.get("on_top", False))) for part in stored
    )


@lru_cache(maxsize=256)
def factors(rate: Decimal, parts: tuple[TaxPart, ...], *, inclusive: bool) -> tuple[Factor, ...]:
    """Each tax as a fraction of the amount; all have one denominator."""
    denominator, together = 1, 0
    numerators: list[int] = []
    for part in parts or (TaxPart("", rate),):
        base = denominator + together if part.on_top else denominator
        numerator = whole(part.rate) * base
        denominator *= HUNDRED_PER_CENT
        numerators = [*(number * HUNDRED_PER_CENT for number in numerators), numerator]
        together = together * HUNDRED_PER_CENT + numerator
    below = denominator + together if inclusive else denominator
    return tuple(
        Factor(part.name, part.rate, number, below)
        for part, number in zip(parts or (TaxPart("", rate),), numerators, strict=True)
    )


def gross_amount(quantity: int, unit_price: int, *, step: int, rounding: Rounding) -> int:
    """Thousandths times ten-thousandths: a line before discounts, as a multiple of ``step``."""
    return rounded(quantity * unit_price, THOUSAND, step=step, rounding=rounding)


def document_amounts(lines: Sequence[Goods], terms: Terms) -> list[LineAmounts]:
    """The amounts of each line of one document.

    Whatever the terms: a line's ``net + tax`` is its ``total``, its parts sum to its tax, and sums over lines are the
    document's figures. By document, each tax (by name and rate) is rounded once, of all its lines together, and handed
    out to them by largest remainder, to the first one among equals.
    """
    step, rounding = step_of(terms.currency, terms.rounding), terms.rounding
    amounts, taxes = [], []
    for line in lines:
        gross = gross_amount(
            whole(line.quantity, QUANTITY_PLACES), whole(line.unit_price), step=step, rounding=rounding
        )
        off = rounded(whole(line.discount), 1, step=step, rounding=rounding)
        amounts.append(gross - off)
        taxes.append(factors(line.rate, line.parts, inclusive=terms.inclusive))
    if terms.by_document:
        shares = _by_document(amounts, taxes, step=step, rounding=rounding)
    else:
        shares = [
            [rounded(amount * tax.numerator, tax.denominator, step=step, rounding=rounding) for tax in of_line]
            for amount, of_line in zip(amounts, taxes, strict=True)
        ]
    return [
        _line(amount, of_line, share, inclusive=terms.inclusive, step=step)
        for amount, of_line, share in zip(amounts, taxes, shares, strict=True)
    ]


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
    """Amounts of one line with one tax. ``rate`` is per cent; ``inclusive`` says that the price contains the tax."""
    terms = Terms(inclusive=inclusive, currency=currency, rounding=rounding)
    return document_amounts([Goods(quantity=quantity, unit_price=unit_price, rate=rate, discount=discount)], terms)[0]


def _by_document(
    amounts: Sequence[int], taxes: Sequence[tuple[Factor, ...]], *, step: int, rounding: Rounding
) -> list[list[int]]:
    shares = [[0] * len(of_line) for of_line in taxes]
    together: dict[tuple[str, Decimal], list[tuple[int, int, Factor]]] = {}
    for place, of_line in enumerate(taxes):
        for which, tax in enumerate(of_line):
            together.setdefault((tax.name, tax.rate), []).append((place, which, tax))
    for members in together.values():
        below = prod({tax.denominator for _, _, tax in members})
        exact = [amounts[place] * tax.numerator * (below // tax.denominator) for place, _, tax in members]
        whole_tax = rounded(sum(exact), below, step=step, rounding=rounding)
        parts = [divmod(number, below * step) for number in exact]
        floors = [units * step for units, _ in parts]
        given = hand_out(floors, [rest for _, rest in parts], whole_tax - sum(floors), step)
        for (place, which, _), share in zip(members, given, strict=True):
            shares[place][which] += share
    return shares


def _line(amount: int, taxes: tuple[Factor, ...], shares: Sequence[int], *, inclusive: bool, step: int) -> LineAmounts:
    tax = sum(shares)
    net, total = (amount - tax, amount) if inclusive else (amount, amount + tax)
    parts = tuple(
        PartAmount(factor.name, factor.rate, amount_of(share, step))
        for factor, share in zip(taxes, shares, strict=True)
    )
    return LineAmounts(amount_of(net, step), amount_of(tax, step), amount_of(total, step), parts)
