"""When the shop is open, learnt from the days on which it sold anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

LOOK_BACK = timedelta(weeks=12)
OPEN_SHARE = 0.1
"""A weekday on which the shop sold on fewer than this share of the last weeks is a closing day."""
LONG_CLOSURE_DAYS = 5
"""Days in a row, closing days not counted, that make a closure a custom of the year rather than a holiday."""
HISTORICAL_AFTER = timedelta(days=14)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """The open days of the past, and what they say of the future."""

    days: Sequence[date]
    closed_weekdays: frozenset[int]
    closures: frozenset[tuple[int, int]]

    def is_open(self, day: date) -> bool:
        """Whether the shop will be open: not on a closing day, nor in the season in which it closed before."""
        return day.weekday() not in self.closed_weekdays and (day.month, day.day) not in self.closures


def opening(days: Sequence[date]) -> Opening:
    """Learn from the days with sales, ascending; single closed days (public holidays) are not foreseen."""
    closed = _closed_weekdays(days)
    gaps: list[date] = []
    for before, after in pairwise(days):
        missing = [before + timedelta(days=number) for number in range(1, (after - before).days)]
        if sum(day.weekday() not in closed for day in missing) >= LONG_CLOSURE_DAYS:
            gaps += missing
    return Opening(days, closed, frozenset((day.month, day.day) for day in gaps))


def first_forecast_day(last_sale: date, today: date) -> tuple[date, bool]:
    """Where a forecast starts: today, or the day after the last sale where that is more than two weeks ago (True)."""
    if today - last_sale > HISTORICAL_AFTER:
        return last_sale + ONE_DAY, True
    return today, False


def _closed_weekdays(days: Sequence[date]) -> frozenset[int]:
    """Weekdays that were open at most one week in ten of the last twelve; none before two weeks are known."""
    if not days or days[-1] - days[0] < timedelta(weeks=2):
        return frozenset()
    since = max(days[0], days[-1] - LOOK_BACK + ONE_DAY)
    recent = {day for day in days if day >= since}
    all_days = [since + timedelta(days=number) for number in range((days[-1] - since).days + 1)]
    return frozenset(
        name
        for name in range(7)
        if sum(day.weekday() == name for day in recent) < OPEN_SHARE * sum(day.weekday() == name for day in all_days)
        or not any(day.weekday() == name for day in recent)
    )
