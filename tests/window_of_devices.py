"""Tills and phones in every state, for tests/shop_window.py."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.devices.models import Device
from core.devices.selectors import code_of, hash_of
from core.devices.services.enrolment import begin_enrolment
from core.devices.services.fleet import note_use, report, revoke_device
from core.devices.services.numbers import STANDS_FOR, note_numbers, tell_gaps
from core.ids import uuid7
from core.testing import Shop
from tests.told_of_devices import a_device

LONG = "The old tablet by the door to the yard, with a crack in it"


def fill_fleet(shop: Shop) -> dict[str, Any]:
    """A device that works and lacks something, a silent, a new and a revoked one, and an open invitation."""
    now, owner = datetime.now(UTC), shop.actor()
    busy, quiet, _, gone = (a_device(shop, prefix=prefix, role="cashier") for prefix in ("D1", "D2", "D3", "D4"))
    said = {
        "unsent": 12,
        "oldest_unsent_at": now - timedelta(minutes=48),
        "app_version": "5f9c2e71d0aa",
        "storage_persisted": True,
        "storage_used_bytes": 48_000_000,
        "storage_quota_bytes": 60_000_000_000,
        "catalogue_at": now - timedelta(minutes=1),
        "catalogue_seq": 4711,
        "clock_offset_ms": -430,
    }
    report(busy.pk, said, actor=owner)
    note_numbers(busy.pk, [*range(1, 118), 119, 125], actor=owner)
    tell_gaps(now=now + STANDS_FOR * 2)
    behind = {"storage_persisted": False, "clock_offset_ms": 8 * 60_000, "catalogue_at": now - timedelta(days=3)}
    report(quiet.pk, {**said, **behind}, actor=owner)
    Device.objects.filter(pk=quiet.pk).update(last_seen_at=now - timedelta(hours=3), name=LONG)
    note_use(gone)
    revoke_device(gone.pk, actor=owner)
    row, _ = begin_enrolment(
        enrolment_id=uuid7(), name=LONG, prefix="D9", location_id=shop.location.pk, role="cashier", actor=owner
    )
    row.expires_at = now + timedelta(days=1)  # the pages are looked at in their turn
    row.code_hash = hash_of(code_of(row))
    row.save(update_fields=["expires_at", "code_hash"])
    return {"enrolment_code": code_of(row), "device_id": quiet.pk, "enrolment_id": row.pk}
