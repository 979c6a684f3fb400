"""Registers, shifts and their reports: one way to add up a drawer, for X, Z and amendments alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from core.actors import Actor
from core.errors import NotFound
from core.money import plain_amount, plain_decimal
from core.sync.selectors import held_money
from orders.metrics_base import EARNED
from orders.models import CashMovement, Order, OrderLine, Payment, Register, Shift
from orders.permissions import SEE_EXPECTED_CASH, VIEW_SHIFTS

NOTHING = Decimal(0)
OWED = (Payment.Method.GIFT_CARD, Payment.Method.CREDIT, Payment.Method.POINTS)
"""Ways to pay that spend what the shop owes."""
BOOKED = (Order.State.OPEN, Order.State.COMPLETED)
KEYS = {"tax": "rate", "payments": "method", "cashiers": "id", "owed": "kind", "differences": "id"}
"""The lists of a report, and by which of their fields lines of two reports belong together."""
HAPPENED = (Order.State.COMPLETED, Order.State.VOIDED)
"""States of documents whose money went through a drawer."""
MOST_COUNTS = 3
CASH_PARTS = ("cash", "pay_ins", "pay_outs")
"""What of an amendment changes how much cash is expected."""


@dataclass(frozen=True, slots=True)
class Report:
    """An X or Z report. ``totals`` is as of the close (a Z) or of now; ``amendments`` came later, ``all_in`` is both.

    ``is_blind``: the one who looks is to count the drawer first, so nothing is shown that tells what it should hold.
    ``held`` is what a till took in and could not be booked (``count``, ``total``, ``cash``); it waits among the
    exceptions and is in none of the sums.
    """

    shift: Shift
    totals: dict[str, Any]
    amendments: list[dict[str, Any]]
    all_in: dict[str, Any]
    is_blind: bool
    held: Mapping[str, Any]


def registers(*, actor: Actor, permission: str = VIEW_SHIFTS) -> QuerySet[Register]:
    """The registers of the locations the actor may see."""
    places = actor.places(permission)
    rows = Register.objects.select_related("location")
    return rows if places is None else rows.filter(location__in=places)


def find_register(register_id: UUID, *, actor: Actor, permission: str = VIEW_SHIFTS) -> Register:
    """A register. Raises `NotFound` also for one of a location where the actor does not hold the permission."""
    row = registers(actor=actor, permission=permission).filter(pk=register_id).first()
    if row is None:
        raise NotFound("There is no such register.", details={"register": str(register_id)})
    return row


def open_drawers(location_id: UUID) -> list[Register]:
    """The registers of a place whose drawer is open, by name: what cash can go through now."""
    rows = Register.objects.filter(location=location_id, is_active=True, shifts__state=Shift.State.OPEN)
    return list(rows.order_by("name", "pk"))


def has_registers(location_id: UUID) -> bool:
    """Whether a place counts drawers at all."""
    return Register.objects.filter(location=location_id, is_active=True).exists()


def open_shifts(ids: Iterable[UUID]) -> dict[UUID, Shift]:
    """The open shift of each register that has one."""
    rows = Shift.objects.filter(register__in=list(ids), state=Shift.State.OPEN)
    return {row.register_id: row for row in rows}


def visible_shifts(*, actor: Actor, permission: str = VIEW_SHIFTS) -> QuerySet[Shift]:
    """Shifts of the locations the actor may see."""
    places = actor.places(permission)
    rows = Shift.objects.select_related("register__location")
    return rows if places is None else rows.filter(register__location__in=places)


def find_shift(shift_id: UUID, *, actor: Actor, permission: str = VIEW_SHIFTS) -> Shift:
    """A shift. Raises `NotFound` also for one of a location where the actor does not hold the permission."""
    shift = visible_shifts(actor=actor, permission=permission).filter(pk=shift_id).first()
    if shift is None:
        raise NotFound("There is no such shift.")
    return shift


def expected_cash(shift: Shift) -> Decimal:
    """Float, cash payments of the shift and its cash movements; nothing else."""
    payments = Payment.objects.filter(shift=shift, method=Payment.Method.CASH)
    moved = CashMovement.objects.filter(shift=shift)
    sums = [rows.aggregate(sum=Sum("amount"))["sum"] or NOTHING for rows in (payments, moved)]
    return shift.opening_float + sum(sums, NOTHING)


def cash_while_shut(order: Order, shift: Shift) -> Decimal:
    """Cash of a document of this shift that came in, or (negative) went out, before the shift was opened."""
    paid = Payment.objects.filter(order=order, shift=shift, method=Payment.Method.CASH, received_at__lt=shift.opened_at)
    return paid.aggregate(sum=Sum("amount"))["sum"] or NOTHING


@dataclass(frozen=True, slots=True)
class Waiting:
    """Documents that wait for the next shift of their register, because none was open, and the cash of them."""

    documents: int = 0
    cash: Decimal = NOTHING


def waiting_cash(ids: Iterable[UUID]) -> dict[UUID, Waiting]:
    """What waits at each of these registers; those where nothing does are left out."""
    waiting = Order.objects.filter(register__in=list(ids), shift=None, state__in=HAPPENED).order_by("register")
    cash = Sum("payments__amount", filter=Q(payments__method=Payment.Method.CASH, payments__shift=None))
    rows = waiting.values("register").annotate(documents=Count("pk", distinct=True), cash=cash)
    return {row["register"]: Waiting(row["documents"], row["cash"] or NOTHING) for row in rows}


def counts_with(order: Order) -> list[Shift]:
    """Where cash of a document made while its drawer was shut may have been counted: the shift that it is in first,
    then the one that was closed before, and the newest ones.
    """
    if order.shift_id is None:
        return []
    rows = Shift.objects.filter(register=order.register_id).select_related("register__location")
    booked = rows.get(pk=order.shift_id)
    others = [*rows.filter(number__lt=booked.number).order_by("-number")[:1], *rows.order_by("-number")[:MOST_COUNTS]]
    return list({row.pk: row for row in (booked, *others)}.values())


def figures(shift: Shift, *, order_id: UUID | None = None) -> dict[str, Any]:
    """What a shift, or one document of it, adds up to: plain JSON, amounts as text.

    Refunds are negative. Voided sales stand for themselves; what was paid for them and given back cancels out. Gift
    cards are no sales: what was paid for them is owed, and stands in ``owed`` with what was spent and given back. Goods
    bought from customers are no refunds: ``bought`` is what they came to, and what of it left the drawer, which the
    payments in cash hold already.
    ``differences`` are what was paid by mistake and accepted as it was, each with its reason; never rounding.
    ``open_orders`` are those taken for later whose money went through this drawer.
    """
    orders = Order.objects.filter(shift=shift)
    lines = OrderLine.objects.filter(order__shift=shift, order__state__in=BOOKED)
    payments = Payment.objects.filter(shift=shift)
    if order_id is not None:
        orders, lines = orders.filter(pk=order_id), lines.filter(order=order_id)
        payments = payments.filter(order=order_id)
    booked = orders.filter(state__in=BOOKED)

    def told(amount: Decimal | None) -> str:
        return plain_amount(amount or NOTHING, shift.currency)

    def documents(rows: QuerySet[Order]) -> dict[str, Any]:
        found = rows.aggregate(count=Count("pk"), total=Sum(EARNED))
        return {"count": found["count"], "total": told(found["total"])}

    extras = booked.aggregate(discounts=Sum("discount_total"), rounding=Sum("cash_rounding"))
    methods = list(
        payments.order_by("method")
        .values("method")
        .annotate(
            count=Count("pk"),
            received=Sum("amount", filter=Q(amount__gt=0)),
            paid_out=Sum("amount", filter=Q(amount__lt=0)),
            total=Sum("amount"),
        )
    )
    return {
        "documents": orders.exclude(state=Order.State.PARKED).count(),
        "sales": documents(booked.filter(kind=Order.Kind.SALE)),
        "refunds": documents(booked.filter(kind=Order.Kind.REFUND)),
        "bought": _bought(booked, payments, told),
        "voids": documents(orders.filter(state=Order.State.VOIDED)),
        "tax": [
            {"rate": plain_decimal(row["tax_rate"]), "net": told(row["net"]), "tax": told(row["tax"])}
            for row in lines.filter(kind=OrderLine.Kind.GOODS)
            .order_by("-tax_rate")
            .values("tax_rate")
            .annotate(net=Sum("net"), tax=Sum("tax"))
        ],
        "discounts": told(extras["discounts"]),
        "cash_rounding": told(extras["rounding"]),
        "differences": [
            {
                "id": str(row.pk),
                "number": row.number,
                "amount": told(row.payment_difference),
                "reason": row.difference_reason,
            }
            for row in booked.exclude(payment_difference=0).order_by("occurred_at", "pk")
        ],
        "payments": [
            {
                "method": row["method"],
                "count": row["count"],
                "received": told(row["received"]),
                "paid_out": told(row["paid_out"]),
                "total": told(row["total"]),
            }
            for row in methods
        ],
        "cash": told(sum((row["total"] for row in methods if row["method"] == Payment.Method.CASH), NOTHING)),
        "cashiers": [
            {
                "id": str(row["created_by_id"] or ""),
                "label": row["created_by_label"],
                "documents": row["documents"],
                "total": told(row["sum"]),
            }
            for row in booked.order_by("created_by_label", "created_by_id")
            .values("created_by_id", "created_by_label")
            .annotate(documents=Count("pk"), sum=Sum(EARNED))
        ],
        "owed": _owed(lines.filter(kind=OrderLine.Kind.GIFT_CARD), methods, told),
        "open_orders": _open_orders(payments, told),
    }


def _owed(
    cards: QuerySet[OrderLine], methods: Iterable[Mapping[str, Any]], told: Callable[..., str]
) -> list[dict[str, str]]:
    """Gift cards, store credit and points, each with what was sold of it, spent, and given back."""
    sold = cards.aggregate(sum=Sum("total"))["sum"] or NOTHING
    paid = {row["method"]: row for row in methods if row["method"] in OWED}
    return [
        {
            "kind": str(method.value),
            "sold": told(sold if method == Payment.Method.GIFT_CARD else NOTHING),
            "redeemed": told(paid[method]["received"] if method in paid else NOTHING),
            "given_back": told(-(paid[method]["paid_out"] or NOTHING) if method in paid else NOTHING),
        }
        for method in OWED
        if method in paid or (sold and method == Payment.Method.GIFT_CARD)
    ]


def _bought(booked: QuerySet[Order], payments: QuerySet[Payment], told: Callable[..., str]) -> dict[str, Any]:
    """Goods bought from customers, in negative amounts: in all, and in cash."""
    found = booked.filter(kind=Order.Kind.PURCHASE).aggregate(count=Count("pk"), total=Sum("total"))
    paid = payments.filter(order__kind=Order.Kind.PURCHASE, method=Payment.Method.CASH).aggregate(sum=Sum("amount"))
    return {"count": found["count"], "total": told(found["total"]), "cash": told(paid["sum"])}


def _open_orders(payments: QuerySet[Payment], told: Callable[..., str]) -> dict[str, Any]:
    """Orders taken for later whose money this drawer received or gave back."""
    found = payments.filter(order__delivery__isnull=False).aggregate(
        count=Count("order", distinct=True),
        received=Sum("amount", filter=Q(amount__gt=0)),
        paid_out=Sum("amount", filter=Q(amount__lt=0)),
    )
    return {"count": found["count"], "received": told(found["received"]), "paid_out": told(found["paid_out"])}


def drawer_figures(shift: Shift) -> dict[str, Any]:
    """`figures` of a shift with what its drawer started with, got besides, and should hold."""
    moved = CashMovement.objects.filter(shift=shift).aggregate(
        put_in=Sum("amount", filter=Q(amount__gt=0)), taken_out=Sum("amount", filter=Q(amount__lt=0))
    )
    return {
        **figures(shift),
        "opening_float": plain_amount(shift.opening_float, shift.currency),
        "pay_ins": plain_amount(moved["put_in"] or NOTHING, shift.currency),
        "pay_outs": plain_amount(moved["taken_out"] or NOTHING, shift.currency),
        "expected": plain_amount(expected_cash(shift), shift.currency),
    }


def report_of(shift: Shift, *, actor: Actor) -> Report:
    """The report of a shift: an X while it is open, the frozen Z with its amendments after the close."""
    held = _held(shift)
    if shift.state == Shift.State.OPEN:
        totals = drawer_figures(shift)
        is_blind = shift.counted is None and not actor.may(SEE_EXPECTED_CASH, at=shift.register.location_id)
        return Report(
            shift, _blinded(totals) if is_blind else totals, [], totals if not is_blind else {}, is_blind, held
        )
    later = [
        {
            "name": f"Z{shift.number}{letters(row.number)}",
            "number": row.number,
            "order_id": str(row.order_id),
            "amounts": row.amounts,
            "recorded_at": row.recorded_at,
        }
        for row in shift.amendments.order_by("number")
    ]
    totals = shift.totals or {}
    all_in = totals
    for row in later:
        all_in = added(all_in, row["amounts"], currency=shift.currency)
    return Report(shift, totals, later, all_in, False, held)


def _held(shift: Shift) -> dict[str, Any]:
    """What tills took in during a shift and is in no book yet."""
    found = held_money(shift.register_id, shift.opened_at, shift.closed_at)
    told = {name: plain_amount(Decimal(found[name]), shift.currency) for name in ("total", "cash")}
    return {"count": found["count"], **told}


def _blinded(totals: Mapping[str, Any]) -> dict[str, Any]:
    """What may be shown before the count: nothing from which the cash in the drawer could be worked out."""
    return {name: totals[name] for name in ("documents", "opening_float", "pay_ins", "pay_outs")}


def letters(number: int) -> str:
    """1 is a, 26 is z, 27 is aa: how amendments of a Z are named."""
    text = ""
    while number:
        number, place = divmod(number - 1, 26)
        text = chr(ord("a") + place) + text
    return text


def added(report: Mapping[str, Any], more: Mapping[str, Any], *, currency: str) -> dict[str, Any]:
    """Two reports in one. ``expected`` grows by the cash that came later; what was counted stays what it was."""
    found = {name: _sum(name, value, more.get(name), currency) for name, value in report.items()}
    found |= {name: value for name, value in more.items() if name not in report}  # an older report knew no such line
    for name in ("expected", "difference"):
        if name in found:
            change = sum((Decimal(more.get(part, 0)) for part in CASH_PARTS), NOTHING)
            found[name] = plain_amount(Decimal(found[name]) + (change if name == "expected" else -change), currency)
    return found


def _sum(name: str, one: Any, other: Any, currency: str) -> Any:
    if other is None or name in ("label", "id", "rate", "method", "kind", "number", "reason"):
        return one
    if isinstance(one, int):
        return one + other
    if isinstance(one, dict):
        return {inner: _sum(inner, value, other.get(inner), currency) for inner, value in one.items()}
    if isinstance(one, list):
        rows = {row[KEYS[name]]: row for row in one}
        for row in other:
            kept = rows.get(row[KEYS[name]])
            rows[row[KEYS[name]]] = row if kept is None else _sum(name, kept, row, currency)
        return list(rows.values())
    return plain_amount(Decimal(one) + Decimal(other), currency)
