"""Which way of forecasting has earned its place: every one is tried on days that it could not know.

The bar is the seasonal naive forecast. A method is judged by its absolute error per day and per week relative to the
bar: a method that always says "nothing" wins on days for goods that sell now and then, and loses on weeks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics.forecasting.methods import NAIVE, Method
from analytics.forecasting.series import WEEKDAYS, Floats, Ints, Past, weekly_sums


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the back-tests start and how far they look, in weeks; products need ``history_weeks`` to be tested so."""

    history_weeks: int
    horizon_weeks: int
    tests: int
    step_weeks: int = 1

    def starts(self, past: Past) -> list[int]:
        """The open day on which each back-test starts, the latest first."""
        per_week = open_days_per_week(past)
        return [past.days - (self.horizon_weeks + back * self.step_weeks) * per_week for back in range(self.tests)]

    def apart(self, test: int) -> list[int]:
        """The back-tests that share no day with one of them; all others where there are none."""
        others = [other for other in range(self.tests) if other != test]
        return [o for o in others if abs(o - test) * self.step_weeks >= self.horizon_weeks] or others


PLANS = (
    Plan(history_weeks=24, horizon_weeks=4, tests=9),
    Plan(history_weeks=14, horizon_weeks=2, tests=6),
    Plan(history_weeks=8, horizon_weeks=2, tests=3),
)
LEAST_WEEKS = PLANS[-1].history_weeks


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the back-tests say of N products; arrays are per product.

    ``forecast`` and ``actual`` (tests x N x days) are those of the chosen methods. ``wape`` is the absolute error of
    weekly sums over the sales (NaN: nothing was sold); ``mase`` the error per day in units of the naive one's error
    in the history before the tests (NaN: that history never changes).
    """

    chosen: list[str]
    forecast: Floats
    actual: Floats
    wape: Floats
    mase: Floats
    naive_wape: Floats
    naive_mase: Floats


def judge(past: Past, plan: Plan, methods: Mapping[str, Method]) -> Verdict:
    """Run every method in every back-test; choose per product the best one if it beats the naive one, else that."""
    per_week = open_days_per_week(past)
    ahead = plan.horizon_weeks * per_week
    starts = plan.starts(past)
    names = list(methods)
    actual = np.stack([past.sold[:, day : day + ahead] for day in starts])
    guesses = np.stack(
        [[methods[name](past.until(day), past.weekdays[day : day + ahead]) for day in starts] for name in names]
    )
    weeks = weekly_sums(actual, per_week)
    by_day = np.abs(guesses - actual).sum(axis=(1, 3))
    by_week = np.abs(weekly_sums(guesses, per_week) - weeks).sum(axis=(1, 3))
    naive = names.index(NAIVE)
    score = (_relative(by_day, naive) + _relative(by_week, naive)) / 2
    best = np.where(score.min(axis=0) < 1.0, score.argmin(axis=0), naive)
    each = np.arange(best.size)
    sold, days = weeks.sum(axis=(0, 2)), ahead * plan.tests
    scale = _naive_error(past.until(starts[-1])) * days
    return Verdict(
        chosen=[names[index] for index in best],
        forecast=guesses[best, :, each, :].transpose(1, 0, 2),
        actual=actual,
        wape=_or_nan(by_week[best, each], sold),
        mase=_or_nan(by_day[best, each], scale),
        naive_wape=_or_nan(by_week[naive], sold),
        naive_mase=_or_nan(by_day[naive], scale),
    )


def open_days_per_week(past: Past) -> int:
    """How many weekdays the shop opens."""
    return max(1, int(np.unique(past.weekdays[-4 * WEEKDAYS :]).size))


def _relative(errors: Floats, naive: int) -> Floats:
    """methods x N errors against the naive one; where that made none, nobody can be better."""
    bar = np.broadcast_to(errors[naive], errors.shape)
    return np.asarray(np.divide(errors, bar, out=np.where(errors > 0, 2.0, 1.0), where=bar > 0))


def _or_nan(value: Floats, unit: Floats) -> Floats:
    return np.asarray(np.divide(value, unit, out=np.full(value.shape, np.nan), where=unit > 0))


def _naive_error(past: Past) -> Floats:
    """The mean error per day of saying "as on the last day of the same name", within the history."""
    errors, count = np.zeros(past.sold.shape[0]), np.zeros(past.sold.shape[0])
    counts = past.counts()
    for weekday in np.unique(past.weekdays):
        same: Ints = np.flatnonzero(past.weekdays == weekday)
        known = counts[:, same[:-1]]
        errors += (np.abs(np.diff(past.sold[:, same], axis=1)) * known).sum(axis=1)
        count += known.sum(axis=1)
    return np.asarray(errors / np.maximum(count, 1))
