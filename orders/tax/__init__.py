"""Amounts, taxes and shares, exactly: a pure package that `static/js/lib/till/` mirrors, driven by the same vectors."""

from orders.tax.documents import (
    Goods,
    LineAmounts,
    PartAmount,
    TaxPart,
    Terms,
    document_amounts,
    gross_amount,
    line_amounts,
    tax_parts_of,
)
from orders.tax.rounding import cash_difference, spread
from orders.tax.shares import Share, share_of, to_give_back

__all__ = [
    "Goods",
    "LineAmounts",
    "PartAmount",
    "Share",
    "TaxPart",
    "Terms",
    "cash_difference",
    "document_amounts",
    "gross_amount",
    "line_amounts",
    "share_of",
    "spread",
    "tax_parts_of",
    "to_give_back",
]
