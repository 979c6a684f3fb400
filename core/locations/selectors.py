"""Places and their business days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.db.prepared import find_row
from core.errors import NotFound
from core.locations.models import Location
from core.tenancy.context import current_tenant

OLDEST_FACT = timedelta(days=400)
CLOCK_TOLERANCE = timedelta(minutes=10)


def can_have_happened(instant: datetime, *, now: datetime) -> bool:
    """Whether a fact that somebody states may be of this instant: clocks differ a little, tills come back late."""
    return now - OLDEST_FACT <= instant <= now + CLOCK_TOLERANCE


def zone_of(location: Location | None = None) -> ZoneInfo:
    """The time zone of a location, or of the shop."""
    return ZoneInfo((location.time_zone if location else "") or current_tenant().time_zone)


def clock_words(instant: datetime, location: Location | None = None) -> str:
    """An instant as the clock on the wall of a location, or of the shop, showed it: ``8 Nov 2026, 14:02``."""
    local = instant.astimezone(zone_of(location))
    return f"{local.day} {local:%b %Y, %H:%M}"


def business_date(instant: datetime, location: Location | None = None) -> date:
    """The day a sale counts for: the local date, a day earlier before the business day starts."""
    local = instant.astimezone(zone_of(location))
    starts = (location.day_starts_at if location else None) or current_tenant().day_starts_at
    return local.date() - timedelta(days=1) if local.time() < starts else local.date()


def business_today(location: Location | None = None) -> date:
    """The business day that is running now."""
    return business_date(datetime.now(UTC), location)


def active_location(location_id: UUID) -> Location:
    """A location that sells. Raises `NotFound`."""
    location = find_row(Location, id=location_id, is_active=True)
    if location is None:
        raise NotFound("There is no such location.", details={"location": str(location_id)})
    return location


def locations_by_code(codes: Sequence[str]) -> list[Location]:
    """The locations with these codes, whatever their case. Raises `NotFound` naming the first that does not exist."""
    known = {location.code.upper(): location for location in Location.objects.all()} if codes else {}
    for code in codes:
        if code.upper() not in known:
            raise NotFound(f"There is no location {code!r}; there are {', '.join(sorted(known)) or 'none'}.")
    return [known[code.upper()] for code in codes]
