"""Documents and what their lines come to by `orders.tax`, as JSON; `tests/js/money-vectors.test.js` reads them.

Ordinary baskets, large ones, fractions of units, several taxes, many ties, nothing at all.
"""

import json
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from core.money import exponent
from orders.tax import Goods, TaxPart, Terms, cash_difference, document_amounts, share_of, spread

DOCUMENTS = 10_000
SEED = 20_261_121
CURRENCIES = ("EUR", "GBP", "JPY", "KWD", "CLF")
RATES = ("0", "5", "5.5", "7", "7.7", "8.375", "19", "20", "25", "0.0001", "99.9999", "100")
SETS: tuple[tuple[TaxPart, ...], ...] = (
    (TaxPart("GST", Decimal(5)), TaxPart("QST", Decimal("9.975"))),
    (TaxPart("GST", Decimal(5)), TaxPart("PST", Decimal(7))),
    (TaxPart("GST", Decimal(5)),),
    (TaxPart("a", Decimal(10)), TaxPart("b", Decimal(10), on_top=True)),
    (TaxPart("a", Decimal("0.0001")), TaxPart("b", Decimal("99.9999"), on_top=True), TaxPart("c", Decimal(3), True)),
    (TaxPart("a", Decimal(10)), TaxPart("b", Decimal(0), on_top=True)),
)


def text(value: Decimal) -> str:
    """Without exponent and without needless zeros, as JavaScript writes it too."""
    return format(value.normalize() + 0, "f")


def a_line(chance: random.Random) -> Goods:
    digits, places = chance.choice((1, 3, 3, 5, 10)), chance.choice((0, 1, 2, 2, 4))
    price = Decimal(chance.randrange(10**digits)).scaleb(-places)
    quantity = Decimal(chance.choice((1, 1, 2, 3, chance.randint(-9, 99), chance.randrange(1, 10**6))))
    parts = chance.choice(SETS) if chance.random() < 0.3 else ()
    return Goods(
        quantity=quantity.scaleb(-chance.choice((0, 0, 0, 3))),
        unit_price=price,
        rate=Decimal(chance.choice((*RATES, format(Decimal(chance.randrange(10**6)).scaleb(-4), "f")))),
        parts=parts,
        discount=Decimal(chance.randrange(500)).scaleb(-2) if chance.random() < 0.25 else Decimal(0),
    )


def a_document(chance: random.Random) -> tuple[list[Goods], Terms]:
    terms = Terms(
        inclusive=chance.random() < 0.5,
        currency=chance.choice(CURRENCIES),
        rounding=chance.choice(("half_up", "half_up", "half_even", "exact")),
        by_document=chance.random() < 0.5,
    )
    lines = [a_line(chance) for _ in range(chance.choice((1, 2, 3, 4, 7)))]
    if chance.random() < 0.3:  # many lines of one rate: where rounding once and rounding each differ most
        rate = lines[0].rate
        lines = [Goods(quantity=line.quantity, unit_price=line.unit_price, rate=rate) for line in lines]
    return lines, terms


def vectors(count: int = DOCUMENTS) -> Iterator[dict[str, Any]]:
    """The cases with their answers; amounts as text."""
    chance = random.Random(SEED)
    for _ in range(count):
        lines, terms = a_document(chance)
        made = document_amounts(lines, terms)
        total = sum((line.total for line in made), Decimal(0))
        cash_step = Decimal(chance.choice(("0.05", "0.1", "0.25", "1", "5", "0.005")))
        weights = [chance.randrange(chance.choice((2, 1000, 10**9))) for _ in lines]
        amount = chance.randrange(sum(weights) + 1)
        yield {
            "terms": {
                "inclusive": terms.inclusive,
                "exponent": exponent(terms.currency),
                "rounding": terms.rounding,
                "by_document": terms.by_document,
            },
            "lines": [
                {
                    "quantity": text(line.quantity),
                    "unit_price": text(line.unit_price),
                    "rate": text(line.rate),
                    "discount": text(line.discount),
                    "parts": [{"name": p.name, "rate": text(p.rate), "on_top": p.on_top} for p in line.parts],
                }
                for line in lines
            ],
            "amounts": [
                [text(x) for x in (line.net, line.tax, line.total, *(part.amount for part in line.parts))]
                for line in made
            ],
            "cash": [text(total), text(cash_step), text(cash_difference(total, cash_step))],
            "spread": {"amount": amount, "weights": weights, "shares": spread(amount, weights, 1)},
            "shares": _shares(chance, lines[0], made[0], terms),
        }


class _Sold:
    """A line as it was sold."""

    def __init__(self, goods: Goods, made: Any) -> None:
        self.quantity, self.discount = goods.quantity, Decimal(0)
        self.net, self.tax, self.total, self.tax_parts = made.net, made.tax, made.total, ()


def _shares(chance: random.Random, goods: Goods, made: Any, terms: Terms) -> list[list[str]]:
    """The line in up to four pieces."""
    left, already = goods.quantity, Decimal(0)
    shares: list[list[str]] = []
    while left > 0:
        now = left if len(shares) == 3 else Decimal(chance.randint(1, int(left * 1000))).scaleb(-3)
        share = share_of(_Sold(goods, made), already, now, currency=terms.currency, rounding=terms.rounding)
        shares.append([text(x) for x in (now, share.net, share.tax, share.total)])
        left, already = left - now, already + now
    return shares


if __name__ == "__main__":
    for vector in vectors():
        print(json.dumps(vector, separators=(",", ":")))  # noqa: T201  what it is for
