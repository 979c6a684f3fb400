"""The till computes what the server books: to the last digit, in every currency and rounding."""

import json
import random
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

from bootstrap import node

from core.money import exponent
from orders.tax import line_amounts

SCRIPT = Path(__file__).parent / "js" / "till-money-vectors.mjs"
CASES = 6000
CURRENCIES = ("EUR", "GBP", "JPY", "KWD", "CLF")
RATES = ("0", "5", "5.5", "7", "7.7", "8.375", "19", "20", "25", "0.0001", "99.9999")


def cases() -> list[dict[str, Any]]:
    """Ordinary lines, large ones, fractions of units, discounts, refunds, and many ties."""
    chance = random.Random(20261121)
    made = []
    for number in range(CASES):
        digits = chance.choice((1, 3, 6, 10))
        places = chance.choice((0, 1, 2, 4))
        price = Decimal(chance.randrange(10**digits)).scaleb(-places)
        quantity = Decimal(chance.choice((chance.randint(-9, 99), chance.randrange(1, 10**6)))).scaleb(
            -chance.choice((0, 0, 3))
        )
        made.append(
            {
                "quantity": format(quantity, "f"),
                "unit_price": format(price, "f"),
                "rate": chance.choice((*RATES, format(Decimal(chance.randrange(10**6)).scaleb(-4), "f"))),
                "discount": format(Decimal(chance.randrange(500)).scaleb(-2), "f") if number % 5 == 0 else "0",
                "inclusive": chance.random() < 0.5,
                "currency": chance.choice(CURRENCIES),
                "rounding": chance.choice(("half_up", "half_even", "exact")),
            }
        )
    return made


def test_the_till_and_the_server_agree_on_every_line() -> None:
    wanted = cases()
    asked = "\n".join(json.dumps({**case, "exponent": exponent(case["currency"])}) for case in wanted)
    run = subprocess.run([*node()[0], SCRIPT], input=asked, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    told = [[Decimal(amount) for amount in json.loads(line)] for line in run.stdout.splitlines()]
    assert len(told) == CASES

    different = []
    for case, (net, tax, total) in zip(wanted, told, strict=True):
        ours = line_amounts(
            quantity=Decimal(case["quantity"]),
            unit_price=Decimal(case["unit_price"]),
            rate=Decimal(case["rate"]),
            discount=Decimal(case["discount"]),
            inclusive=case["inclusive"],
            currency=case["currency"],
            rounding=case["rounding"],
        )
        if (ours.net, ours.tax, ours.total) != (net, tax, total):
            different.append((case, ours, (net, tax, total)))
    assert different == []
