"""What a format of sales history is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

Nature = Literal["sale", "cancellation", "adjustment"]


class Line(NamedTuple):
    """One line of one document, checked. Amounts are exact; ``occurred_at`` is an instant, the rest as typed."""

    number: str
    nature: Nature
    code: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    occurred_at: datetime
    business_date: date
    customer: str
    country: str


class BadCell(Exception):
    """A cell that cannot be what its column says."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason
        super().__init__(f"{column} {value!r}: {reason}")


class Clock(NamedTuple):
    """How a wall time of the file becomes an instant and a business day of the shop."""

    instant: Callable[[datetime], datetime]
    day: Callable[[datetime], date]


Parse = Callable[[Sequence[str]], Line]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    ``columns`` maps each column we need to the header names it is known by, ``parser`` makes the function that turns
    the cells of a row into a `Line` or raises `BadCell`, and ``is_service`` tells fees and vouchers from goods.
    """

    name: str
    label: str
    columns: Mapping[str, tuple[str, ...]]
    parser: Callable[[Mapping[str, int], Clock], Parse]
    is_service: Callable[[str], bool]
