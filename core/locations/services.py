"""Add places, change them, close them."""

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import differences, field_values, record
from core.errors import Conflict, NotFound, StaleVersion, refuse
from core.locations.closing import what_keeps_open
from core.locations.events import LocationCreated, LocationUpdated
from core.locations.models import Location
from core.locations.papers import PLACE_FIELDS, keep_papers, tidy, wrong_texts
from core.outbox.services import emit
from core.people.permissions import MANAGE_LOCATIONS

FIELDS = ("code", "name", *PLACE_FIELDS, "time_zone", "day_starts_at", "sells_below_zero", "is_active")
LONGEST = {"code": 16, "name": 120}


@transaction.atomic
def create_location(values: Mapping[str, Any], *, actor: Actor) -> Location:
    """Add a place; ``code`` and ``name`` are needed. Its stock levels appear with the first goods.

    Raises:
        Forbidden: the actor may not manage locations.
        Invalid: every wrong value is named.
        Conflict: the code belongs to another location.
    """
    actor.require(MANAGE_LOCATIONS)
    location = Location()
    _take(location, values)
    _save(location, is_new=True)
    if any(getattr(location, name) for name in PLACE_FIELDS):
        keep_papers(location)
    record(
        AuditEntry.Action.CREATE,
        actor=actor,
        object_type="location",
        object_id=location.pk,
        object_label=location.name,
        changes=differences({}, field_values(location, *FIELDS)),
    )
    emit(
        LocationCreated(location_id=location.pk, version=location.version, code=location.code, name=location.name),
        actor=actor,
    )
    return location


@transaction.atomic
def update_location(
    location_id: UUID, values: Mapping[str, Any], *, actor: Actor, expected_version: int | None = None
) -> Location:
    """Change what is named of a place; nothing named differently changes nothing. ``is_active`` False closes it.

    Raises:
        NotFound: there is no such location.
        StaleVersion: it is not at ``expected_version`` any more.
        Conflict: something of the shop is still there (``reasons``), it is the last place, or its code is taken.
        Forbidden, Invalid: as in `create_location`.
    """
    actor.require(MANAGE_LOCATIONS)
    # All rows: of two places closed at the same moment one must stay.
    location = {row.pk: row for row in Location.objects.select_for_update().order_by("pk")}.get(location_id)
    if location is None:
        raise NotFound("There is no such location.")
    if expected_version is not None and location.version != expected_version:
        raise StaleVersion
    before = field_values(location, *FIELDS)
    _take(location, values)
    changes = differences(before, field_values(location, *FIELDS))
    if not changes:
        return location
    if "is_active" in changes and not location.is_active:
        _check_closing(location)
    location.version += 1
    _save(location, is_new=False)
    if not changes.keys().isdisjoint(PLACE_FIELDS):
        keep_papers(location)
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="location",
        object_id=location.pk,
        object_label=location.name,
        changes=changes,
    )
    emit(
        LocationUpdated(
            location_id=location.pk,
            version=location.version,
            code=location.code,
            is_active=location.is_active,
            fields=sorted(changes),
        ),
        actor=actor,
    )
    return location


def _take(location: Location, values: Mapping[str, Any]) -> None:
    errors = []
    for name in FIELDS:
        if name in values:
            value = values[name]
            setattr(location, name, tidy(value, name) if isinstance(value, str) else value)
    for name, most in LONGEST.items():
        text = getattr(location, name)
        if not text or len(text) > most or not text.isprintable():
            errors.append({"pointer": f"/{name}", "code": "length", "detail": f"Between 1 and {most} characters."})
    errors += wrong_texts({name: getattr(location, name) for name in PLACE_FIELDS}, of=Location)
    if location.time_zone and not _is_zone(location.time_zone):
        errors.append({"pointer": "/time_zone", "code": "unknown", "detail": "There is no such time zone."})
    if location.day_starts_at is not None and location.day_starts_at >= time(12):
        errors.append({"pointer": "/day_starts_at", "code": "range", "detail": "A business day begins before noon."})
    refuse(*errors)


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _check_closing(location: Location) -> None:
    reasons = what_keeps_open(location.pk)
    if not Location.objects.filter(is_active=True).exclude(pk=location.pk).exists():
        reasons.append("it is the only place the shop has")
    if reasons:
        raise Conflict(f"{location} stays open: {'; '.join(reasons)}.", details={"reasons": reasons})


def _save(location: Location, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            location.save(force_insert=is_new)
    except IntegrityError as taken:
        error = {
            "pointer": "/code",
            "code": "taken",
            "detail": f"The code {location.code} belongs to another location.",
        }
        raise Conflict(error["detail"], details={"errors": [error]}) from taken
