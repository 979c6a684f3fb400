"""What the fleet page says of a device, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.devices.models import Device, Gap
from core.devices.selectors import Health, health_of
from core.web.templatetags.shell import moment

CLOCK_IS_RIGHT_MS = 2_000
CLOCK_IS_OFF_MS = 5 * 60_000
STALE = timedelta(days=1)
MOST_GAPS = 3
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


@dataclass(frozen=True, slots=True)
class Row:
    """A device with what needs a person's eye beside it."""

    device: Device
    health: Health
    clock: str
    clock_is_off: bool
    missing: str
    catalogue_is_stale: bool

    @property
    def wants_an_eye(self) -> bool:
        """Whether somebody is to look at it: it holds work, lacks numbers, may lose its store, or its clock is off."""
        device = self.device
        return bool(device.unsent or self.missing or device.storage_persisted is False or self.clock_is_off)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The devices, and what they add up to."""

    rows: list[Row]
    online: int
    working: int
    unsent: int
    oldest_unsent_at: datetime | None
    missing: int

    @property
    def working_words(self) -> str:
        """Beside how many are online."""
        return f"of {self.working}"

    @property
    def oldest_words(self) -> SafeString | str:
        """Beside what waits."""
        return format_html("oldest {}", moment(self.oldest_unsent_at)) if self.oldest_unsent_at else ""


def fleet_of(devices: Sequence[Device], *, now: datetime) -> Fleet:
    """The rows of the page: those that want an eye first, those that are over last."""
    rows = sorted(
        (row_of(device, now=now) for device in devices),
        key=lambda row: (row.health.state in ("revoked", "expired"), not row.wants_an_eye),
    )
    waiting = [device.oldest_unsent_at for device in devices if device.unsent and device.oldest_unsent_at]
    states = [row.health.state for row in rows]
    return Fleet(
        rows=rows,
        online=states.count("online"),
        working=len(states) - states.count("revoked") - states.count("expired"),
        unsent=sum(device.unsent for device in devices),
        oldest_unsent_at=min(waiting, default=None),
        missing=sum(gap.last - gap.first + 1 for device in devices for gap in device.gaps.all()),
    )


def row_of(device: Device, *, now: datetime) -> Row:
    """One device."""
    offset = device.clock_offset_ms
    return Row(
        device=device,
        health=health_of(device, now=now),
        clock=clock_words(offset),
        clock_is_off=offset is not None and abs(offset) > CLOCK_IS_OFF_MS,
        missing=_missing(device),
        catalogue_is_stale=device.catalogue_at is not None and now - device.catalogue_at > STALE,
    )


def clock_words(offset_ms: int | None) -> str:
    """By how much a clock is off: "12 s ahead"."""
    if offset_ms is None:
        return ""
    if abs(offset_ms) <= CLOCK_IS_RIGHT_MS:
        return "right"
    size, unit = next((size, unit) for size, unit in _UNITS if abs(offset_ms) >= size)
    return f"{abs(offset_ms) // size} {unit} {'ahead' if offset_ms > 0 else 'behind'}"


def _missing(device: Device) -> str:
    """What did not come of a device, of its items and of its receipts."""
    told = []
    for counter, what in ((Gap.Counter.ITEMS, "item"), (Gap.Counter.RECEIPTS, "receipt")):
        gaps = [(gap.first, gap.last) for gap in device.gaps.all() if gap.counter == counter]
        told.append(missing_words(gaps, what=what))
    return "; ".join(one for one in told if one)


def missing_words(gaps: Sequence[tuple[int, int]], *, what: str = "item") -> str:
    """Which numbers did not come: "item 118 is missing", "items 4 to 7, 12 and more are missing"."""
    if not gaps:
        return ""
    told = [str(first) if first == last else f"{first} to {last}" for first, last in gaps[:MOST_GAPS]]
    if len(gaps) > MOST_GAPS:
        told.append("more")
    listed = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    is_one = len(gaps) == 1 and gaps[0][0] == gaps[0][1]
    return f"{what} {listed} is missing" if is_one else f"{what}s {listed} are missing"
