"""Cash that went through a drawer while it was shut: it is said, and a person says in which count it lay.

A document that was made while no shift of its register was open is in the report of the next one, its cash on top of
that shift's float (`orders.services.drawers`). Where the cash was counted with the float, or with the drawer that was
closed before, that report would expect it a second time. The document stays in its one report; its cash is moved, by a
dated movement with its reason: out of the shift that the document is in, and into the one where it was counted.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from django.db import transaction

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.errors import Conflict, NotFound, fault, refuse
from core.money import plain_amount
from core.sync.registry import Doubt
from orders.models import CashMovement, Order, Payment, Register, Shift
from orders.permissions import RUN_SHIFT
from orders.selectors.shifts import cash_while_shut
from orders.services.drawers import amend
from orders.services.shifts import write_movement

NO_SHIFT = "no-shift"
CLOCKS = timedelta(minutes=2)
"""A sale so shortly before the opening is not told: clocks differ by more."""


def cash_of(payments: Iterable[Payment]) -> Decimal:
    """What of these payments is cash; negative where it went out."""
    return sum((row.amount for row in payments if row.method == Payment.Method.CASH), Decimal(0))


def waits_for_shift(cash: Decimal, *, register_id: UUID | None, currency: str) -> Doubt:
    """What is said of a document whose register has opened no shift since."""
    said = "No shift of its register was open at that time or is now. It will be in the report of its next one."
    return _doubt(said, cash, register_id, currency)


def while_shut(order: Order, cash: Decimal) -> Doubt | None:
    """What is said of a document with cash that is in the report of a shift which was opened after it happened."""
    if not cash or order.shift_id is None:
        return None
    late = order.occurred_at + CLOCKS
    shift = Shift.objects.filter(pk=order.shift_id, opened_at__gt=late).select_related("register").first()
    if shift is None:
        return None
    said = (
        f"No shift of {shift.register} was open at that time. It is in the report of shift {shift.number}, its cash on"
        " top of that float. Was it counted with the float?"
    )
    return _doubt(said, cash, order.register_id, order.currency)


def _doubt(said: str, cash: Decimal, register_id: UUID | None, currency: str) -> Doubt:
    details = {"register": str(register_id), "cash": plain_amount(cash, currency)}
    return Doubt(kind=NO_SHIFT, sentence=said, at_risk=abs(cash), details=details)


@transaction.atomic
def count_cash_elsewhere(order_id: UUID, *, counted_in: UUID, act_id: UUID, actor: Actor) -> list[CashMovement]:
    """Say where cash was counted that came in (or went out) while its drawer was shut; a repeat changes nothing.

    ``counted_in`` is the shift whose report the document is in: the cash was part of its float. Or another shift of the
    register: it was counted there. The report of a shift that is closed gets an amendment.

    Raises:
        NotFound: there is no such document of a register where the actor may run a shift.
        Invalid: the register has no such shift.
        Conflict: its register has opened no shift since, or none of its cash went through a shut drawer.
    """
    order = _order(order_id, actor)
    assert order.register_id is not None
    Register.objects.select_for_update(of=("self",), no_key=True).get(pk=order.register_id)
    order.refresh_from_db(fields=["shift"])
    done = list(CashMovement.objects.filter(pk__in=[act_id, _other(act_id)]).order_by("amount"))
    if done:
        return done
    if order.shift_id is None:
        raise Conflict("Its register has opened no shift since. Open one; then say where its cash was counted.")
    rows = Shift.objects.filter(register=order.register_id).select_related("register")
    shifts = rows.in_bulk([order.shift_id, counted_in])
    booked, counted = shifts[order.shift_id], shifts.get(counted_in)
    if counted is None:
        refuse(fault("/values/shift", "unknown", "This register has no such shift."))
    assert counted is not None
    cash = cash_while_shut(order, booked)
    if not cash:
        raise Conflict("None of its cash went through a shut drawer.")
    paper = order.receipt_number or f"#{order.number}"
    if counted == booked:
        reason = f"{paper}, made while no shift was open: counted with the float"
        return [_moved(booked, -cash, order, act_id, reason, booked.opened_at, actor)]
    out, into = f"{paper}: its cash is in shift {counted.number}", f"{paper}, made while no shift was open"
    when = counted.closed_at or datetime.now(UTC)
    return [
        _moved(booked, -cash, order, act_id, out, booked.opened_at, actor),
        _moved(counted, cash, order, _other(act_id), into, when, actor),
    ]


def _order(order_id: UUID, actor: Actor) -> Order:
    order = Order.objects.filter(pk=order_id, register__isnull=False).first()
    if order is None or not actor.may(RUN_SHIFT, at=order.location_id):
        raise NotFound("There is no such document of a register.")
    return order


def _other(act_id: UUID) -> UUID:
    return uuid5(act_id, "counted")


def _moved(
    shift: Shift, amount: Decimal, order: Order, movement_id: UUID, reason: str, when: datetime, actor: Actor
) -> CashMovement:
    movement = CashMovement(
        id=movement_id,
        request_hash=fingerprint([shift.pk, amount.normalize(), reason]),
        shift=shift,
        amount=amount,
        reason=reason[:200],
        occurred_at=when,
    )
    amendment = None
    if shift.state != Shift.State.OPEN:
        told = {name: plain_amount(Decimal(0), shift.currency) for name in ("cash", "pay_ins", "pay_outs")}
        told["pay_ins" if amount > 0 else "pay_outs"] = plain_amount(amount, shift.currency)
        amendment = amend(shift, order.pk, {"documents": 0, **told})
    write_movement(movement, amendment=amendment, actor=actor)
    return movement
