"""Rescue files: unsent work that somebody carried away from a device on a disk, sealed, and brings back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.devices.errors import CannotBeOpened
from core.devices.models import Device
from core.devices.sealing import open_sealed, sealed_lines
from core.devices.selectors import devices_seen_by
from core.sync.models import SyncItem
from core.sync.reading import read_item
from core.sync.registry import KINDS
from core.sync.taking import MOST_ITEMS, held_of, take_items

MOST_LINES = 500
MOST_BYTES = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An item of the file in words. ``is_here``: the server has this number already."""

    n: int | None
    title: str
    label: str
    occurred_at: datetime
    total: Decimal
    is_here: bool
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """What a rescue file holds, and of which device."""

    device: Device
    lines: Sequence[Line]
    items: Sequence[Any]


def read_rescue(text: str, *, actor: Actor) -> Rescued:
    """Look into a rescue file, and change nothing.

    Raises:
        Forbidden: the actor may not manage devices.
        CannotBeOpened: it is no rescue file, is too large, or is of no device that the actor manages.
    """
    items = sealed_lines(text)
    if not items or len(items) > MOST_LINES:
        raise CannotBeOpened(f"A rescue file has between 1 and {MOST_LINES} lines.")
    device = _device_of(items, actor)
    now = datetime.now(UTC)
    read = [read_item(item, device=device, now=now) for item in items]
    numbers = [said.n for said in read if said.n]
    known = set(SyncItem.objects.filter(device=device, n__in=numbers).values_list("n", flat=True))
    lines = []
    for said in read:
        kind = KINDS.get(said.kind)
        held = held_of(kind, said.body)
        lines.append(
            Line(
                n=said.n,
                title=kind.title if kind else "Cannot be read",
                label=held.label,
                occurred_at=said.occurred_at,
                total=held.total,
                is_here=said.n in known,
                problem=said.problem,
            )
        )
    return Rescued(device=device, lines=lines, items=items)


def book_rescue(text: str, *, actor: Actor) -> tuple[Device, Counter[str]]:
    """Book what a rescue file holds, as if the device itself had sent it; answers how many came to what.

    A repeat, or the device sending the same later, books nothing twice. Raises as `read_rescue`.
    """
    found = read_rescue(text, actor=actor)
    with transaction.atomic():
        record(
            AuditEntry.Action.IMPORT,
            actor=actor,
            object_type="device",
            object_id=found.device.pk,
            object_label=found.device.name,
            changes={"rescued_items": (None, len(found.items))},
        )
    device = Actor(
        kind="device",
        id=found.device.pk,
        label=found.device.name,
        address=actor.address,
        client=actor.client,
        request_id=actor.request_id,
    )
    results: Counter[str] = Counter()
    for start in range(0, len(found.items), MOST_ITEMS):
        for told in take_items(found.device, found.items[start : start + MOST_ITEMS], sender=device):
            results[told["result"]] += 1
    return found.device, results


def _device_of(items: Sequence[Any], actor: Actor) -> Device:
    """The device that sealed them: an envelope opens for its own alone."""
    envelopes = [item["sealed"] for item in items if isinstance(item, dict) and "sealed" in item][:3]
    for device in devices_seen_by(actor):
        for envelope in envelopes:
            try:
                open_sealed(envelope, device_id=device.pk)
            except CannotBeOpened:
                continue
            return device
    raise CannotBeOpened("This is no rescue file of a device that you manage.")
