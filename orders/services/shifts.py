"""Shifts: a drawer from its float to its count.

Expected cash is the float, the cash payments of the shift and its cash movements, and nothing else. Who counts need not
know it: the count is given first, and noted before anybody is told that it differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.cash import sum_of, wrong_counts
from core.errors import Conflict, Invalid, NotFound, ReusedIdentifier
from core.locations.selectors import business_date
from core.money import is_payable, plain_amount
from core.outbox.services import emit
from core.retry import with_locks
from core.tenancy.context import current_tenant
from orders.errors import ReasonRequired, ShiftIsClosed, ShiftIsOpen
from orders.events import CashMoved, ShiftClosed, ShiftOpened
from orders.models import CashMovement, Register, Shift
from orders.permissions import RUN_SHIFT
from orders.selectors.shifts import drawer_figures, expected_cash
from orders.services.drawers import take_waiting

MOST_CASH = Decimal(10) ** 10
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Done:
    """The shift, and whether this call did it (False: an earlier one with the same content had)."""

    shift: Shift
    is_new: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """The cash movement, and whether this call made it."""

    movement: CashMovement
    is_new: bool


def open_shift(*, shift_id: UUID, register_id: UUID, opening_float: Decimal, actor: Actor) -> Done:
    """Open the drawer of a register with a float. ``shift_id`` is the caller's; a repeat gives the same shift.

    What tills sold while no shift was open, and sent since, is in this one: its cash comes on top of the float.

    Raises:
        NotFound, Forbidden: there is no such register in use where the actor may run a shift.
        Invalid: the float is no amount of the shop's currency.
        ShiftIsOpen: the register has an open shift; of two who open at once one gets this.
        ReusedIdentifier: the id belongs to another shift.
    """
    _check_amount(opening_float, "/opening_float", least=Decimal(0))
    try:
        return with_locks(lambda: _open(shift_id, register_id, opening_float, actor))
    except IntegrityError as conflict:
        # The register's row is locked, so the twin had the same id at another register.
        raise ReusedIdentifier("This id belongs to another shift.") from conflict


@transaction.atomic(durable=True)
def _open(shift_id: UUID, register_id: UUID, opening_float: Decimal, actor: Actor) -> Done:
    rows = Register.objects.select_for_update(of=("self",), no_key=True).select_related("location")
    register = rows.filter(pk=register_id).first()
    if register is None or not actor.may(RUN_SHIFT, at=register.location_id):
        raise NotFound("There is no such register.", details={"register": str(register_id)})
    request = fingerprint([register_id, opening_float.normalize()])
    shifts = Shift.objects.select_related("register__location")
    twin = shifts.filter(pk=shift_id).first()
    if twin is not None:
        if bytes(twin.request_hash) != request or twin.opened_by_id != actor.id:
            raise ReusedIdentifier("This id belongs to another shift.")
        return Done(twin, False)
    if not register.is_active:
        raise Conflict("This register is out of use.")
    running = shifts.filter(register=register, state=Shift.State.OPEN).first()
    if running is not None:
        raise ShiftIsOpen(details={"shift": str(running.pk)})
    last = Shift.objects.filter(register=register).aggregate(number=Max("number"), closed_at=Max("closed_at"))
    now = datetime.now(UTC)
    shift = Shift(
        id=shift_id,
        request_hash=request,
        register=register,
        number=(last["number"] or 0) + 1,
        currency=current_tenant().currency,
        business_date=business_date(now, register.location),
        opening_float=opening_float,
        opened_at=max(now, last["closed_at"] or now),  # shifts of a register never overlap, whatever the clocks say
        opened_by_id=actor.id,
        opened_by_label=actor.label[:200],
    )
    shift.save(force_insert=True)
    waiting = take_waiting(shift)
    late: dict[str, tuple[object, object]] = {"from_before": (None, waiting)} if waiting else {}
    _record(shift, AuditEntry.Action.CREATE, {"float": (None, opening_float), **late}, actor)
    emit(
        ShiftOpened(
            shift_id=shift.pk,
            version=shift.version,
            register_id=register.pk,
            location_id=register.location_id,
            number=shift.number,
            currency=shift.currency,
            opening_float=opening_float,
            business_date=shift.business_date,
        ),
        actor=actor,
    )
    return Done(shift, True)


def move_cash(*, movement_id: UUID, shift_id: UUID, amount: Decimal, reason: str, actor: Actor) -> Moved:
    """Put cash into an open drawer, or (negative) take it out, for something that is no sale. Safe to repeat.

    Raises:
        NotFound: there is no such shift where the actor may run one.
        Invalid: the amount is none or nothing, or there is no reason.
        ShiftIsClosed: the drawer was counted.
        ReusedIdentifier: the id belongs to another movement.
    """
    _check_amount(amount, "/amount", least=-MOST_CASH)
    reason = _reason(reason, is_needed=True)
    if not amount:
        _refuse("/amount", "zero", "Nothing would be moved.")
    try:
        return with_locks(lambda: _move(movement_id, shift_id, amount, reason, actor))
    except IntegrityError as conflict:
        raise ReusedIdentifier("This id belongs to another cash movement.") from conflict


@transaction.atomic(durable=True)
def _move(movement_id: UUID, shift_id: UUID, amount: Decimal, reason: str, actor: Actor) -> Moved:
    shift = _locked(shift_id, actor)
    request = fingerprint([shift_id, amount.normalize(), reason])
    twin = CashMovement.objects.filter(pk=movement_id).first()
    if twin is not None:
        if bytes(twin.request_hash) != request or twin.actor_id != actor.id:
            raise ReusedIdentifier("This id belongs to another cash movement.")
        return Moved(twin, False)
    if shift.state != Shift.State.OPEN:
        raise ShiftIsClosed
    movement = CashMovement(
        id=movement_id, request_hash=request, shift=shift, amount=amount, reason=reason, occurred_at=datetime.now(UTC)
    )
    write_movement(movement, actor=actor)
    return Moved(movement, True)


def write_movement(movement: CashMovement, *, amendment: int | None = None, actor: Actor) -> None:
    """Write cash put into a drawer or taken out, by whom, and tell it; the register's row is held by the caller.

    ``amendment`` is that of the report of a shift that was closed before.
    """
    shift = movement.shift
    movement.actor_kind, movement.actor_id, movement.actor_label = actor.kind, actor.id, actor.label[:200]
    movement.save(force_insert=True)
    shift.version += 1
    shift.save(update_fields=["version"])
    said: dict[str, tuple[object, object]] = {"cash": (None, movement.amount), "reason": (None, movement.reason)}
    _record(shift, AuditEntry.Action.CHANGE, said, actor)
    emit(
        CashMoved(
            shift_id=shift.pk,
            version=shift.version,
            movement_id=movement.pk,
            register_id=shift.register_id,
            location_id=shift.register.location_id,
            currency=shift.currency,
            amount=movement.amount,
            reason=movement.reason,
            amendment=amendment,
        ),
        actor=actor,
    )


def close_shift(*, shift_id: UUID, counted: Mapping[str, int], reason: str = "", actor: Actor) -> Done:
    """Close a drawer with its count: pieces of each coin and note (`core.cash.denominations`); the rest is none.

    Freezes the Z report. A repeat with the same count and reason gives the closed shift. Without a reason a count that
    differs is noted and refused: whoever counts again leaves the first count in the audit log.

    Raises:
        NotFound: there is no such shift where the actor may run one.
        Invalid: a denomination or a number of pieces is none; each by its pointer.
        ReasonRequired: the count differs; ``difference`` says by how much.
        ShiftIsClosed: it was closed with another count.
    """
    pieces = {value: number for value, number in counted.items() if number}
    wrong = wrong_counts(counted, current_tenant().currency)
    if wrong:
        errors = [
            {"pointer": f"/counted/{value}", "code": "denomination", "detail": text} for value, text in wrong.items()
        ]
        raise Invalid(errors[0]["detail"], details={"errors": errors})
    done = with_locks(lambda: _close(shift_id, pieces, _reason(reason), actor))
    if isinstance(done, ReasonRequired):
        raise done
    return done


@transaction.atomic(durable=True)
def _close(shift_id: UUID, pieces: Mapping[str, int], reason: str, actor: Actor) -> Done | ReasonRequired:
    """The refusal is answered, not raised: the count is to be kept."""
    shift = _locked(shift_id, actor)
    request = fingerprint([dict(pieces), reason])
    if shift.state != Shift.State.OPEN:
        if bytes(shift.close_hash or b"") != request:
            raise ShiftIsClosed
        return Done(shift, False)
    total, expected = sum_of(pieces), expected_cash(shift)
    difference = total - expected
    noted = shift.counted_total
    shift.counted, shift.counted_total = dict(pieces), total
    shift.version += 1
    told = {
        name: plain_amount(value, shift.currency) for name, value in (("counted", total), ("difference", difference))
    }
    if difference and not reason:
        shift.save(update_fields=["counted", "counted_total", "version"])
        _record(shift, AuditEntry.Action.CHANGE, {"counted": (noted, total)}, actor)
        return ReasonRequired(
            f"The drawer holds {told['difference'].lstrip('-')} {shift.currency} "
            f"{'more' if difference > 0 else 'less'} than expected. Count again, or say why.",
            details={**told, "expected": plain_amount(expected, shift.currency)},
        )
    shift.state, shift.close_hash, shift.closed_at = Shift.State.CLOSED, request, datetime.now(UTC)
    shift.closed_by_id, shift.closed_by_label = actor.id, actor.label[:200]
    shift.expected_total, shift.difference_reason = expected, reason
    shift.totals = {**drawer_figures(shift), **told}
    shift.save()
    _record(
        shift,
        AuditEntry.Action.CHANGE,
        {"state": (Shift.State.OPEN, shift.state), "counted": (noted, total), "difference": (None, difference)},
        actor,
    )
    emit(
        ShiftClosed(
            shift_id=shift.pk,
            version=shift.version,
            register_id=shift.register_id,
            location_id=shift.register.location_id,
            number=shift.number,
            currency=shift.currency,
            documents=shift.totals["documents"],
            expected=expected,
            counted=total,
            difference=difference,
            reason=reason,
        ),
        actor=actor,
    )
    return Done(shift, True)


def _locked(shift_id: UUID, actor: Actor) -> Shift:
    """The shift with the row of its register for ourselves: whoever sells there holds it in share mode."""
    register = Register.objects.select_for_update(of=("self",), no_key=True).filter(shifts=shift_id).first()
    if register is None or not actor.may(RUN_SHIFT, at=register.location_id):
        raise NotFound("There is no such shift.")
    return Shift.objects.select_related("register__location").get(pk=shift_id)


def _check_amount(amount: Decimal, pointer: str, *, least: Decimal) -> None:
    currency = current_tenant().currency
    if not amount.is_finite() or not least <= amount <= MOST_CASH:
        _refuse(pointer, "range", "There is not so much cash in any drawer.")
    if not is_payable(amount, currency):
        _refuse(pointer, "places", f"{amount.normalize():f} is no amount of {currency}.")


def _reason(reason: str, *, is_needed: bool = False) -> str:
    cleaned = " ".join(reason.split())
    if (is_needed and not cleaned) or len(cleaned) > LONGEST_REASON:
        _refuse("/reason", "length", f"Say why, in at most {LONGEST_REASON} characters.")
    return cleaned


def _refuse(pointer: str, code: str, detail: str) -> None:
    raise Invalid(detail, details={"errors": [{"pointer": pointer, "code": code, "detail": detail}]})


def _record(shift: Shift, action: AuditEntry.Action, changes: dict[str, tuple[object, object]], actor: Actor) -> None:
    record(
        action,
        actor=actor,
        object_type="shift",
        object_id=shift.pk,
        object_label=f"{shift.register} Z{shift.number}",
        changes=changes,
    )
