"""A sale as somebody states it, before anything is known about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from core.api.idempotency import fingerprint
from core.ids import uuid7
from orders.models import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDiscount:
    """What somebody takes off by hand: ``percent`` or ``amount``, of a line or of the whole order."""

    kind: Literal["percent", "amount"]
    value: Decimal
    reason: str = ""

    def plain(self) -> list[Any]:
        return [self.kind, self.value.normalize(), self.reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketLine:
    """What the customer takes: a variant, or a code that stands for one (a pack counts its units).

    ``unit_price`` None means the price that holds for this customer, place and time. ``lot`` names another lot than
    the one that expires first; ``serials`` are the pieces of goods with serial numbers, one per unit. ``label`` is the
    scanned code of a label whose price is charged: then ``quantity`` counts labels, and their price is read again.
    """

    variant_id: UUID | None = None
    quantity: Decimal
    unit_price: Decimal | None = None
    code: str = ""
    discount: GivenDiscount | None = None
    lot: str = ""
    serials: Sequence[str] = ()
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """How it is paid. ``tendered`` is the cash handed over; the change is ours to compute.

    ``code`` is a gift card's. It is not kept.
    """

    method: str
    amount: Decimal
    tendered: Decimal | None = None
    reference: str = ""
    code: str = ""
    id: UUID = field(default_factory=uuid7)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSold:
    """A gift card that the customer buys. ``card_id`` is the client's; ``code`` is the printed one, or one is made.

    ``expires_on`` is the last day on which it pays; None: it does not expire.
    """

    card_id: UUID
    amount: Decimal
    code: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale as the till or an integrator states it; ``order_id`` is theirs and makes repeats harmless.

    ``reservations`` are goods set aside for this buyer.
    ``approval_ids`` are somebody's consent to what the actor may not do alone: a large discount by hand, expired lots.
    ``accept_expired``: goods of expired lots are sold where there are no others; blocked ones never are.
    ``may_wait_for_shift``: it happened while its drawer was shut, so it goes into the register's next shift.
    """

    order_id: UUID
    location_id: UUID
    lines: Sequence[BasketLine]
    payments: Sequence[Tender]
    channel: str = Order.Channel.COUNTER
    customer_id: UUID | None = None
    note: str = ""
    occurred_at: datetime | None = None
    expected_total: Decimal | None = None
    accept_shortage: bool = False
    register_id: UUID | None = None
    coupons: Sequence[str] = ()
    discount: GivenDiscount | None = None
    approval_ids: Sequence[UUID] = ()
    accept_expired: bool = False
    reservations: Sequence[UUID] = ()
    gift_cards: Sequence[CardSold] = ()
    may_wait_for_shift: bool = False

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        return fingerprint(
            {
                "location": self.location_id,
                "lines": [
                    [x.variant_id, x.quantity.normalize(), x.unit_price and x.unit_price.normalize(), x.code]
                    for x in self.lines
                ],
                "payments": [
                    [x.method, x.amount.normalize(), x.tendered and x.tendered.normalize(), x.reference]
                    + ([x.code] if x.code else [])
                    for x in self.payments
                ],
                "channel": self.channel,
                "customer": self.customer_id,
                "note": self.note,
                "occurred_at": self.occurred_at,
                **({"register": self.register_id} if self.register_id else {}),
                **self._reductions(),
            }
        )

    def _reductions(self) -> dict[str, Any]:
        """Only what is stated, so that sales from before there were discounts keep their hash."""
        stated: dict[str, Any] = {
            "coupons": list(self.coupons),
            "discount": self.discount and self.discount.plain(),
            "reservations": list(self.reservations),
            "told_apart": {place: [x.lot, list(x.serials)] for place, x in enumerate(self.lines) if x.lot or x.serials},
            "labels": {place: x.label for place, x in enumerate(self.lines) if x.label},
            "gift_cards": [[x.card_id, x.amount.normalize(), x.code, x.expires_on] for x in self.gift_cards],
            "line_discounts": {place: x.discount.plain() for place, x in enumerate(self.lines) if x.discount},
        }
        return {name: value for name, value in stated.items() if value}
