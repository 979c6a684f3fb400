"""Keep sums of the ledger at the ends of months, so that a figure of the past adds up a month and not years.

A closing says which movements are in it: those up to an id (``through``) that happened until its instant. What was
booked since, however early it happened, the readers add by themselves (`inventory.selectors.value`), so a closing may
lag or be missing without any figure being wrong. At night every closing takes up what was booked since the last night.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.errors import Busy
from core.jobs.registry import Progress
from core.locations.selectors import zone_of
from inventory.models import StockClosing, StockMovement

MOST_CLOSINGS = 24
"""So many months back the first run begins; those that are there stay."""
SETTLED_AFTER = timedelta(hours=36)
"""A month is closed so long after its end: tills without a network have come back by then."""
PATIENCE_SECONDS = 30.0

SUMS = """
    SELECT variant_id, location_id, sum(delta) AS on_hand, sum(damaged) AS damaged, sum(in_transit) AS in_transit,
           sum((delta + damaged + in_transit) * coalesce(unit_cost, 0) + revaluation) AS value
    FROM inventory_stockmovement
    WHERE {which}
    GROUP BY variant_id, location_id
"""
ADD = f"""
    INSERT INTO inventory_stockclosingrow AS kept
        (closing_id, variant_id, location_id, on_hand, damaged, in_transit, value)
    SELECT %(closing)s, moved.* FROM ({SUMS.format(which="{which}")}) AS moved
    ON CONFLICT (closing_id, variant_id, location_id) DO UPDATE
    SET on_hand = kept.on_hand + EXCLUDED.on_hand, damaged = kept.damaged + EXCLUDED.damaged,
        in_transit = kept.in_transit + EXCLUDED.in_transit, value = kept.value + EXCLUDED.value
"""  # noqa: S608  our own text
COPY_ON = """
    INSERT INTO inventory_stockclosingrow (closing_id, variant_id, location_id, on_hand, damaged, in_transit, value)
    SELECT %(closing)s, variant_id, location_id, on_hand, damaged, in_transit, value
    FROM inventory_stockclosingrow WHERE closing_id = %(before)s
"""
BOOKED_SINCE = ADD.format(which="id > %(known)s AND id <= %(through)s AND occurred_at <= %(at)s")
OF_THE_MONTH = ADD.format(which="id <= %(through)s AND occurred_at > %(since)s AND occurred_at <= %(at)s")
OF_ALL_TIME = ADD.format(which="id <= %(through)s AND occurred_at <= %(at)s")


def settled_ledger(*, patience: float = PATIENCE_SECONDS) -> int:
    """An id up to which nothing can appear in the ledger any more; 0 where it is empty.

    Ids are given before the commit, so a movement that is still under way may have a lower id than one that is seen.
    Whoever got one has a number as a transaction by then; this takes the next and waits until all below are over.

    Raises:
        Busy: one of them takes longer than ``patience`` seconds; another try helps.
        RuntimeError: inside a transaction, which would wait for itself.
    """
    if connection.in_atomic_block:
        raise RuntimeError("settled_ledger() waits for all transactions; do not call it in one")
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0), pg_current_xact_id()::text FROM inventory_stockmovement")
        newest, mine = cursor.fetchone()
        until = time.monotonic() + patience
        while True:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot()) > %s::xid8", [mine])
            if cursor.fetchone()[0]:
                return int(newest)
            if time.monotonic() > until:
                raise Busy("Something else has been changing the shop for a long time.")
            time.sleep(0.1)


def keep_closings(through: int, *, progress: Progress, now: datetime | None = None) -> int:
    """Bring the closings up to the movement ``through``, and add those of months that have ended since.

    A repeat, or two at a time, add nothing twice. Answers how many closings there are.
    """
    known = list(StockClosing.objects.order_by("at"))
    for place, closing in enumerate(known):
        progress(place, len(known), "Adding what was booked late")
        _take_up(closing.pk, through)
    missing = _missing(known[-1].at if known else None, now or datetime.now(UTC))
    for place, at in enumerate(missing):
        progress(len(known) + place, len(known) + len(missing), "Closing months")
        _close(at, through)
    return len(known) + len(missing)


@transaction.atomic(durable=True)
def _take_up(closing_id: int, through: int) -> None:
    closing = StockClosing.objects.select_for_update().get(pk=closing_id)
    if closing.through >= through:
        return
    values: dict[str, Any] = {"closing": closing.pk, "known": closing.through, "through": through, "at": closing.at}
    with connection.cursor() as cursor:
        cursor.execute(BOOKED_SINCE, values)
    closing.through = through
    closing.save(update_fields=["through", "renewed_at"])


@transaction.atomic(durable=True)
def _close(at: datetime, through: int) -> None:
    """Make the closing of an instant out of the one before it and what happened in between."""
    before = StockClosing.objects.select_for_update().filter(at__lt=at).order_by("-at").first()
    closing, is_new = StockClosing.objects.get_or_create(
        at=at, defaults={"through": before.through if before else through}
    )
    if not is_new:
        return
    values: dict[str, Any] = {"closing": closing.pk, "through": closing.through, "at": at}
    with connection.cursor() as cursor:
        if before is None:
            cursor.execute(OF_ALL_TIME, values)
        else:
            cursor.execute(COPY_ON, {**values, "before": before.pk})
            cursor.execute(OF_THE_MONTH, {**values, "since": before.at})


def _missing(last: datetime | None, now: datetime) -> list[datetime]:
    """The ends of months after ``last`` that are long enough ago, in the shop's zone, oldest first."""
    if last is None:
        first = StockMovement.objects.order_by("id").values_list("occurred_at", flat=True).first()
        if first is None:
            return []
        last = first
    zone = zone_of()
    settled = (now - SETTLED_AFTER).astimezone(zone)
    month = settled.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found: list[datetime] = []
    while month.astimezone(UTC) > last and len(found) < MOST_CLOSINGS:
        found.append(month.astimezone(UTC))
        month = (month - timedelta(days=1)).replace(day=1)
    return found[::-1]
