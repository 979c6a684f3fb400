"""Methods of statsmodels: some thirty milliseconds a fit, so only the best sellers are offered them."""

import warnings

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from analytics.forecasting.methods import Method, smoothing
from analytics.forecasting.series import Floats, Ints, Past

MOST_TIMES = 10.0
"""A forecast above so many times the largest day of the history is a fit that went astray."""


def holt_winters(past: Past, ahead: Ints) -> Floats:
    """Holt-Winters with a fading trend and an additive week, rates and states fitted by least squares.

    Products that cannot be fitted get what `smoothing` says.
    """
    found = smoothing(past, ahead)
    week = int(np.unique(past.weekdays[-28:]).size)
    for row, start in enumerate(past.start):
        sold = past.sold[row, start:]
        if week < 2 or sold.size < 4 * week or np.ptp(sold) == 0:
            continue
        guess = _fitted(sold, week, ahead.size)
        if np.isfinite(guess).all() and guess.max() <= MOST_TIMES * sold.max():
            found[row] = np.maximum(0.0, guess)
    return found


def _fitted(sold: Floats, week: int, days: int) -> Floats:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a fit that does not converge is judged by its back-test like any other
        model = ExponentialSmoothing(
            sold,
            trend="add",
            damped_trend=True,
            seasonal="add",
            seasonal_periods=week,
            initialization_method="heuristic",
        )
        return np.asarray(model.fit(optimized=True).forecast(days), dtype=np.float64)


SLOW_METHODS: dict[str, Method] = {"holt_winters": holt_winters}
