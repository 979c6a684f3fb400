"""One specification of money, two implementations: 10,000 documents, no difference."""

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bootstrap import node
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.tax import Goods, TaxPart, Terms, cash_difference, document_amounts, line_amounts
from tests.vectors import discounts, returns, tax
from tests.vectors.tax import a_document

JS = Path(__file__).parent / "js"


def agree(folder: Path, script: str, name: str, cases: Iterable[dict[str, Any]]) -> None:
    """Write the cases and let the JavaScript tests compare them."""
    with (folder / f"{name}.jsonl").open("w") as file:
        file.writelines(json.dumps(case, separators=(",", ":")) + "\n" for case in cases)
    run = subprocess.run(
        [*node()[0], "--test", JS / script],
        env={**os.environ, "VECTORS": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


def test_the_till_and_the_server_agree_on_every_document(tmp_path: Path) -> None:
    agree(tmp_path, "money-vectors.test.js", "tax", tax.vectors())


def test_the_till_and_the_server_give_the_same_discounts(tmp_path: Path) -> None:
    agree(tmp_path, "discount-vectors.test.js", "discounts", discounts.vectors())


def test_the_till_gives_back_what_the_server_would(tmp_path: Path) -> None:
    agree(tmp_path, "till-giving.test.js", "returns", returns.vectors())


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_sums_over_lines_are_the_document_whatever_the_terms(chance: Any) -> None:
    lines, terms = a_document(chance)
    made = document_amounts(lines, terms)
    assert len(made) == len(lines)
    for line in made:
        assert line.net + line.tax == line.total
        assert sum((part.amount for part in line.parts), Decimal(0)) == line.tax
    if terms.by_document:
        _rounded_once(lines, made, terms)


def _rounded_once(lines: list[Goods], made: list[Any], terms: Terms) -> None:
    """One tax of several lines comes to what it is of their sum: checked where a line has one tax."""
    sums: dict[Decimal, Decimal] = defaultdict(Decimal)
    taxes: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line, amounts in zip(lines, made, strict=True):
        if line.parts:
            continue
        sums[line.rate] += amounts.total if terms.inclusive else amounts.net
        taxes[line.rate] += amounts.tax
    for rate, amount in sums.items():
        assert (
            taxes[rate]
            == line_amounts(
                quantity=Decimal(1).copy_sign(amount),
                unit_price=abs(amount),
                rate=rate,
                inclusive=terms.inclusive,
                currency=terms.currency,
                rounding=terms.rounding,
            ).tax
        )


@pytest.mark.parametrize(
    ("by_document", "taxes"), [(False, ["0.02", "0.02", "0.02"]), (True, ["0.02", "0.02", "0.01"])]
)
def test_rounding_by_document_takes_the_cent_from_the_last_of_equals(by_document: bool, taxes: list[str]) -> None:
    terms = Terms(inclusive=False, currency="EUR", by_document=by_document)
    goods = Goods(quantity=Decimal(1), unit_price=Decimal("0.08"), rate=Decimal(20))
    made = document_amounts([goods] * 3, terms)
    assert [str(line.tax.quantize(Decimal("0.01"))) for line in made] == taxes


def test_a_tax_on_top_of_another_is_of_price_and_tax() -> None:
    parts = (TaxPart("first", Decimal(10)), TaxPart("second", Decimal(10), on_top=True))
    goods = Goods(quantity=Decimal(1), unit_price=Decimal(100), rate=Decimal(0), parts=parts)
    [out] = document_amounts([goods], Terms(inclusive=False, currency="EUR"))
    assert (out.net, out.tax, out.total) == (Decimal(100), Decimal(21), Decimal(121))
    assert [part.amount for part in out.parts] == [Decimal(10), Decimal(11)]
    goods = Goods(quantity=Decimal(1), unit_price=Decimal(121), rate=Decimal(0), parts=parts)
    [inside] = document_amounts([goods], Terms(inclusive=True, currency="EUR"))
    assert inside == out


@pytest.mark.parametrize(
    ("total", "step", "difference"),
    [
        ("9.97", "0.05", "-0.02"),
        ("9.98", "0.05", "0.02"),
        ("0.02", "0.05", "-0.02"),
        ("9.95", "0.1", "0.05"),
        ("1", "0", "0"),
    ],
)
def test_cash_goes_to_the_nearest_coin(total: str, step: str, difference: str) -> None:
    assert cash_difference(Decimal(total), Decimal(step)) == Decimal(difference)
