"""Sales whose goods come back in steps, and what is given back each time, as JSON; `tests/js/till-giving.test.js`."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from core.money import exponent, round_money
from orders.tax import Goods, Terms, cash_difference, document_amounts, share_of, to_give_back
from tests.vectors.tax import CURRENCIES, RATES, text

SALES = 2_000
SEED = 20_261_122
STEPS = {"EUR": "0.05", "GBP": "0.05", "JPY": "5", "KWD": "0.005", "CLF": None}


class _Sold:
    """A line as it was sold."""

    def __init__(self, goods: Goods, made: Any) -> None:
        self.quantity, self.discount, self.price = goods.quantity, goods.discount, goods.unit_price
        self.net, self.tax, self.total, self.tax_parts, self.rate = made.net, made.tax, made.total, (), goods.rate


def _a_sale(chance: random.Random, terms: Terms) -> list[_Sold]:
    goods = []
    for _ in range(chance.choice((1, 1, 2, 3, 5))):
        price = Decimal(chance.randrange(1, 10_000)).scaleb(-min(2, exponent(terms.currency)))
        units = Decimal(chance.choice((1, 2, 3, 7, 12)))
        quantity = units if chance.random() < 0.8 else Decimal(chance.randrange(1, 5000)).scaleb(-3)
        taken = Decimal(chance.randrange(int(price * quantity * 100) + 1)).scaleb(-2) / 2
        discount = round_money(taken, terms.currency) if chance.random() < 0.4 else Decimal(0)
        goods.append(Goods(quantity=quantity, unit_price=price, rate=Decimal(chance.choice(RATES)), discount=discount))
    return [_Sold(one, made) for one, made in zip(goods, document_amounts(goods, terms), strict=True)]


def vectors(count: int = SALES) -> Iterator[dict[str, Any]]:
    """The sales with the steps in which they come back; amounts as text."""
    chance = random.Random(SEED)
    for _ in range(count):
        terms = Terms(
            inclusive=chance.random() < 0.5,
            currency=chance.choice(CURRENCIES),
            rounding=chance.choice(("half_up", "half_up", "half_even", "exact")),
            by_document=chance.random() < 0.5,
        )
        step = STEPS[terms.currency] if chance.random() < 0.7 else None
        lines = _a_sale(chance, terms)
        total = sum((line.total for line in lines), Decimal(0))
        in_cash = chance.random() < 0.6
        rounding = cash_difference(total, Decimal(step)) if in_cash and step else Decimal(0)
        yield {
            "terms": {"exponent": exponent(terms.currency), "rounding": terms.rounding, "cash_step": step},
            "sale": {
                "total": text(total),
                "cash_rounding": text(rounding),
                "payments": [{"method": "cash" if in_cash else "card", "amount": text(total + rounding)}],
                "lines": [
                    {
                        "position": place,
                        "quantity": text(line.quantity),
                        "unit_price": text(line.price),
                        "tax_rate": text(line.rate),
                        "discount": text(line.discount),
                        "tax": text(line.tax),
                        "total": text(line.total),
                    }
                    for place, line in enumerate(lines, start=1)
                ],
            },
            "steps": list(_steps(chance, lines, terms, step, total + rounding)),
        }


def _steps(
    chance: random.Random, lines: list[_Sold], terms: Terms, cash_step: str | None, paid: Decimal
) -> Iterator[dict[str, Any]]:
    back: dict[int, Decimal] = defaultdict(Decimal)
    given = Decimal(0)
    for turn in range(4):
        wanted = []
        for place, line in enumerate(lines, start=1):
            left = line.quantity - back[place]
            if left <= 0 or (turn < 3 and chance.random() < 0.4):
                continue
            most = int(left * 1000)
            now = left if turn == 3 or chance.random() < 0.3 else Decimal(chance.randint(1, most)).scaleb(-3)
            wanted.append((place, now))
        if not wanted:
            continue
        shares = [
            share_of(lines[place - 1], back[place], now, currency=terms.currency, rounding=terms.rounding)
            for place, now in wanted
        ]
        for place, now in wanted:
            back[place] += now
        is_last = all(back[place] >= line.quantity for place, line in enumerate(lines, start=1))
        worth = sum((share.total for share in shares), Decimal(0))
        common: Any = {"left": paid - given, "is_last": is_last, "currency": terms.currency}
        due = to_give_back(worth, **common)
        coins = to_give_back(worth, **common, cash_step=Decimal(cash_step) if cash_step else None)
        by_cash = chance.random() < 0.5
        yield {
            "lines": [{"position": place, "quantity": text(now)} for place, now in wanted],
            "shares": [[text(-x) for x in (s.discount, s.net, s.tax, s.total)] for s in shares],
            "due": text(due),
            "cash_due": text(coins),
            "by_cash": by_cash,
        }
        given += coins if by_cash else due


if __name__ == "__main__":
    for vector in vectors():
        print(json.dumps(vector, separators=(",", ":")))  # noqa: T201  what it is for
