"""Which way of forecasting has earned its place: every one is tried on days that it could not know.

The bar is the seasonal naive forecast. A method is judged by its absolute error per day and per week (a method that
always says "nothing" wins on days for goods that sell now and then, and loses on weeks), relative to the bar.
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
    origins: int
    step_weeks: int

    def starts(self, days: int, per_week: int) -> list[int]:
        """The open day on which each back-test starts, the latest first."""
        return [days - (self.horizon_weeks + back * self.step_weeks) * per_week for back in range(self.origins)]


LONG = Plan(history_weeks=24, horizon_weeks=4, origins=4, step_weeks=4)
MIDDLE = Plan(history_weeks=14, horizon_weeks=2, origins=4, step_weeks=2)
SHORT = Plan(history_weeks=8, horizon_weeks=2, origins=3, step_weeks=1)
PLANS = (LONG, MIDDLE, SHORT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the back-tests say of N products; arrays are per product.

    ``forecast`` and ``actual`` (tests x N x days) are those of the chosen methods. ``wape`` is the absolute error of
    weekly sums over the sales (NaN: nothing was sold); ``mase`` the error per day in units of the naive one's error
    in the history (NaN: the history never changes). Both are honest: in each back-test the method is the one that the
    other back-tests would have chosen.
    """

    chosen: list[str]
    forecast: Floats
    actual: Floats
    wape: Floats
    mase: Floats
    naive_wape: Floats
    naive_mase: Floats


def judge(past: Past, plan: Plan, methods: Mapping[str, Method], classes) -> Verdict:
    """Run every method at every start, and choose per product: the best one if it beats the naive one, else that."""
    per_week = open_days_per_week(past)
    ahead = plan.horizon_weeks * per_week
    starts = plan.starts(past.days, per_week)
    names = list(methods)
    actual = np.stack([past.sold[:, day : day + ahead] for day in starts])
    guesses = np.stack(
        [[methods[name](past.until(day), past.weekdays[day : day + ahead]) for day in starts] for name in names]
    )
    per_day = np.abs(guesses.sum(-1) - actual.sum(-1))
    weeks = weekly_sums(actual, per_week)
    per_week_error = np.abs(weekly_sums(guesses, per_week) - weeks).sum(axis=-1)
    naive = names.index(NAIVE)

    kinds = np.array([str(c) for c in classes])
    import os
    W=float(os.environ.get("W",".5"))
    def score(tests: list[int]) -> Floats:
        own= _relative(per_day[:, tests].sum(axis=1), naive) + _relative(per_week_error[:, tests].sum(axis=1), naive)
        peers = np.zeros_like(own)
        for kind in np.unique(kinds):
            k = kinds == kind
            peers[:, k] = np.minimum(own[:, k],6).mean(axis=1, keepdims=True)
        return W*own+(1-W)*peers

    everything = list(range(len(starts)))
    best = score(everything).argmin(axis=0)
    each = np.arange(past.sold.shape[0])
    honest_day, honest_week = np.zeros(each.size), np.zeros(each.size)
    for test in everything:
        picked = score([other for other in everything if other != test]).argmin(axis=0)
        honest_day += per_day[picked, test, each]
        honest_week += per_week_error[picked, test, each]
    naive_day, naive_week = per_day[naive].sum(axis=0), per_week_error[naive].sum(axis=0)
    beaten = _ratio(honest_day, naive_day) + _ratio(honest_week, naive_week) < 2.0
    best = np.where(beaten, best, naive)
    day = np.where(beaten, honest_day, naive_day) / (ahead * len(starts))
    week = np.where(beaten, honest_week, naive_week)
    scale = _naive_error(past.until(starts[0]))
    sold = weeks.sum(axis=(0, 2))
    return Verdict(
        chosen=[names[index] for index in best],
        forecast=guesses[best, :, each, :].transpose(1, 0, 2),
        actual=actual,
        wape=_or_nan(week, sold),
        mase=_or_nan(day, scale),
        naive_wape=_or_nan(naive_week, sold),
        naive_mase=_or_nan(naive_day / (ahead * len(starts)), scale),
    )


def open_days_per_week(past: Past) -> int:
    """How many weekdays the shop opens."""
    return max(1, int(np.unique(past.weekdays[-4 * WEEKDAYS :]).size))


def _relative(errors: Floats, naive: int) -> Floats:
    """methods x N errors against the naive one; where that made none, nobody can be better."""
    return _ratio(errors, np.broadcast_to(errors[naive], errors.shape))


def _ratio(error: Floats, bar: Floats) -> Floats:
    out = np.where(error > 0, 2.0, 1.0)
    return np.divide(error, bar, out=out, where=bar > 0)


def _or_nan(value: Floats, unit: Floats) -> Floats:
    return np.divide(value, unit, out=np.full(value.shape, np.nan), where=unit > 0)


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
