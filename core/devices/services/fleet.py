"""Rename, move and revoke devices, and write down what is heard of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from core.actors import SYSTEM, Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.devices.events import DeviceReported, DeviceRevoked, DeviceSilent, DeviceUpdated
from core.devices.models import Device
from core.devices.permissions import MANAGE_DEVICES
from core.devices.services.enrolment import UNUSED_FOR, find_role, tidy_name, wrong_name
from core.errors import NotFound, must_be_version, refuse
from core.live import device_of, end_device
from core.locations.selectors import active_location
from core.outbox.services import emit
from core.tenancy.context import current_tenant

SEEN_EVERY = timedelta(minutes=1)
SILENT_AFTER = timedelta(minutes=30)
MOST_TOLD = 200
PUT_OFF_EVERY = timedelta(days=1)
REPORTED = (
    *("app_version", "storage_persisted", "storage_used_bytes", "storage_quota_bytes"),
    *("catalogue_at", "catalogue_seq", "unsent", "oldest_unsent_at", "clock_offset_ms"),
)


@transaction.atomic
def update_device(
    device_id: UUID, values: Mapping[str, Any], *, actor: Actor, expected_version: int | None = None
) -> Device:
    """Call a device otherwise, move it or set its ceiling: ``name``, ``location_id``, ``role`` (a name, None: none).

    What is not named stays, and so does its prefix for good. Nothing named differently changes nothing.

    Raises:
        NotFound: there is no such device or location.
        Forbidden: the actor may not manage devices at the place it leaves, or the one it goes to.
        Invalid: a value is wrong.
        StaleVersion: it is not at ``expected_version`` any more.
    """
    device = _locked(device_id, actor)
    must_be_version(expected_version, device.version, id=str(device.pk))
    before = {"name": device.name, "location": device.location_id, "role": device.role.name if device.role else None}
    if "name" in values:
        device.name = tidy_name(values["name"])
        refuse(*wrong_name(device.name))
    if "location_id" in values and values["location_id"] != device.location_id:
        actor.require(MANAGE_DEVICES, at=values["location_id"])
        device.location = active_location(values["location_id"])
    if "role" in values:
        device.role = find_role(values["role"])
    after = {"name": device.name, "location": device.location_id, "role": device.role.name if device.role else None}
    changes = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    if not changes:
        return device
    device.version += 1
    device.save(update_fields=["name", "location", "role", "version"])
    _record_change(device, actor, changes)
    emit(_updated(device, changes), actor=actor)
    return device


@transaction.atomic
def revoke_device(device_id: UUID, *, actor: Actor, is_lost: bool = False) -> Device:
    """Let a device in no more: whoever is logged in on it is logged out, its lines end. Repeating changes nothing.

    What it still holds can be sent; it is taken and shown to a person. What its browser sends as another device, once
    somebody let it in anew, is shown only where it was ``is_lost``: nobody knows who had it.

    Raises:
        NotFound: there is no such device.
        Forbidden: the actor may not manage devices where it stands.
    """
    device = _locked(device_id, actor)
    if device.revoked_at is not None:
        return device
    device.revoked_at = datetime.now(UTC)
    device.revoked_by_id = actor.id if actor.kind == "user" else None
    device.is_lost = is_lost
    device.version += 1
    session, device.session_key = device.session_key, ""
    device.save(update_fields=["revoked_at", "revoked_by", "is_lost", "version", "session_key"])
    if session:
        _end_log_in(session)
    lost = {"is_lost": (False, True)} if is_lost else {}
    _record_change(device, actor, {"revoked_at": (None, device.revoked_at), **lost})
    emit(
        DeviceRevoked(device_id=device.pk, version=device.version, location_id=device.location_id, lost=is_lost),
        actor=actor,
    )
    return device


def _locked(device_id: UUID, actor: Actor) -> Device:
    device = Device.objects.select_for_update(of=("self",)).select_related("role").filter(pk=device_id).first()
    if device is None:
        raise NotFound("There is no such device.")
    actor.require(MANAGE_DEVICES, at=device.location_id)
    return device


def _end_log_in(session_key: str) -> None:
    """End a log-in and its lines after the commit; the row of the session goes with the transaction."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    store.delete()
    transaction.on_commit(store.delete, robust=True)  # the cache, too, of who read it meanwhile
    end_device(current_tenant(), device_of(session_key))


def note_use(device: Device, *, session_key: str = "") -> bool:
    """Write down that a living device is in use, at most once a minute, and which log-in is bound to it.

    Puts its end off, at most once a day, and answers whether it did. Quiet: the row keeps its version.
    """
    now, changes = datetime.now(UTC), {}
    if device.last_seen_at is None or now - device.last_seen_at >= SEEN_EVERY:
        changes["last_seen_at"] = now
    if device.expires_at - now <= UNUSED_FOR - PUT_OFF_EVERY:
        changes["expires_at"] = now + UNUSED_FOR
    if session_key and session_key != device.session_key:
        changes["session_key"] = session_key  # type: ignore[assignment]
    if changes and Device.objects.filter(pk=device.pk, revoked_at=None).update(**changes):
        for name, value in changes.items():
            setattr(device, name, value)
    return "expires_at" in changes


@transaction.atomic
def report(device_id: UUID, values: Mapping[str, Any], *, actor: Actor, taken: int = 0) -> Device:
    """Write down what a device says of itself: any of `REPORTED`. A repeat changes nothing.

    ``taken`` items came with it and are not unsent any more, though it counted them.

    Figures are kept as they come; told is what a person wants to know at once: it begins to hold unsent work or has
    sent the last of it, runs another version of the app, or its store may be thrown away.
    """
    device = Device.objects.select_for_update().get(pk=device_id)
    if "unsent" in values:
        values = {**values, "unsent": max(values["unsent"] - taken, 0)}
    turns = {
        name
        for name in ("app_version", "storage_persisted")
        if name in values and values[name] != getattr(device, name)
    }
    if "unsent" in values and bool(values["unsent"]) != bool(device.unsent):
        turns.add("unsent")
    for name in REPORTED:
        if name in values:
            setattr(device, name, values[name])
    if not device.unsent:
        device.oldest_unsent_at = None
    device.last_seen_at, device.silent_at = datetime.now(UTC), None
    if turns:
        device.version += 1
        emit(
            DeviceReported(
                device_id=device.pk,
                version=device.version,
                location_id=device.location_id,
                fields=sorted(turns),
                unsent=device.unsent,
            ),
            actor=actor,
        )
    device.save(update_fields=[*REPORTED, "last_seen_at", "silent_at", "version"])
    return device


@transaction.atomic
def tell_silent(*, now: datetime) -> int:
    """Tell of every living device that holds unsent work and was not heard of for `SILENT_AFTER`, once until it comes
    back; answers how many were told of.
    """
    rows = Device.objects.select_for_update(skip_locked=True).filter(
        unsent__gt=0, silent_at=None, revoked_at=None, last_seen_at__lt=now - SILENT_AFTER
    )
    told = 0
    for device in rows.order_by("pk")[:MOST_TOLD]:
        device.silent_at = now
        device.version += 1
        device.save(update_fields=["silent_at", "version"])
        event = DeviceSilent(
            device_id=device.pk,
            version=device.version,
            location_id=device.location_id,
            name=device.name,
            unsent=device.unsent,
            since=device.last_seen_at or now,
        )
        emit(event, actor=SYSTEM)
        told += 1
    return told


def _updated(device: Device, fields: Iterable[str]) -> DeviceUpdated:
    return DeviceUpdated(
        device_id=device.pk, version=device.version, location_id=device.location_id, fields=sorted(fields)
    )


def _record_change(device: Device, actor: Actor, changes: dict[str, tuple[object, object]]) -> None:
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="device",
        object_id=device.pk,
        object_label=device.name,
        changes=changes,
    )
