"""Which shift a document belongs to: the part of every service that lets money through a drawer.

    drawer = enter_drawer(register_id, when=order.occurred_at)     # in the transaction, before the order is written
    drawer.stamp(order, payments)
    ...                                                            # write the order and its payments
    events += settle_drawer(drawer, order, actor=actor)            # after they are written

A document is in exactly one shift. While it is written it holds the register's row in share mode, so many sales go on
side by side, and the close (which wants the row for itself) adds up before all of them or after them. The register is
held and not the shift: a row that stops to be the open shift while we wait for it would stay locked all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound, fault, refuse
from core.events import DomainEvent
from orders.errors import NoOpenShift
from orders.events import ShiftAmended
from orders.models import Order, Payment, Register, Shift, ShiftAmendment
from orders.selectors.shifts import HAPPENED, figures, has_registers, letters, open_drawers

HOLD = "SELECT FROM orders_register WHERE id = %s FOR SHARE"
RUNNING_NOW = "SELECT id, opened_at FROM orders_shift WHERE register_id = %s AND state = 'open'"
RUNNING_THEN = """
    SELECT id FROM orders_shift
    WHERE register_id = %s AND state = 'closed' AND opened_at <= %s AND closed_at > %s
    ORDER BY opened_at DESC LIMIT 1 FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class Drawer:
    """The shift a document goes through; None: the register's next one. ``is_late``: it was closed before the
    document came.
    """

    register_id: UUID
    shift_id: UUID | None
    is_late: bool

    def stamp(self, order: Order | None, payments: Iterable[Payment]) -> None:
        """Write register and shift on rows that are not saved yet; ``order`` None for a payment of an older order."""
        if order is not None:
            order.register_id, order.shift_id = self.register_id, self.shift_id
        for payment in payments:
            payment.register_id, payment.shift_id = self.register_id, self.shift_id


def check_register(register_id: UUID, *, location_id: UUID) -> None:
    """Raise `NotFound` or `Invalid` unless there is such a register at this location; reads only."""
    place = Register.objects.filter(pk=register_id).values_list("location_id", flat=True).first()
    if place is None:
        raise NotFound("There is no such register.", details={"register": str(register_id)})
    if place != location_id:
        refuse(fault("/register", "elsewhere", "This register stands at another location."))


def check_cash_has_drawer(payments: Iterable[Payment], *, location_id: UUID, register_id: UUID | None) -> None:
    """Raise `Invalid` where cash would move at a place that counts its drawers, and nobody said through which.

    For what is done at a desk. A place without registers counts no drawer. Reads only.
    """
    if register_id is not None or not any(one.method == Payment.Method.CASH and one.amount for one in payments):
        return
    if open_drawers(location_id):
        refuse(fault("/register", "required", "Choose the drawer that the cash goes through."))
    if has_registers(location_id):
        detail = "No drawer is open here, so no cash can move. Open a shift at a register first, or use another way."
        refuse(fault("/", "no-open-shift", detail))


def enter_drawer(register_id: UUID, *, when: datetime, or_next: bool = False) -> Drawer:
    """The shift of a register for something that happened at ``when``, locked until the end of the transaction.

    The open one, if it had begun by then; else the closed one that was running then (the document is late and amends
    it); else, for a time between two shifts, the open one. With ``or_next`` else the one that is opened next: of a
    fact that nobody can refuse (`take_waiting`).

    Raises:
        NoOpenShift: there is none of these.
    """
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [register_id])
        cursor.execute(RUNNING_NOW, [register_id])
        now_open = cursor.fetchone()
        if now_open is not None and now_open[1] <= when:
            return Drawer(register_id, now_open[0], False)
        cursor.execute(RUNNING_THEN, [register_id, when, when])
        closed = cursor.fetchone()
    if closed is not None:
        return Drawer(register_id, closed[0], True)
    if now_open is not None:
        return Drawer(register_id, now_open[0], False)
    if or_next:
        return Drawer(register_id, None, False)
    raise NoOpenShift(details={"register": str(register_id)})


def take_waiting(shift: Shift) -> int:
    """Put into a shift that begins what happened at its register while none was open; answers how many documents.

    The caller holds the register's row for itself, so what waits is committed and nothing is added meanwhile.
    """
    waiting = Order.objects.filter(register=shift.register_id, shift=None, state__in=HAPPENED)
    ids = list(waiting.values_list("pk", flat=True))
    Payment.objects.filter(order__in=ids, register=shift.register_id, shift=None).update(shift=shift)
    return Order.objects.filter(pk__in=ids).update(shift=shift) if ids else 0


def amend(shift: Shift, order_id: UUID, amounts: Mapping[str, Any]) -> int:
    """Add to the Z report of a closed shift that is locked; answers the number of the amendment."""
    number = shift.amendments.count() + 1
    ShiftAmendment.objects.create(shift=shift, number=number, order_id=order_id, amounts=dict(amounts))
    return number


def settle_drawer(drawer: Drawer | None, order: Order, *, actor: Actor) -> list[DomainEvent]:
    """Amend the Z report of a shift that was closed before ``order`` came; nothing for one that runs.

    In the transaction of the order, after its rows are written. Answers the events for the caller to emit.
    """
    if drawer is None or drawer.shift_id is None or not drawer.is_late:
        return []
    shift = Shift.objects.select_related("register").get(pk=drawer.shift_id)  # `enter_drawer` has locked it
    amounts = figures(shift, order_id=order.pk)
    number = amend(shift, order.pk, amounts)
    shift.version += 1
    shift.save(update_fields=["version"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="shift",
        object_id=shift.pk,
        object_label=f"{shift.register} Z{shift.number}{letters(number)}",
        changes={"order": (None, order.number), "cash": (None, amounts["cash"])},
    )
    return [
        ShiftAmended(
            shift_id=shift.pk,
            version=shift.version,
            register_id=shift.register_id,
            location_id=shift.register.location_id,
            number=shift.number,
            amendment=number,
            order_id=order.pk,
            currency=shift.currency,
            total=order.total,
            cash=Decimal(amounts["cash"]),
        )
    ]
