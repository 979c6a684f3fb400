"""What a return would come to: nothing is booked, and nothing locked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.actors import Actor
from core.locations.selectors import active_location
from orders.models import Order, OrderLine, Payment
from orders.permissions import REFUND, REFUND_BEYOND
from orders.selectors import find_order
from orders.selectors.axes import returned_of
from orders.services.money_back import ways_that_can
from orders.services.pieces_back import pieces_of_sale
from orders.services.refund_limits import is_beyond_limits
from orders.services.returns import Return, check_completed, worked_out


@dataclass(frozen=True, slots=True)
class WayBack:
    """So much can go back by this way."""

    method: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ReturnQuote:
    """What would be given back, all amounts zero or more: ``due``, or ``cash_due`` where all of it is cash.

    ``by_points`` of either goes back as points by itself; ``needs_approval``: the actor may not give so much, or so
    late, alone. ``ways``: what each way that paid the sale can get back at most, in the order in which they do.
    """

    lines: Sequence[OrderLine]
    currency: str
    due: Decimal
    cash_due: Decimal
    by_points: Decimal
    needs_approval: bool
    ways: Sequence[WayBack]


@dataclass(frozen=True, slots=True)
class LeftOfLine:
    """What of a line of a sale can still come back: units, and the numbers of the pieces where each has one."""

    position: int
    left: Decimal
    pieces: Sequence[str]


def left_of(order: Order) -> list[LeftOfLine]:
    """What of a sale is still with its buyer, line by line.

    Raises `Conflict`: it is no completed sale.
    """
    check_completed(order)
    back, pieces = returned_of(order.pk), pieces_of_sale(order)
    return [
        LeftOfLine(
            line.position,
            line.quantity - back.get(line.pk, Decimal(0)),
            pieces.get(line.variant_id, ()) if line.variant_id else (),
        )
        for line in order.lines.all()
    ]


def quote_return(wanted: Return, *, actor: Actor) -> ReturnQuote:
    """What these lines of a sale come to by what is left of it now; ids, payments and approval do not matter.

    Raises:
        Forbidden: the actor takes nothing back at this location.
        NotFound: there is no such sale here.
        Invalid: a line is wrong, or more of it comes back than is left; every such line is named.
        Conflict: it is no completed sale.
    """
    sale = find_order(wanted.order_id, actor=actor)
    check_completed(sale)
    place = active_location(wanted.location_id or sale.location_id)
    actor.require(REFUND, at=place.pk)
    by = {
        method: worked_out(replace(wanted, payments=None, by_method=method.value), sale, place, actor)
        for method in (Payment.Method.CARD, Payment.Method.CASH)
    }
    draft = by[Payment.Method.CARD]
    return ReturnQuote(
        lines=draft.lines,
        currency=sale.currency,
        due=draft.due,
        cash_due=by[Payment.Method.CASH].due,
        by_points=draft.by_points,
        needs_approval=is_beyond_limits(sale, place, draft.due) and not actor.may(REFUND_BEYOND, at=place.pk),
        ways=[WayBack(method, amount) for method, amount in ways_that_can(sale)],
    )
