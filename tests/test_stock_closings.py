"""Sums kept by month change no figure of the past: whatever was booked late, and however far the sums lag behind."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actors import SYSTEM
from core.errors import Busy
from core.ids import uuid7
from core.jobs.models import Job
from core.jobs.services import enqueue, perform
from core.locations.models import Location
from core.tenancy.context import use_tenant
from core.testing import Shop, make_variant
from inventory.models import StockClosing, StockClosingRow, StockMovement
from inventory.selectors import value
from inventory.selectors.value import Base, base_for, stock_as_of, stock_value
from inventory.services.closings import MOST_CLOSINGS, keep_closings, settled_ledger
from inventory.services.ledger import Change, move_stock
from orders.auditor import audit_books

Kind = StockMovement.Kind
START = datetime(2026, 1, 10, 12, tzinfo=UTC)


def quiet(done: int, total: int | None = None, message: str = "") -> None:
    """Nobody waits."""


def book(variant: Any, place: Any, units: int, cost: Decimal, at: datetime) -> None:
    bought: dict[str, Any] = {"unit_cost": cost} if units > 0 else {}
    move_stock(
        deltas={(variant.pk, place.pk): Change(on_hand=Decimal(units), **bought)},
        kind=Kind.RECEIPT if units > 0 else Kind.SALE,
        reference_type="test",
        reference_id=uuid7(),
        actor=SYSTEM,
        occurred_at=at,
        may_refuse=False,
    )


def plain_sums(instant: datetime) -> dict[Any, tuple[Decimal, Decimal]]:
    found: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in StockMovement.objects.filter(occurred_at__lte=instant):
        units = row.delta + row.damaged + row.in_transit
        sums = found[row.variant_id, row.location_id]
        sums[0] += row.delta
        sums[1] += units * (row.unit_cost or 0) + row.revaluation
    return {key: (units, worth) for key, (units, worth) in found.items() if units or worth}


def told(instant: datetime, **more: Any) -> dict[Any, tuple[Decimal, Decimal]]:
    rows = stock_as_of(instant, **more)
    return {(row.variant_id, row.location_id): (row.on_hand, row.value) for row in rows if row.on_hand or row.value}


def bases(instant: datetime) -> list[Base]:
    closings = list(StockClosing.objects.all())
    ways = [Base("after" if closing.at <= instant else "before", closing) for closing in closings]
    return [Base("start"), Base("now"), *ways]


BOOK = st.tuples(st.just("book"), st.integers(-6, 9), st.decimals("0.1", "9.9999", places=4), st.integers(0, 120))
KEEP = st.tuples(st.just("keep"), st.integers(0, 150), st.integers(0, 3), st.just(0))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(BOOK | KEEP, min_size=3, max_size=14), day=st.integers(-1, 130))
def test_every_way_to_an_instant_gives_the_plain_sum(
    acme: Shop, globex: Shop, monkeypatch: pytest.MonkeyPatch, steps: list[Any], day: int
) -> None:
    variants = [make_variant(f"A{uuid7().hex}"), make_variant(f"B{uuid7().hex}")]
    for place, (what, first, second, third) in enumerate(steps):
        if what == "book":
            book(variants[place % 2], acme.location, first or 1, second, START + timedelta(days=third))
        else:  # the sums may lag by some movements, and months may be closed at any time
            newest = StockMovement.objects.order_by("-id").values_list("id", flat=True)[0]
            keep_closings(max(0, newest - second), progress=quiet, now=START + timedelta(days=first))
    instant = START + timedelta(days=day)
    expected = plain_sums(instant)
    assert told(instant) == expected
    for base in bases(instant):
        with monkeypatch.context() as patch:
            patch.setattr(value, "base_for", lambda instant, base=base: base)
            assert told(instant) == expected, base
            assert told(instant, places=[acme.location.pk]) == {
                key: sums for key, sums in expected.items() if key[1] == acme.location.pk
            }
            worth = value.values_at(instant, None)
            assert sum(worth.values()) == sum((sums[1] for sums in expected.values()), Decimal(0))
    span = stock_value(since=START, at=max(START, instant))
    assert span.difference == 0


def test_months_end_where_the_shop_is_and_the_nearest_sum_is_taken(
    acme: Shop, globex: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acme.tenant, "time_zone", "Pacific/Auckland")
    annex = Location.objects.create(code="ANNEX", name="Annex")
    book(acme.variant("TEA"), annex, 5, Decimal(2), START - timedelta(days=900))
    oldest = StockMovement.objects.order_by("id").first()
    assert oldest is not None
    StockMovement.objects.filter(pk=oldest.pk).update(occurred_at=START - timedelta(days=900))
    newest = StockMovement.objects.order_by("-id").values_list("id", flat=True)[0]
    with use_tenant(acme.tenant):
        assert keep_closings(newest, progress=quiet, now=datetime(2026, 6, 1, 20, tzinfo=UTC)) == MOST_CLOSINGS
        ends = list(StockClosing.objects.values_list("at", flat=True))
        assert ends[-1] == datetime(2026, 4, 30, 12, tzinfo=UTC)  # May ended less than 36 hours ago
        assert ends[-2] == datetime(2026, 3, 31, 11, tzinfo=UTC)  # summer time
        assert keep_closings(newest, progress=quiet, now=datetime(2026, 6, 1, 20, tzinfo=UTC)) == MOST_CLOSINGS
        assert keep_closings(newest, progress=quiet, now=datetime(2026, 6, 3, 20, tzinfo=UTC)) == MOST_CLOSINGS + 1
    near = {
        datetime(2026, 4, 30, 13, tzinfo=UTC): ("after", ends[-1]),
        datetime(2026, 4, 30, 11, tzinfo=UTC): ("before", ends[-1]),
        datetime(2026, 4, 2, tzinfo=UTC): ("after", ends[-2]),
        datetime.now(UTC): ("now", None),
        START - timedelta(days=899): ("start", None),
    }
    for instant, (way, at) in near.items():
        base = base_for(instant)
        assert (base.way, base.closing.at if base.closing else None) == (way, at)


@pytest.mark.django_db(transaction=True)
def test_the_nightly_job_keeps_them_and_the_auditor_compares_them(acme: Shop, globex: Shop) -> None:
    StockMovement.objects.update(occurred_at=datetime.now(UTC) - timedelta(days=70))
    for _ in range(2):
        with transaction.atomic():
            job = enqueue("inventory.keep_closings", actor=SYSTEM)
        perform(job.pk)
        job.refresh_from_db()
        assert job.state == Job.State.DONE, job.error
        assert job.result is not None and job.result["closings"] in (2, 3)
        assert audit_books() == []
    rows = StockClosingRow.objects.filter(closing=StockClosing.objects.latest("at"))
    assert {row.on_hand for row in rows} == {Decimal(10)} and rows.count() == 3
    with use_tenant(globex.tenant):
        assert not StockClosing.objects.exists()
    rows.filter(variant_id=acme.variant("TEA").pk).update(value=1)
    assert [finding.law for finding in audit_books()] == ["a closing of the stock is the sum of the movements in it"]
    StockClosing.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_a_movement_that_is_still_under_way_is_waited_for(acme: Shop, globex: Shop) -> None:
    begun, may_end = Event(), Event()

    def slow() -> None:
        with use_tenant(acme.tenant), transaction.atomic():
            book(acme.variant("TEA"), acme.location, 1, Decimal(1), START)
            begun.set()
            may_end.wait(20)
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert begun.wait(20)
    newest = StockMovement.objects.order_by("-id").values_list("id", flat=True)[0]
    try:
        with pytest.raises(Busy):
            settled_ledger(patience=0.2)
    finally:
        may_end.set()
        thread.join(20)
    after = StockMovement.objects.order_by("-id").values_list("id", flat=True)[0]
    assert settled_ledger() == after > newest
    with transaction.atomic(), pytest.raises(RuntimeError):
        settled_ledger()
