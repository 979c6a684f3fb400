"""What stands on a receipt, whatever it is shown on."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.audit.models import AuditEntry
from core.locations.papers import Papers, papers_of
from orders.models import CreditEntry, GiftCard, Order, OrderLine, Payment
from orders.selectors.pieces import name_pieces

PAPER, MAIL = "paper", "mail"
SCANNED = "R-"
"""What stands before a document's number in its QR code, so that a scan knows it for a receipt."""


@dataclass(frozen=True, slots=True)
class TaxPart:
    """What was sold at one rate of tax."""

    rate: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class CardLeft:
    """A gift card that paid or (``is_new``) was sold, and what was on it then."""

    last_four: str
    balance: Decimal
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class PointsLeft:
    """The points that a document earned (or, negative, took back) and spent (or gave back), and the balance then."""

    earned: Decimal
    spent: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Receipt:
    """A document as its customer gets it.

    ``papers`` is what it said of the shop when it was made, ``change`` is the cash handed back in all.
    """

    order: Order
    lines: list[OrderLine]
    payments: list[Payment]
    taxes: list[TaxPart]
    change: Decimal
    cards: list[CardLeft]
    papers: Papers
    points: PointsLeft | None = None
    is_copy: bool = False


def receipt_of(order: Order, *, is_copy: bool = False) -> Receipt:
    """What stands on the receipt of an order (with its lines and payments at hand)."""
    lines, payments = list(order.lines.all()), list(order.payments.all())
    name_pieces(order, lines)
    change = sum((payment.change for payment in payments), Decimal(0))
    return Receipt(
        order=order,
        lines=lines,
        payments=payments,
        taxes=tax_parts(lines),
        change=change,
        cards=_cards(lines, payments),
        papers=papers_of(order.location_id, at=order.recorded_at),
        points=_points(order, payments),
        is_copy=is_copy,
    )


def receipt_code(order: Order) -> str:
    """The text of the receipt's QR code; `orders.scan_kinds` finds the document by it."""
    return f"{SCANNED}{order.number}"


def numbers_of(order: Order) -> str:
    """Its number, and the one a device had printed for it before."""
    return f"#{order.number} · {order.receipt_number}" if order.receipt_number else f"#{order.number}"


def points_told(points: PointsLeft | None) -> list[tuple[str, Decimal]]:
    """What a receipt says of points, in words: only what moved, and the balance."""
    if points is None:
        return []
    rows = [
        ("Points earned" if points.earned > 0 else "Points taken back", abs(points.earned)),
        ("Points spent" if points.spent > 0 else "Points given back", abs(points.spent)),
    ]
    return [*((name, amount) for name, amount in rows if amount), ("Points in all", points.balance)]


def tax_parts(lines: Iterable[OrderLine]) -> list[TaxPart]:
    """An order's net and tax by rate, highest rate first."""
    net: dict[Decimal, Decimal] = defaultdict(Decimal)
    tax: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.kind != OrderLine.Kind.GOODS:
            continue  # a gift card is taxed with what it pays for
        net[line.tax_rate] += line.net
        tax[line.tax_rate] += line.tax
    return [TaxPart(rate, net[rate], tax[rate]) for rate in sorted(net, reverse=True)]


def was_given(order_id: UUID, medium: str) -> bool:
    """Whether a receipt of the order was given on this medium before."""
    given = AuditEntry.objects.filter(object_type="receipt", object_id=str(order_id))
    return given.filter(changes__medium__1=medium).exists()


def _cards(lines: Iterable[OrderLine], payments: Iterable[Payment]) -> list[CardLeft]:
    return [*_sold(lines), *_left(payments)]


def _sold(lines: Iterable[OrderLine]) -> list[CardLeft]:
    """The cards that the document sold, each with what was put on it."""
    worth = {line.gift_card_id: line.total for line in lines if line.gift_card_id is not None and line.total > 0}
    cards = GiftCard.objects.in_bulk(list(worth)) if worth else {}
    return [CardLeft(cards[pk].last_four, total, is_new=True) for pk, total in worth.items() if pk in cards]


def _left(payments: Iterable[Payment]) -> list[CardLeft]:
    paid = [payment.pk for payment in payments if payment.method == Payment.Method.GIFT_CARD]
    if not paid:
        return []
    entries = CreditEntry.objects.filter(reference_type="payment", reference_id__in=paid).order_by("account", "version")
    left = {entry.account_id: entry.balance for entry in entries}
    cards = GiftCard.objects.filter(account__in=left).order_by("account")
    return [CardLeft(card.last_four, left[card.account_id]) for card in cards]


def _points(order: Order, payments: Iterable[Payment]) -> PointsLeft | None:
    if order.customer_id is None:
        return None
    paid = {payment.pk for payment in payments if payment.method == Payment.Method.POINTS}
    moved = CreditEntry.objects.filter(account__kind="points", reference_id__in=[order.pk, *paid])
    entries = list(moved.order_by("account", "version"))
    if not entries:
        return None
    spent = -sum((entry.amount for entry in entries if entry.reference_id in paid), Decimal(0))
    return PointsLeft(sum((entry.amount for entry in entries), Decimal(0)) + spent, spent, entries[-1].balance)
