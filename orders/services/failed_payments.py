"""Attempts to pay an open order that did not succeed: noted and told, while the order stands as before."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, ReusedIdentifier, fault, refuse
from core.money import is_payable
from core.outbox.services import emit
from core.retry import with_locks
from orders.events import PaymentFailed
from orders.lifecycle import must_be_open
from orders.models import FailedPayment, Order, Payment
from orders.services.placing import order_at_hand

CAN_FAIL = (Payment.Method.CARD.value, Payment.Method.BANK.value, Payment.Method.OTHER.value)
"""Ways to pay whose money comes through somebody else. Cash is there or not; our own accounts refuse by themselves."""
MOST_OF_AN_ORDER = 100
LONGEST_REASON, LONGEST_REFERENCE = 200, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt to pay ``amount`` by ``method`` and why it failed. ``attempt_id`` is the client's."""

    attempt_id: UUID
    method: str
    amount: Decimal
    reason: str
    reference: str = ""


def note_failed_payment(order_id: UUID, attempt: Attempt, *, actor: Actor) -> tuple[FailedPayment, bool]:
    """Note that a payment of an open order failed. Answers the row and whether this call made it.

    Nothing else moves: neither what is due, nor the order's version, nor a drawer. A repeat answers the same row.

    Raises:
        NotFound: there is no such order here.
        Forbidden: the actor takes no payments here.
        Invalid: the reason is missing, or the method or the amount is none; each is named.
        Conflict: the order is not open, or too many attempts stand already.
        ReusedIdentifier: the id belongs to another attempt.
    """
    try:
        return with_locks(lambda: _note(order_id, attempt, actor))
    except IntegrityError as conflict:
        raise ReusedIdentifier("A failed payment with this id exists for another order.") from conflict


@transaction.atomic(durable=True)
def _note(order_id: UUID, attempt: Attempt, actor: Actor) -> tuple[FailedPayment, bool]:
    order = order_at_hand(order_id, actor, locked=True)
    reason, reference = attempt.reason.strip(), attempt.reference.strip()
    _check(attempt, reason, reference, order)
    if (stored := FailedPayment.objects.filter(pk=attempt.attempt_id).first()) is not None:
        _must_be_same(stored, attempt, reason, reference, order, actor)
        return stored, False
    must_be_open(order)
    if order.failed_payments.count() >= MOST_OF_AN_ORDER:
        raise Conflict(f"{MOST_OF_AN_ORDER} payments of this order have failed already.")
    row = FailedPayment(
        id=attempt.attempt_id,
        order=order,
        method=attempt.method,
        currency=order.currency,
        amount=attempt.amount,
        reason=reason,
        reference=reference,
        actor_id=actor.id,
        actor_label=actor.label[:200],
    )
    row.save(force_insert=True)
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={
            "failed_payment": (None, row.amount),
            "method": (None, row.method),
            "reason": (None, row.reason),
        },
    )
    emit(
        PaymentFailed(
            attempt_id=row.pk,
            version=1,
            order_id=order.pk,
            number=order.number,
            location_id=order.location_id,
            method=row.method,
            currency=row.currency,
            amount=row.amount,
            reason=row.reason,
        ),
        actor=actor,
    )
    return row, True


def _check(attempt: Attempt, reason: str, reference: str, order: Order) -> None:
    faults = []
    if attempt.method not in CAN_FAIL:
        faults.append(fault("/method", "method", f"One of {', '.join(CAN_FAIL)}."))
    if attempt.amount <= 0:
        faults.append(fault("/amount", "positive", "More than zero."))
    elif order.rounding != "exact" and not is_payable(attempt.amount, order.currency):
        faults.append(fault("/amount", "places", f"{attempt.amount.normalize():f} is no amount of {order.currency}."))
    if not 0 < len(reason) <= LONGEST_REASON:
        faults.append(fault("/reason", "required", f"Say why, in at most {LONGEST_REASON} characters."))
    if len(reference) > LONGEST_REFERENCE:
        faults.append(fault("/reference", "too-long", f"At most {LONGEST_REFERENCE} characters."))
    refuse(*faults)


def _must_be_same(
    stored: FailedPayment, attempt: Attempt, reason: str, reference: str, order: Order, actor: Actor
) -> None:
    was = (stored.order_id, stored.method, stored.amount, stored.reason, stored.reference, stored.actor_id)
    if was != (order.pk, attempt.method, attempt.amount, reason, reference, actor.id):
        raise ReusedIdentifier("This id belongs to another failed payment.")
