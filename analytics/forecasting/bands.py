"""How far off a forecast may be: quantiles of its own errors in the back-tests, never below zero.

Errors are measured relative to the forecast, so that a day without a sale is the same error at every level. Per day
the product speaks for itself. For the sum of all days it alone has too few back-tests, so errors in units of the
product's own size are pooled over its class. Then the band is calibrated (split conformal, Vovk 2005): it is
widened until four of five test days lie inside, each test judged by tests that share no day with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from analytics.forecasting.backtest import Plan, Verdict
from analytics.forecasting.demand import Demand
from analytics.forecasting.methods import NAIVE
from analytics.forecasting.series import Bools, Floats, Past

COVERAGE = 0.8
TAILS = (0.1, 0.08, 0.065, 0.05, 0.04, 0.03, 0.02, 0.01)
"""Shares of errors outside at each end, from the textbook's to the widest."""
LEAST_POOL = 60
"""Errors that a class must have to speak for itself."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Low, middle and high of N products: ``days`` is 3 x N x days, ``total`` 3 x N of their sum.

    ``coverage`` is the share of back-test days inside the band, per product.
    """

    days: Floats
    total: Floats
    coverage: Floats


def bands(past: Past, verdict: Verdict, classes: list[Demand], plan: Plan, mean: Floats) -> Bands:
    """The bands around the forecasts ``mean`` (N x days)."""
    kinds = np.array([f"{kind} {name == NAIVE}" for kind, name in zip(classes, verdict.chosen, strict=True)])
    floor = 0.5 * verdict.actual.mean(axis=(0, 2)) + 0.01
    unit = np.maximum(verdict.forecast, floor[None, :, None])
    errors = (verdict.actual - verdict.forecast) / unit
    days = np.zeros((3, *mean.shape))
    total = np.zeros((3, kinds.size))
    coverage = np.zeros(kinds.size)
    pools = _pools(kinds, plan.tests)
    for own in pools:
        tail, coverage[own] = _calibrated(partial(_days_inside, verdict, errors, unit, own, plan))
        ahead = mean[own]
        step = _quantiles(errors[:, own], tail)[:, :, None] * np.maximum(ahead, floor[own][:, None])[None]
        days[:, own] = np.maximum(0.0, ahead[None] + step)
        total[:, own] = _totals(past.rows(np.flatnonzero(own)), verdict, own, plan, ahead)
    return Bands(days, total, coverage)


def _pools(kinds: np.ndarray, tests: int) -> list[Bools]:
    """The classes, naive and other forecasts apart, that are large enough; and all the rest together."""
    found = [kinds == kind for kind in np.unique(kinds)]
    large = [own for own in found if own.sum() * tests >= LEAST_POOL]
    rest = ~np.any(large, axis=0) if large else np.ones(kinds.size, dtype=bool)
    return [*large, rest] if rest.any() else large


def _calibrated(inside: Callable[[float], Floats]) -> tuple[float, Floats]:
    """The narrowest of `TAILS` that keeps its promise on average, with the coverage per product."""
    for tail in TAILS:
        found = inside(tail)
        if found.mean() >= COVERAGE:
            break
    return tail, found


def _quantiles(errors: Floats, tail: float) -> Floats:
    flat = errors.transpose(1, 0, 2).reshape(errors.shape[1], -1)
    return np.asarray(np.quantile(flat, (tail, 0.5, 1 - tail), axis=1))


def _days_inside(verdict: Verdict, errors: Floats, unit: Floats, own: Bools, plan: Plan, tail: float) -> Floats:
    share = np.zeros(int(own.sum()))
    for test in range(plan.tests):
        low, _, high = _quantiles(errors[plan.apart(test)][:, own], tail)[:, :, None] * unit[test, own][None]
        guess, actual = verdict.forecast[test, own], verdict.actual[test, own]
        share += ((actual >= np.maximum(0.0, guess + low)) & (actual <= guess + high)).mean(axis=1)
    return np.asarray(share / plan.tests)


def _totals(past: Past, verdict: Verdict, own: Bools, plan: Plan, mean: Floats) -> Floats:
    """Low, middle and high of the sums: the pool's errors in units of the product."""
    days, guess = verdict.actual.shape[2], verdict.forecast[:, own].sum(axis=2)
    unit = np.stack([_unit(past.until(day), sum_, days) for day, sum_ in zip(plan.starts(past), guess, strict=True)])
    errors = (verdict.actual[:, own].sum(axis=2) - guess) / unit

    def inside(tail: float) -> Floats:
        found = np.zeros_like(errors)
        for test in range(plan.tests):
            low, high = np.quantile(errors[plan.apart(test)], (tail, 1 - tail))
            found[test] = (errors[test] >= low) & (errors[test] <= high)
        return np.asarray(found.mean(axis=0))

    tail, _ = _calibrated(inside)
    ahead = mean.sum(axis=1)
    steps = np.quantile(errors, (tail, 0.5, 1 - tail))[:, None] * _unit(past, ahead, mean.shape[1])[None]
    return np.asarray(np.maximum(0.0, ahead[None] + steps))


def _unit(past: Past, forecast: Floats, days: int) -> Floats:
    """In what an error of a sum is measured: the spread of the product's sales, and a part of the sum itself.

    The second keeps a product honest whose forecast has just risen far above its history.
    """
    known = past.counts()
    count = np.maximum(known.sum(axis=1), 1)
    mean = past.sold.sum(axis=1) / count
    variance = (np.where(known, past.sold - mean[:, None], 0.0) ** 2).sum(axis=1) / count
    return np.asarray((np.sqrt(variance) + 0.05) * np.sqrt(max(1, days)) + 0.5 * forecast)
