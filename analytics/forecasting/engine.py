"""From sales to forecasts: choose per product, measure, forecast, put a band around it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from analytics.forecasting.backtest import LEAST_WEEKS, PLANS, Plan, judge, open_days_per_week
from analytics.forecasting.bands import spread
from analytics.forecasting.demand import Demand, classify
from analytics.forecasting.methods import METHODS, Method
from analytics.forecasting.series import Floats, Ints, Past

LEAST_SELLING_DAYS = 6
CHUNK = 512
"""Products worked on at once: bounds the memory (about 100 MB) whatever the shop's size."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of one product. ``days`` is open days x (mean, p10, p50, p90); ``total`` is p10, p50, p90 of the sum.

    Errors as in `backtest.Verdict`; None where they cannot be measured.
    """

    product: int
    method: str
    demand: Demand
    days: Floats
    total: tuple[float, float, float]
    wape: float | None
    mase: float | None
    naive_wape: float | None
    naive_mase: float | None
    coverage: float
    history_days: int


def enough_history(past: Past) -> np.ndarray:
    """Which products can be back-tested: eight weeks since the first sale, and six days with sales."""
    per_week = open_days_per_week(past)
    old = past.days - past.start >= LEAST_WEEKS * per_week
    return np.asarray(old & ((past.sold > 0).sum(axis=1) >= LEAST_SELLING_DAYS))


def outlooks(
    past: Past, ahead: Ints, *, slow: Callable[[Past], dict[str, Method]] | None = None
) -> Iterator[list[Outlook]]:
    """Forecasts of every product with enough history for open days ``ahead`` (their weekdays), in batches.

    ``slow`` may offer further methods for the products of a `Past`, at its own cost.
    """
    fit = np.flatnonzero(enough_history(past))
    per_week = open_days_per_week(past)
    weeks = (past.days - past.start[fit]) // per_week
    longest = np.array([next(plan.history_weeks for plan in PLANS if plan.history_weeks <= count) for count in weeks])
    for plan in PLANS:
        chosen = fit[longest == plan.history_weeks]
        for first in range(0, chosen.size, CHUNK):
            places = chosen[first : first + CHUNK]
            yield _batch(past.rows(places), places, plan, ahead, METHODS)


def _batch(past: Past, places: Ints, plan: Plan, ahead: Ints, methods: dict[str, Method]) -> list[Outlook]:
    classes = classify(past)
    verdict = judge(past, plan, methods)
    band = spread(past, verdict, classes, plan)
    names = np.array(verdict.chosen)
    mean = np.zeros((places.size, ahead.size))
    for name in set(verdict.chosen):
        mean[names == name] = methods[name](past.rows(np.flatnonzero(names == name)), ahead)
    days = np.concatenate([mean[None], np.maximum(0.0, mean[None] + band.day[:, :, None])])
    totals = np.maximum(0.0, mean.sum(axis=1)[None] + band.total * np.sqrt(max(1, ahead.size)))
    return [
        Outlook(
            product=int(place),
            method=verdict.chosen[row],
            demand=classes[row],
            days=days[:, row, :].T,
            total=(float(totals[0, row]), float(totals[1, row]), float(totals[2, row])),
            wape=_number(verdict.wape[row]),
            mase=_number(verdict.mase[row]),
            naive_wape=_number(verdict.naive_wape[row]),
            naive_mase=_number(verdict.naive_mase[row]),
            coverage=float(band.coverage[row]),
            history_days=int(past.days - past.start[row]),
        )
        for row, place in enumerate(places)
    ]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
