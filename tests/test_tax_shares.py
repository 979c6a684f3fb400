"""A line that comes back in pieces comes back to the cent, whatever the pieces."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.tax import Goods, TaxPart, Terms, document_amounts, share_of

PARTS = (TaxPart("federal", Decimal(5)), TaxPart("province", Decimal("9.975"), on_top=True))


@dataclass
class Line:
    quantity: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    tax_parts: list[dict[str, Any]] = field(default_factory=list)


@st.composite
def sold(draw: Any) -> tuple[Line, Terms, list[Decimal]]:
    """A line as a document left it, and the pieces in which it comes back."""
    pieces = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=12))
    quantity = Decimal(sum(pieces)).scaleb(-3)
    price = Decimal(draw(st.integers(0, 10**7))).scaleb(-draw(st.integers(0, 4)))
    terms = Terms(
        inclusive=draw(st.booleans()),
        currency=draw(st.sampled_from(["EUR", "JPY", "KWD", "CLF"])),
        rounding=draw(st.sampled_from(["half_up", "half_even", "exact"])),
        by_document=draw(st.booleans()),
    )
    goods = Goods(
        quantity=quantity,
        unit_price=price,
        rate=Decimal(draw(st.sampled_from(["0", "7", "8.375", "20"]))),
        parts=PARTS if draw(st.booleans()) else (),
    )
    [amounts] = document_amounts([goods], terms)
    parts = (
        [{"name": p.name, "rate": str(p.rate), "amount": str(p.amount)} for p in amounts.parts] if goods.parts else []
    )
    discount = Decimal(draw(st.integers(0, 999))).scaleb(-4 if terms.rounding == "exact" else 0)
    line = Line(quantity, discount, amounts.net, amounts.tax, amounts.total, parts)
    return line, terms, [Decimal(piece).scaleb(-3) for piece in pieces]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sold())
def test_any_sequence_of_partial_returns_comes_to_exactly_the_line(case: tuple[Line, Terms, list[Decimal]]) -> None:
    line, terms, pieces = case
    already, shares = Decimal(0), []
    for now in pieces:
        share = share_of(line, already, now, currency=terms.currency, rounding=terms.rounding)
        assert share.net + share.tax == share.total
        if line.tax_parts:
            assert sum(Decimal(part["amount"]) for part in share.tax_parts) == share.tax
        shares.append(share)
        already += now
    for name in ("quantity", "discount", "net", "tax", "total"):
        assert sum(getattr(share, name) for share in shares) == getattr(line, name), name
    for place, part in enumerate(line.tax_parts):
        assert sum(Decimal(share.tax_parts[place]["amount"]) for share in shares) == Decimal(part["amount"])


@pytest.mark.parametrize(("already", "now"), [("0", "0"), ("0", "-1"), ("2", "1.001"), ("3", "1"), ("-1", "1")])
def test_more_than_is_left_has_no_share(already: str, now: str) -> None:
    line = Line(Decimal(3), Decimal(0), Decimal(10), Decimal(2), Decimal(12))
    with pytest.raises(ValueError, match="cannot come back"):
        share_of(line, Decimal(already), Decimal(now), currency="EUR")


def test_three_of_ten_euros_come_back_as_three_thirds() -> None:
    line = Line(Decimal(3), Decimal(1), Decimal("8.33"), Decimal("1.67"), Decimal(10))
    shares = [share_of(line, Decimal(place), Decimal(1), currency="EUR") for place in range(3)]
    assert [str(share.total.normalize()) for share in shares] == ["3.33", "3.34", "3.33"]
    assert sum(share.tax for share in shares) == Decimal("1.67")
