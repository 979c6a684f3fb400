"""What does not fit: raised with the item it is about, settled by a person."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, NotFound, fault, refuse
from core.events import DomainEvent
from core.locations.models import Location
from core.outbox.services import emit, emit_all
from core.people.permissions import RESOLVE_EXCEPTIONS
from core.sync.events import ExceptionRaised, ExceptionResolved
from core.sync.models import Flag, SyncItem
from core.sync.reading import clean
from core.sync.registry import QUARANTINED, Doubt, Held, Outcome, title_of
from core.tenancy.context import current_tenant

ACCEPTED, DISMISSED, BOOKED, CORRECTED = "accepted", "dismissed", "booked", "corrected"
SETTLED = ("resolution", "note", "resolved_at", "resolved_by_id", "resolved_by_label")
NOTHING_HELD = Held()


def raise_flags(
    item: SyncItem, doubts: Sequence[Doubt], *, outcome: Outcome, actor: Actor, held: Held = NOTHING_HELD
) -> None:
    """Leave doubts for a person, in the transaction of their item; tells ``exception.raised`` of each."""
    if not doubts:
        return
    place = outcome.location_id
    if place is not None and held is not NOTHING_HELD and not Location.objects.filter(pk=place).exists():
        place = None
    flags = [
        Flag(
            kind=doubt.kind[:40],
            sentence=clean(doubt.sentence)[:500],
            item=item,
            device_id=item.device_id,
            location_id=place,
            register_id=held.register_id,
            author_id=item.author_id,
            author_label=item.author_label,
            object_type=outcome.object_type,
            object_id=outcome.object_id if outcome.object_type else None,
            object_label=clean(outcome.label)[:200],
            details=dict(doubt.details),
            currency=current_tenant().currency,
            at_risk=max(doubt.at_risk, Decimal(0)),
            held=held.total,
            held_cash=held.cash,
            occurred_at=item.occurred_at,
        )
        for doubt in doubts
    ]
    Flag.objects.bulk_create(flags)
    emit_all([_raised(flag) for flag in flags], actor=actor)


def _raised(flag: Flag) -> DomainEvent:
    return ExceptionRaised(
        exception_id=flag.pk,
        version=flag.version,
        kind=flag.kind,
        title=title_of(flag.kind),
        location_id=flag.location_id,
        device_id=flag.device_id,
        device=flag.device.name,
        about_type=flag.object_type,
        about_id=flag.object_id,
        currency=flag.currency,
        at_risk=flag.at_risk,
        held=flag.held,
        happened_at=flag.occurred_at,
    )


@transaction.atomic
def settle_flag(flag_id: UUID, *, resolution: str, note: str = "", actor: Actor) -> Flag:
    """Close an exception: ``accepted`` as it was booked, or ``dismissed`` (of what could not be booked; needs a note).

    It changes nothing of what was booked: what is to be put right is put right where it stands. A repeat changes
    nothing.

    Raises:
        NotFound: there is no such exception at a location where the actor may settle them.
        Conflict: somebody settled it in another way before.
        Invalid: the resolution is not one for it, or its note is missing or too long.
    """
    flag = locked_flag(flag_id, actor=actor)
    note = note.strip()
    _check(flag, resolution, note)
    if flag.resolved_at is not None:
        if flag.resolution == resolution:
            return flag
        raise Conflict("Somebody has settled it before.", details={"resolution": flag.resolution})
    close(flag, resolution, note, actor)
    return flag


def locked_flag(flag_id: UUID, *, actor: Actor) -> Flag:
    """An exception that the actor may settle, locked. Raises `NotFound`, `Forbidden`."""
    places = actor.places(RESOLVE_EXCEPTIONS)
    rows = Flag.objects.select_for_update(of=("self",)).select_related("item", "device")
    flag = (rows if places is None else rows.filter(location__in=places)).filter(pk=flag_id).first()
    if flag is None:
        raise NotFound("There is no such exception.")
    return flag


def close(flag: Flag, resolution: str, note: str, actor: Actor, *, remedy: str = "") -> None:
    """Write down that a locked exception is settled (by a ``remedy``), and tell it; in its transaction."""
    if remedy:
        flag.details = {**flag.details, "remedy": remedy}
    flag.resolution, flag.note, flag.resolved_at = resolution, note[:300], datetime.now(UTC)
    flag.resolved_by_id, flag.resolved_by_label = actor.id, actor.label[:200]
    flag.version += 1
    flag.save(update_fields=[*SETTLED, "details", "version"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="exception",
        object_id=flag.pk,
        object_label=title_of(flag.kind),
        changes={
            "resolution": ("", resolution),
            "note": ("", flag.note),
            **({"remedy": (None, remedy)} if remedy else {}),
        },
    )
    emit(
        ExceptionResolved(
            exception_id=flag.pk,
            version=flag.version,
            kind=flag.kind,
            location_id=flag.location_id,
            resolution=resolution,
            remedy=remedy,
        ),
        actor=actor,
    )


def _check(flag: Flag, resolution: str, note: str) -> None:
    errors = []
    fitting = DISMISSED if flag.kind == QUARANTINED else ACCEPTED
    if resolution != fitting:
        errors.append(fault("/resolution", "value", f"This one can be {fitting}."))
    if resolution == DISMISSED and not note:
        errors.append(fault("/note", "required", "Say what became of it: nothing of it is in the books."))
    if len(note) > 300 or "\x00" in note:
        errors.append(fault("/note", "length", "At most 300 characters."))
    refuse(*errors)
