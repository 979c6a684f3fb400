"""Days and hours where clocks change, days that begin late, and the twenty-ninth of February."""

from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from analytics.periods import Period
from analytics.selectors.reports import report
from core.ids import uuid7
from core.locations.models import Location
from core.locations.selectors import business_date
from core.tenancy.context import use_tenant
from core.testing import Shop
from orders.models import Order
from orders.selectors.board import last_hours, today

HOUR = timedelta(hours=1)


@pytest.fixture
def at_the_thames(acme: Shop) -> Iterator[Shop]:
    """The shop in London with a day that begins at four."""
    tenant = copy(acme.tenant)
    tenant.time_zone, tenant.day_starts_at = "Europe/London", time(4)
    with use_tenant(tenant):
        yield acme


def sold(shop: Shop, when: datetime, total: str) -> None:
    Order.objects.create(
        id=uuid7(),
        number=str(uuid7())[:8],
        channel="counter",
        location=shop.location,
        currency="GBP",
        prices_include_tax=True,
        rounding="half_up",
        subtotal=Decimal(total),
        total=Decimal(total),
        items=1,
        line_count=0,
        is_paid_elsewhere=True,
        created_by_kind="system",
        created_by_label="test",
        business_date=business_date(when, shop.location),
        occurred_at=when,
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "now",
    [
        "2026-10-25T00:30",
        "2026-10-25T01:30",
        "2026-10-25T02:30",
        "2026-03-29T00:30",
        "2026-03-29T01:30",
        "2026-07-01T12:01",
    ],
)
def test_the_running_hour_is_the_last_one_also_while_clocks_change(at_the_thames: Shop, now: str) -> None:
    moment = utc(now)
    sold(at_the_thames, moment - timedelta(minutes=1), "5.00")
    hours = last_hours(None, now=moment)
    assert len(hours) == 24 and hours[-1].starts_at <= moment < hours[-1].starts_at + HOUR
    assert [hour.starts_at for hour in hours] == [hours[-1].starts_at - n * HOUR for n in range(23, -1, -1)]
    assert (hours[-1].revenue, hours[-1].orders) == (Decimal(5), 1)


def test_the_week_before_is_the_same_hour_on_the_wall(at_the_thames: Shop) -> None:
    now = utc("2026-10-28T15:30")  # half past three in winter; a week before it was summer
    sold(at_the_thames, utc("2026-10-21T14:10"), "7.00")  # ten past three
    hours = last_hours(None, now=now)
    assert hours[-1].revenue_before == Decimal(7)
    assert today(None, now=now).before.revenue == Decimal(7)


def test_a_day_begins_late_and_nothing_is_counted_twice_or_lost(at_the_thames: Shop) -> None:
    for when in ("2026-10-25T03:59", "2026-10-25T04:00", "2026-10-25T00:30", "2026-10-25T01:30"):
        sold(at_the_thames, utc(when), "1.00")
    days = {
        day: len([row for row in Order.objects.all() if row.business_date == day])
        for day in (date(2026, 10, 24), date(2026, 10, 25))
    }
    assert days == {date(2026, 10, 24): 3, date(2026, 10, 25): 1}


def test_the_hours_of_a_day_that_begins_late_stand_in_its_order(at_the_thames: Shop) -> None:
    sold(at_the_thames, utc("2026-06-15T22:15"), "3.00")  # a quarter past eleven at night
    sold(at_the_thames, utc("2026-06-16T00:15"), "4.00")  # a quarter past one, still the fifteenth
    found = report(period=Period.around("day", date(2026, 6, 15)), actor=at_the_thames.actor())
    assert [(part.label, part.figures["revenue"]) for part in found.hours] == [
        ("23:00", Decimal(3)),
        ("00:00", 0),
        ("01:00", Decimal(4)),
    ]


def test_the_hour_that_comes_twice_is_one_line_with_both(at_the_thames: Shop) -> None:
    sold(at_the_thames, utc("2026-10-25T00:30"), "1.00")
    sold(at_the_thames, utc("2026-10-25T01:30"), "2.00")
    found = report(period=Period.around("day", date(2026, 10, 24)), actor=at_the_thames.actor())
    assert [(part.label, part.figures["revenue"]) for part in found.hours] == [("01:00", Decimal(3))]


def test_a_location_far_away_has_days_of_its_own(at_the_thames: Shop) -> None:
    tokyo = Location(code="TYO", name="Tokyo", time_zone="Asia/Tokyo", day_starts_at=time(0))
    assert business_date(utc("2026-02-28T15:30"), tokyo) == date(2026, 3, 1)
    assert business_date(utc("2026-02-28T15:30")) == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("kind", "day", "start", "end", "before"),
    [
        ("month", date(2028, 2, 29), date(2028, 2, 1), date(2028, 2, 29), (date(2028, 1, 1), date(2028, 1, 31))),
        ("month", date(2028, 3, 31), date(2028, 3, 1), date(2028, 3, 31), (date(2028, 2, 1), date(2028, 2, 29))),
        ("day", date(2028, 3, 1), date(2028, 3, 1), date(2028, 3, 1), (date(2028, 2, 29), date(2028, 2, 29))),
        ("week", date(2028, 2, 29), date(2028, 2, 28), date(2028, 3, 5), (date(2028, 2, 21), date(2028, 2, 27))),
    ],
)
def test_leap_days_are_days(kind: str, day: date, start: date, end: date, before: tuple[date, date]) -> None:
    period = Period.around(kind, day)  # type: ignore[arg-type]
    assert (period.start, period.end) == (start, end)
    assert (period.previous().start, period.previous().end) == before


def test_a_running_march_is_compared_with_as_much_of_february_as_there_was() -> None:
    march = Period.around("month", date(2027, 3, 30))
    compared = march.compared_at(date(2027, 3, 30))
    assert (compared.start, compared.end) == (date(2027, 2, 1), date(2027, 2, 28))
