"""From sales to forecasts: choose per product, measure, forecast, put a band around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analytics.forecasting.backtest import LEAST_WEEKS, PLANS, Plan, judge, open_days_per_week
from analytics.forecasting.bands import bands
from analytics.forecasting.demand import Demand, classify
from analytics.forecasting.methods import METHODS, Method
from analytics.forecasting.series import Bools, Floats, Ints, Past

LEAST_SELLING_DAYS = 6
TOP_SELLERS = 12
TOP_WEEKS = 12
CHUNK = 1024
"""Products worked on at once: bounds the memory (about 150 MB) whatever the size of the shop."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of one product, ``product`` being its row.

    ``days`` is open days x (mean, p10, p50, p90), ``total`` p10, p50, p90 of their sum. Errors as in
    `backtest.Verdict`; None where they cannot be measured.
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


def enough_history(past: Past) -> Bools:
    """Which products can be back-tested: eight weeks since the first sale, and six days with sales."""
    old = past.days - past.start >= LEAST_WEEKS * open_days_per_week(past)
    return np.asarray(old & ((past.sold > 0).sum(axis=1) >= LEAST_SELLING_DAYS))


def outlooks(past: Past, ahead: Ints, *, top_sellers: int = TOP_SELLERS) -> Iterator[list[Outlook]]:
    """Forecasts of every product with enough history for the open days ``ahead`` (their weekdays), in batches.

    The first batch is the best sellers of the last twelve weeks, which are offered the slow methods too.
    """
    fit = np.flatnonzero(enough_history(past))
    weeks = (past.days - past.start[fit]) // open_days_per_week(past)
    need = np.array([next(plan.history_weeks for plan in PLANS if plan.history_weeks <= count) for count in weeks])
    longest = fit[need == PLANS[0].history_weeks]
    recent = past.sold[longest, -TOP_WEEKS * open_days_per_week(past) :].sum(axis=1)
    top = np.sort(longest[np.argsort(-recent, kind="stable")[:top_sellers]])
    if top.size:
        from analytics.forecasting.slow import SLOW_METHODS  # noqa: PLC0415 - seconds to import, and rarely needed

        yield _batch(past.rows(top), top, PLANS[0], ahead, METHODS | SLOW_METHODS)
    for plan in PLANS:
        chosen = np.setdiff1d(fit[need == plan.history_weeks], top)
        # Dealt out like cards, so that every batch has products of every kind to pool with.
        hands = -(-chosen.size // CHUNK)
        for hand in range(hands):
            places = chosen[hand::hands]
            yield _batch(past.rows(places), places, plan, ahead, METHODS)


def _batch(past: Past, places: Ints, plan: Plan, ahead: Ints, methods: Mapping[str, Method]) -> list[Outlook]:
    verdict = judge(past, plan, methods)
    classes = classify(past)
    names = np.array(verdict.chosen)
    mean = np.zeros((places.size, ahead.size))
    for name in sorted(set(verdict.chosen)):
        # The pattern of the week is learnt from the whole batch, so every method sees all of it.
        mean[names == name] = methods[name](past, ahead)[names == name]
    band = bands(past, verdict, classes, plan, mean)
    days = np.concatenate([mean[None], band.days])
    return [
        Outlook(
            product=int(place),
            method=verdict.chosen[row],
            demand=classes[row],
            days=days[:, row, :].T,
            total=(float(band.total[0, row]), float(band.total[1, row]), float(band.total[2, row])),
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
