"""What a part of a line comes to, so that all parts of it come to the line."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from core.money import Rounding, round_money
from orders.tax.rounding import QUANTITY_PLACES, amount_of, cash_difference, rounded, step_of, whole


class Sold(Protocol):
    """What is needed of a line as it was sold; an `OrderLine` will do. ``tax_parts`` as it keeps them."""

    quantity: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    tax_parts: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of a line's figures that so many of its units stand for; signs are those of the line."""

    quantity: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    tax_parts: list[dict[str, str]]


def share_of(line: Sold, already: Decimal, now: Decimal, *, currency: str, rounding: Rounding = "half_up") -> Share:
    """What ``now`` units of a line come to after ``already`` of them came back before.

    Shares are differences of rounded running sums: in whatever steps a line comes back, they sum to exactly its net,
    tax, total and discount, and each has ``net + tax = total``. Quantities have the sign of the line's; ``currency``
    and ``rounding`` are the order's.

    Raises:
        ValueError: there are not so many units left, or ``now`` is nothing.
    """
    quantity, before, after = (whole(x, QUANTITY_PLACES) for x in (line.quantity, already, already + now))
    if not (0 <= before < after <= quantity or 0 >= before > after >= quantity):
        raise ValueError(f"{now} of {line.quantity} cannot come back after {already}")
    step = step_of(currency, rounding)

    def part(amount: Decimal) -> Decimal:
        number = whole(amount)
        return amount_of(_running(number, after, quantity) - _running(number, before, quantity), step)

    def _running(amount: int, units: int, of: int) -> int:
        if units == of:
            return amount
        return rounded(amount * units, of, step=step, rounding=rounding)

    tax, total = part(line.tax), part(line.total)
    parts = [{**stored, "amount": part(Decimal(str(stored["amount"])))} for stored in line.tax_parts]
    if parts:
        # Parts are rounded on their own; the last one takes the difference, so that they come to the tax every time.
        parts[-1]["amount"] = tax - sum((each["amount"] for each in parts[:-1]), Decimal(0))
    return Share(
        quantity=now,
        discount=part(line.discount),
        net=total - tax,
        tax=tax,
        total=total,
        tax_parts=[{**each, "amount": f"{each['amount']:f}"} for each in parts],
    )


def to_give_back(
    worth: Decimal, *, left: Decimal, is_last: bool, currency: str, cash_step: Decimal | None = None
) -> Decimal:
    """What is given back for goods ``worth`` so much, in coins that exist: never more than is ``left`` of what was
    paid, and with the last piece all of it, so that the pieces sum to what was paid.
    """
    if is_last:
        worth = left  # in coins it may be a little more or less than is left, where it had been paid by card
    worth = round_money(worth, currency)
    worth += cash_difference(worth, cash_step)
    return max(worth if is_last else min(round_money(left, currency), worth), Decimal(0))
