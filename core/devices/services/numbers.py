"""The numbers that a device gives, of its items and of its receipts: which came, and which are missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from core.actors import SYSTEM, Actor
from core.devices.events import DeviceGapClosed, DeviceGapFound
from core.devices.models import Device, Gap
from core.outbox.services import emit_all

STANDS_FOR = timedelta(minutes=2)
"""What is missing for so long did not come out of order: it is told. The one place that says so."""
MOST_TOLD = 200
ITEMS, RECEIPTS = Gap.Counter.ITEMS, Gap.Counter.RECEIPTS


@dataclass(frozen=True, slots=True, order=True)
class ReceiptNumber:
    """The number of a receipt; ``since``: its counter began behind this one, so nothing below is missing.

    ``since`` None: an app that had no counter for receipts, whose numbers have holes.
    """

    number: int
    since: int | None = None


@transaction.atomic
def note_numbers(
    device_id: UUID, numbers: Iterable[int], *, receipts: Iterable[ReceiptNumber] = (), actor: Actor
) -> Device:
    """Count what came of a device: the highest number rises, what is missing below it becomes a `Gap`, and a gap that
    is filled goes. Numbers that were counted before change nothing, and neither does their order.
    """
    device = Device.objects.select_for_update().get(pk=device_id)
    counted = _Counted(device, ITEMS, device.last_n)
    for n in sorted(set(numbers)):
        counted.take(n, since=0)
    printed = _Counted(device, RECEIPTS, device.last_receipt)
    for one in sorted(set(receipts), key=lambda one: one.number):
        printed.take(one.number, since=one.since)
    device.last_n, device.last_receipt = counted.last, printed.last
    Gap.objects.bulk_create([*counted.found, *printed.found])
    if (counted.was_told or printed.was_told) and not device.gaps.filter(told_at__isnull=False).exists():
        device.version += 1
        closed = DeviceGapClosed(device_id=device.pk, version=device.version, location_id=device.location_id)
        emit_all([closed], actor=actor)
    device.save(update_fields=["last_n", "last_receipt", "version"])
    return device


class _Counted:
    """One counter of a device while numbers of it come, its row locked."""

    def __init__(self, device: Device, counter: Gap.Counter, last: int) -> None:
        self.device, self.counter, self.last = device, counter, last
        self.found: list[Gap] = []
        self.was_told = False
        self.now = datetime.now(UTC)

    def take(self, n: int, *, since: int | None) -> None:
        if n <= self.last:
            self._fill(n)
            return
        first = max(self.last, n - 1 if since is None else since) + 1
        if first < n:
            self.found.append(self._gap(first, n - 1, self.now, None))
        self.last = n

    def _fill(self, n: int) -> None:
        """Take one number out of the gap it lies in."""
        gap = self.device.gaps.filter(counter=self.counter, first__lte=n, last__gte=n).first()
        if gap is None:
            return
        gap.delete()
        self.was_told = self.was_told or gap.told_at is not None
        rest = [(gap.first, n - 1), (n + 1, gap.last)]
        Gap.objects.bulk_create(
            [self._gap(first, last, gap.found_at, gap.told_at) for first, last in rest if first <= last]
        )

    def _gap(self, first: int, last: int, found_at: datetime, told_at: datetime | None) -> Gap:
        return Gap(device=self.device, counter=self.counter, first=first, last=last, found_at=found_at, told_at=told_at)


@transaction.atomic
def tell_gaps(*, now: datetime) -> int:
    """Tell of every gap that has stood for `STANDS_FOR`, once; answers how many."""
    old = Gap.objects.filter(told_at=None, found_at__lte=now - STANDS_FOR)
    devices = Device.objects.select_for_update(skip_locked=True, of=("self",))
    told = 0
    for device in devices.filter(Exists(old.filter(device=OuterRef("pk")))).order_by("pk")[:MOST_TOLD]:
        events = []
        for gap in old.filter(device=device).order_by("counter", "first"):
            device.version += 1
            events.append(
                DeviceGapFound(
                    device_id=device.pk,
                    version=device.version,
                    location_id=device.location_id,
                    name=device.name,
                    counter=gap.counter,
                    first=gap.first,
                    last=gap.last,
                )
            )
        old.filter(device=device).update(told_at=now)
        device.save(update_fields=["version"])
        emit_all(events, actor=SYSTEM)
        told += len(events)
    return told
