"""By which ways a sale was paid, and what of each has not gone back yet: derived from its payments, never kept.

What an exchange set off is no way of its own. It came from the ways of the sale whose goods came back, and it goes back
by them: money first, so that what a gift card paid stays the card's for as long as it can.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from django.db.models import Q

from orders.models import Order, Payment

Method = Payment.Method
ON_ACCOUNT = (Method.GIFT_CARD.value, Method.CREDIT.value)
"""What the shop owes already: it goes back to what it came from before any money does."""
MONEY = (Method.CARD.value, Method.BANK.value, Method.OTHER.value, Method.CASH.value)
WAYS = (*ON_ACCOUNT, *MONEY)
"""Ways of giving money back, in the order in which they get it back."""
NOTHING = Decimal(0)

Way = tuple[str, UUID | None]
"""A way to pay, and the account where it is a gift card's; store credit is whatever account its customer has now."""


@dataclass(frozen=True, slots=True)
class Paid:
    """``came``: by which ways a sale was ever paid. ``left``: what each of them has not got back, more than zero."""

    came: frozenset[Way]
    left: Mapping[Way, Decimal]

    def of(self, *methods: str) -> Decimal:
        """What is left of some methods."""
        return sum((amount for (method, _), amount in self.left.items() if method in methods), NOTHING)


def ways_of(sale: Order) -> Paid:
    """The ways of a sale, without points: their part is fixed before (`orders.services.points.part_back`)."""
    came, left, _ = _followed(sale.pk)
    return Paid(frozenset(came), {way: left[way] for way in sorted(left, key=_turn) if left[way] > 0})


def _turn(way: Way) -> tuple[int, str]:
    return WAYS.index(way[0]), str(way[1] or "")


def _followed(sale_id: UUID) -> tuple[set[Way], dict[Way, Decimal], dict[UUID, dict[Way, Decimal]]]:
    """The ways, what is left of each, and what each refund of an exchange set off of them, payment after payment."""
    rows = Payment.objects.filter(Q(order=sale_id) | Q(order__refund_of=sale_id)).exclude(method=Method.POINTS)
    found = rows.order_by("received_at", "order_id", "pk").values_list(
        "received_at", "order_id", "order__ticket", "method", "account_id", "amount"
    )
    came: set[Way] = set()
    left: dict[Way, Decimal] = defaultdict(Decimal)
    set_off: dict[UUID, dict[Way, Decimal]] = {}
    for (_, document, ticket), group in groupby(found, key=lambda row: row[:3]):
        off = NOTHING
        for _, _, _, method, account, amount in group:
            if method == Method.EXCHANGE and amount > 0:
                for way, part in _origin(ticket, document, amount).items():
                    came.add(way)
                    left[way] += part
            elif method == Method.EXCHANGE:
                off -= amount
            else:
                way = (method, account if method == Method.GIFT_CARD else None)
                left[way] += amount
                if amount > 0:
                    came.add(way)
        for way in [way for way, amount in left.items() if amount < 0]:
            over, left[way] = -left[way], NOTHING
            _take(left, over, _others(way))
        set_off[document] = _take(left, off, reversed(WAYS))
    return came, left, set_off


def _origin(ticket: UUID | None, sale_id: UUID, amount: Decimal) -> dict[Way, Decimal]:
    """By which ways the goods were paid that an exchange set off ``amount`` for."""
    back = Order.objects.filter(ticket=ticket, kind=Order.Kind.REFUND).exclude(pk=sale_id) if ticket else None
    refund = back.values_list("pk", "refund_of_id").first() if back is not None else None
    parts = dict(_followed(refund[1])[2].get(refund[0], {})) if refund and refund[1] else {}
    unknown = amount - sum(parts.values(), NOTHING)
    if unknown > 0:  # goods set off without a sale that says how they were paid: bought from a customer, imported
        cash: Way = (Method.CASH.value, None)
        parts[cash] = parts.get(cash, NOTHING) + unknown
    return parts


def _others(way: Way) -> Iterable[str]:
    """Of which ways it was what somebody got by one that had not paid so much."""
    return WAYS if way[0] in ON_ACCOUNT else (*MONEY, *ON_ACCOUNT)


def _take(left: dict[Way, Decimal], amount: Decimal, methods: Iterable[str]) -> dict[Way, Decimal]:
    taken: dict[Way, Decimal] = {}
    for method in methods:
        for way in sorted((one for one in left if one[0] == method), key=_turn):
            part = min(amount, left[way])
            if part > 0:
                taken[way] = part
                left[way] -= part
                amount -= part
    return taken
