"""What the rows of a price list's file say: article, quantity and price out of what people type."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db import connection

from core.uploaded_tables import Row
from inventory.selectors import targets_of

COLUMNS = {
    "sku": ("sku", "code", "article", "barcode"),
    "from_quantity": ("from quantity", "from_quantity", "from", "quantity"),
    "price": ("price", "unit price", "unit_price", "list price"),
}
NEEDED = ("sku", "price")
NUMBER = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,12})?")
THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
MOST_PRICE, MOST_QUANTITY = Decimal(10) ** 10, Decimal(10) ** 9
AT_ONCE = 2_000
LISTED = 1_000
SHOWN = 80
Key = tuple[UUID, Decimal]


class _Wrong(Exception):
    """A cell that is not what it should be."""

    def __init__(self, column: str, reason: str) -> None:
        self.column, self.reason = column, reason


@dataclass(slots=True)
class Wanted:
    """The prices that a file asks for (None: off the list), and rows that cannot be: all counted, the first kept."""

    prices: dict[Key, Decimal | None] = field(default_factory=dict)
    refused: int = 0
    refused_rows: list[dict[str, object]] = field(default_factory=list)


def read_rows(rows: Sequence[Row]) -> Wanted:
    """What the rows ask for. A row that cannot be read changes nothing; the others count."""
    known = _articles({row.cells["sku"] for row in rows})
    wanted, first = Wanted(), dict[Key, int]()
    for row in rows:
        try:
            variant_id = known.get(row.cells["sku"])
            if variant_id is None:
                raise _Wrong("sku", "There is no such article." if row.cells["sku"] else "Name the article.")
            key = variant_id, _quantity(row.cells.get("from_quantity", ""))
            price = _price(row.cells["price"])
            if key in first:
                raise _Wrong("sku", f"It stands in row {first[key]} already.")
        except _Wrong as wrong:
            wanted.refused += 1
            if wanted.refused <= LISTED:
                value = row.cells.get(wrong.column, "").replace("\0", "\u2400")[:SHOWN]
                told = {"row": row.number, "column": wrong.column, "value": value, "reason": wrong.reason}
                wanted.refused_rows.append(told)
            continue
        first[key] = row.number
        wanted.prices[key] = price
    return wanted


def _articles(texts: set[str]) -> dict[str, UUID]:
    """The variants by SKU, exactly; what is none is looked for as a code."""
    usable = [text for text in texts if text and text.isprintable()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT sku, id FROM inventory_variant WHERE sku = ANY(%s::text[])", [usable])
        found: dict[str, UUID] = dict(cursor.fetchall())
    left = sorted(text for text in usable if text not in found)
    for start in range(0, len(left), AT_ONCE):
        for text, target in targets_of(left[start : start + AT_ONCE]).items():
            found[text] = target.variant_id
    return found


def _quantity(text: str) -> Decimal:
    if not text:
        return Decimal(1)
    number = _number(text, "from_quantity", places=3)
    if not 0 < number <= MOST_QUANTITY:
        raise _Wrong("from_quantity", "More than zero, and no more than anybody has.")
    return number


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    number = _number(text, "price", places=4)
    if not 0 <= number < MOST_PRICE:
        raise _Wrong("price", "A price is not negative, and not beyond all measure.")
    return number


def _number(text: str, column: str, *, places: int) -> Decimal:
    if THOUSANDS.fullmatch(text):
        raise _Wrong(column, "This can be read in two ways. Write thousands without a sign, and a point for parts.")
    if not NUMBER.fullmatch(text):
        raise _Wrong(column, "This is no number. Write it without a currency, such as 12.50.")
    number = Decimal(text.replace(",", "."))
    kept = number.quantize(Decimal(1).scaleb(-places))
    if kept != number:
        raise _Wrong(column, f"At most {places} places behind the point.")
    return kept
