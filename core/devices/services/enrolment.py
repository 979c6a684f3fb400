"""Let a browser in as a device: a person makes an invitation, the browser takes it up with its code."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.devices.errors import AlreadyADevice, EnrolmentOver
from core.devices.events import DeviceEnrolled
from core.devices.models import Device, Enrolment
from core.devices.permissions import MANAGE_DEVICES
from core.devices.selectors import code_of, device_of_token, enrolment_of_code, hash_of
from core.errors import Conflict, Forbidden, ReusedIdentifier, fault, refuse
from core.limits import Rate, give_back, hit
from core.locations.models import Location
from core.locations.selectors import active_location
from core.outbox.services import emit
from core.people.models import Role
from core.people.selectors import actor_by_id
from core.people.services import TooManyAttempts, sync_built_in_roles

CODE_LIVES = timedelta(minutes=10)
UNUSED_FOR = timedelta(days=90)
GUESSES = Rate("enrolment-code", 20, 600, is_kept=True)
PREFIX = re.compile(r"[A-Z0-9]{1,4}")


@transaction.atomic
def begin_enrolment(
    *, enrolment_id: UUID, name: str, prefix: str, location_id: UUID, actor: Actor, role: str | None = None
) -> tuple[Enrolment, str]:
    """Invite one device; answers the invitation and its code, good once and for ten minutes.

    ``role`` (a name) is the most that anybody may do on the device; None sets no ceiling. A repeat answers the same
    code; once that is over, a new one.

    Raises:
        Forbidden: the actor may not manage devices there.
        Invalid: a value is wrong.
        Conflict: a device has, or had, this prefix.
        ReusedIdentifier: the id was used for another invitation.
        NotFound: there is no such location.
    """
    actor.require(MANAGE_DEVICES, at=location_id)
    if actor.kind != "user" or actor.id is None:
        raise Forbidden("Only a person lets devices in.")
    location, name, prefix = active_location(location_id), tidy_name(name), prefix.strip().upper()
    ceiling = find_role(role)
    refuse(*wrong_name(name), *_wrong_prefix(prefix))
    made = _insert(enrolment_id, (name, prefix, location, ceiling), made_by=actor.id)
    row = Enrolment.objects.select_for_update().get(pk=enrolment_id)
    asked = (name, prefix, location.pk, ceiling.pk if ceiling else None, actor.id)
    if (row.name, row.prefix, row.location_id, row.role_id, row.made_by_id) != asked:
        raise ReusedIdentifier
    if row.used_at is None:
        _require_free(prefix)
        _renew_late(row)
    if made:
        record(
            AuditEntry.Action.CREATE,
            actor=actor,
            object_type="enrolment",
            object_id=row.pk,
            object_label=name,
            changes={"prefix": (None, prefix), "location": (None, location.pk), "role": (None, role)},
        )
    return row, code_of(row)


def _insert(enrolment_id: UUID, said: tuple[str, str, Location, Role | None], *, made_by: UUID) -> bool:
    """Make the row unless it stands; who repeats at the same moment waits here for the first."""
    if Enrolment.objects.filter(pk=enrolment_id).exists():
        return False
    name, prefix, location, role = said
    row = Enrolment(
        id=enrolment_id,
        name=name,
        prefix=prefix,
        location=location,
        role=role,
        made_by_id=made_by,
        expires_at=datetime.now(UTC) + CODE_LIVES,
    )
    row.code_hash = hash_of(code_of(row))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _renew_late(row: Enrolment) -> None:
    if row.is_open:
        return
    row.expires_at = datetime.now(UTC) + CODE_LIVES
    row.code_hash = hash_of(code_of(row))
    row.save(update_fields=["expires_at", "code_hash"])


@transaction.atomic
def enrol_device(*, code: str, token: str, visitor: Actor, known_as: Device | None = None) -> Device:
    """Make the browser that shows a code a device; from now on ``token`` is its secret (of `new_token`).

    A repeat with the same code and token answers the same device. Of two browsers with one code the first one gets it.
    ``known_as`` is the living device that the browser is by another secret.

    Raises:
        EnrolmentOver: the code is unknown, used or late, or who made it may not manage devices any more.
        AlreadyADevice: the browser is a device, or the secret belongs to one.
        Conflict: another device got the prefix meanwhile.
        TooManyAttempts: somebody guesses codes.
    """
    row = look_up_code(code, visitor=visitor)
    row = Enrolment.objects.select_for_update().get(pk=row.pk)
    known = device_of_token(token)
    if known is not None and row.device_id == known.pk:
        return known
    if known := known or known_as:
        words = f"This browser is {known} already. Revoke it first if it shall be another one."
        raise AlreadyADevice(words, details={"device": str(known.pk)})
    inviter = actor_by_id("user", row.made_by_id)
    if not row.is_open or inviter is None or not inviter.may(MANAGE_DEVICES, at=row.location_id):
        raise EnrolmentOver
    now = datetime.now(UTC)
    _require_free(row.prefix)
    device = Device(
        name=row.name,
        prefix=row.prefix,
        location_id=row.location_id,
        role_id=row.role_id,
        token_hash=hash_of(token),
        enrolled_by_id=row.made_by_id,
        expires_at=now + UNUSED_FOR,
        client=visitor.client[:200],
    )
    try:
        with transaction.atomic():
            device.save(force_insert=True)
    except IntegrityError as taken:
        raise Conflict(_taken(row.prefix)) from taken
    row.used_at, row.device = now, device
    row.save(update_fields=["used_at", "device"])
    _tell_enrolled(device, row, visitor)
    return device


def look_up_code(code: str, *, visitor: Actor) -> Enrolment:
    """The invitation of a code that is open, or was used. Counts the attempts of an address.

    Raises:
        EnrolmentOver: nobody made this code, or it is late.
        TooManyAttempts: too many wrong codes from one address.
    """
    if not hit(GUESSES, visitor.address).allowed:
        raise TooManyAttempts
    row = enrolment_of_code(code)
    if row is None or (row.used_at is None and not row.is_open):
        raise EnrolmentOver
    give_back(GUESSES, visitor.address)
    return row


def _tell_enrolled(device: Device, row: Enrolment, visitor: Actor) -> None:
    actor = Actor(
        kind="device",
        id=device.pk,
        label=device.name,
        address=visitor.address,
        client=visitor.client,
        request_id=visitor.request_id,
    )
    role = row.role.name if row.role else None
    record(
        AuditEntry.Action.CREATE,
        actor=actor,
        object_type="device",
        object_id=device.pk,
        object_label=device.name,
        changes={
            "prefix": (None, device.prefix),
            "location": (None, device.location_id),
            "role": (None, role),
            "invited_by": (None, row.made_by_id),
        },
    )
    emit(
        DeviceEnrolled(
            device_id=device.pk,
            version=1,
            name=device.name,
            prefix=device.prefix,
            location_id=device.location_id,
            role=role,
        ),
        actor=actor,
    )


def find_role(name: str | None) -> Role | None:
    """The role that is to be a ceiling; none for None or nothing. Raises `Invalid`."""
    if not name:
        return None
    sync_built_in_roles()
    role = Role.objects.filter(name=name).first()
    if role is None:
        refuse(fault("/role", "unknown", f"There is no role {name[:60]!r}."))
    return role


def tidy_name(name: str) -> str:
    """A name without spaces around and within it that say nothing."""
    return " ".join(name.split())


def wrong_name(name: str) -> list[dict[str, str]]:
    """What is wrong with a device's name."""
    if name and len(name) <= 60 and name.isprintable():
        return []
    return [fault("/name", "length", "Between 1 and 60 characters, for instance Till 1.")]


def _wrong_prefix(prefix: str) -> list[dict[str, str]]:
    if PREFIX.fullmatch(prefix):
        return []
    return [fault("/prefix", "value", "One to four letters (A to Z) or digits, for instance T1.")]


def _require_free(prefix: str) -> None:
    if Device.objects.filter(prefix=prefix).exists():
        raise Conflict(_taken(prefix), details={"errors": [fault("/prefix", "taken", _taken(prefix))]})


def _taken(prefix: str) -> str:
    return f"A device has, or had, the prefix {prefix}. Its numbers begin with it, so choose another."
