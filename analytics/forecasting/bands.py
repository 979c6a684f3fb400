"""How far off a forecast may be: quantiles of its own errors in the back-tests, never below zero.

Per day they are those of the product itself. For the sum of all days the product alone has too few back-tests, so
errors are measured in units of the product's own spread and pooled over all products of its class.
"""

from dataclasses import dataclass

import numpy as np

from analytics.forecasting.backtest import Plan, Verdict
from analytics.forecasting.demand import Demand
from analytics.forecasting.series import Floats, Past

QUANTILES = (0.1, 0.5, 0.9)
LEAST_POOL = 60
"""Errors that a class must have to speak for itself."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of errors: ``day`` is 3 x N in units sold, ``total`` 3 x N for a sum over one open day (scale by the
    root of the number of days); ``coverage`` is the share of back-test days inside the band per product, each test
    measured with the errors of tests that share no day with it.
    """

    day: Floats
    total: Floats
    coverage: Floats


def spread(past: Past, verdict: Verdict, classes: list[Demand], plan: Plan) -> Spread:
    """The errors' quantiles of N products."""
    errors = verdict.actual - verdict.forecast
    tests, products, days = errors.shape
    inside = np.zeros(products)
    for test in range(tests):
        others = _quantiles(errors[plan.apart(test)])
        low, high = (np.maximum(0.0, verdict.forecast[test] + others[end][:, None]) for end in (0, 2))
        inside += ((verdict.actual[test] >= low) & (verdict.actual[test] <= high)).mean(axis=1)
    return Spread(_quantiles(errors), _pooled_totals(past, verdict, classes, plan.starts(past)), inside / tests)


def _quantiles(errors: Floats) -> Floats:
    flat = errors.transpose(1, 0, 2).reshape(errors.shape[1], -1)
    return np.asarray(np.quantile(flat, QUANTILES, axis=1))


def _pooled_totals(past: Past, verdict: Verdict, classes: list[Demand], starts: list[int]) -> Floats:
    days = verdict.actual.shape[2]
    units = np.stack([_unit(past.until(day)) for day in starts])
    totals = (verdict.actual - verdict.forecast).sum(axis=2) / (units * np.sqrt(days))
    kinds = np.array([str(kind) for kind in classes])
    everybody = np.quantile(totals, QUANTILES)
    found = np.tile(everybody[:, None], (1, len(classes)))
    for kind in np.unique(kinds):
        of_kind = totals[:, kinds == kind]
        if of_kind.size >= LEAST_POOL:
            found[:, kinds == kind] = np.quantile(of_kind, QUANTILES)[:, None]
    return np.asarray(found * _unit(past)[None, :])


def _unit(past: Past) -> Floats:
    """The spread of a product's sales per open day, never quite zero."""
    known = past.counts()
    count = np.maximum(known.sum(axis=1), 1)
    mean = past.sold.sum(axis=1) / count
    variance = (np.where(known, past.sold - mean[:, None], 0.0) ** 2).sum(axis=1) / count
    return np.asarray(np.sqrt(variance) + 0.05)
