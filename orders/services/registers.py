"""Registers: tills with a drawer of their own."""

from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import differences, field_values, record
from core.errors import Conflict, NotFound, fault, must_be_version, refuse
from core.locations.selectors import active_location
from core.outbox.services import emit
from orders.errors import ShiftIsOpen
from orders.events import RegisterChanged
from orders.models import Register, Shift
from orders.permissions import MANAGE_REGISTERS

FIELDS = ("name", "is_active")
LONGEST_NAME = 60


@transaction.atomic
def create_register(*, location_id: UUID, name: str, actor: Actor) -> Register:
    """Add a register to a location.

    Raises:
        Forbidden: the actor may not set up registers there.
        NotFound, Invalid: the location or the name is none.
        Conflict: another register of the location has this name.
    """
    actor.require(MANAGE_REGISTERS, at=location_id)
    register = Register(location=active_location(location_id), name=_name(name))
    _save(register)
    _tell(register, AuditEntry.Action.CREATE, {name: (None, getattr(register, name)) for name in FIELDS}, actor)
    return register


@transaction.atomic
def update_register(
    register_id: UUID,
    *,
    name: str | None = None,
    is_active: bool | None = None,
    expected_version: int | None = None,
    actor: Actor,
) -> Register:
    """Rename a register, or take it in or out of use; what is None stays. A repeat changes and tells nothing.

    Raises:
        NotFound, Forbidden: there is no such register where the actor may set up registers.
        StaleVersion: it is not of ``expected_version`` any more.
        ShiftIsOpen: it cannot be taken out of use while its drawer is open.
        Invalid, Conflict: the name is none, or taken.
    """
    rows = Register.objects.select_for_update(of=("self",)).select_related("location")
    register = rows.filter(pk=register_id).first()
    if register is None or not actor.may(MANAGE_REGISTERS, at=register.location_id):
        raise NotFound("There is no such register.")
    must_be_version(expected_version, register.version, name=register.name)
    before = field_values(register, *FIELDS)
    if name is not None:
        register.name = _name(name)
    if is_active is not None:
        register.is_active = is_active
    changes = differences(before, field_values(register, *FIELDS))
    if not changes:
        return register
    if not register.is_active:
        running = Shift.objects.filter(register=register, state=Shift.State.OPEN).first()
        if running is not None:
            raise ShiftIsOpen("Close its shift first.", details={"shift": str(running.pk)})
    register.version += 1
    _save(register)
    _tell(register, AuditEntry.Action.CHANGE, changes, actor)
    return register


def _name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > LONGEST_NAME:
        refuse(fault("/name", "length", f"Between 1 and {LONGEST_NAME} characters."))
    return cleaned


def _save(register: Register) -> None:
    try:
        with transaction.atomic():
            register.save()
    except IntegrityError as taken:
        raise Conflict(f"There is a register {register.name!r} at {register.location} already.") from taken


def _tell(
    register: Register, action: AuditEntry.Action, changes: dict[str, tuple[object, object]], actor: Actor
) -> None:
    record(
        action,
        actor=actor,
        object_type="register",
        object_id=register.pk,
        object_label=register.name,
        changes=changes,
    )
    emit(
        RegisterChanged(
            register_id=register.pk,
            version=register.version,
            location_id=register.location_id,
            name=register.name,
            is_active=register.is_active,
        ),
        actor=actor,
    )
