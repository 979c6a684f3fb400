"""Ways to forecast, each for many products at once: a level per product times a pattern of the week.

All of them work on open days only, so a closed day is neither a zero nor a gap. References: Croston 1972 with the
correction of Syntetos and Boylan 2005; Teunter, Syntetos and Babai 2011 (TSB); Gardner and McKenzie 1985 (damped
trend).
"""

from collections.abc import Callable

import numpy as np

from analytics.forecasting.series import WEEKDAYS, Floats, Ints, Past

PATTERN_WEEKS = 26
OWN_PATTERN_WEIGHT_WEEKS = 16
FIRST_LEVEL_DAYS = 12
DAMPING = 0.97
Method = Callable[[Past, Ints], Floats]


def seasonal_naive(past: Past, ahead: Ints) -> Floats:
    """The bar: what was sold on the last open day of the same name."""
    found = np.zeros((past.sold.shape[0], ahead.size))
    for weekday in np.unique(ahead):
        same = np.flatnonzero(past.weekdays == weekday)
        if same.size:
            found[:, ahead == weekday] = past.sold[:, same[-1]][:, None]
    return found


def moving_average(past: Past, ahead: Ints) -> Floats:
    """The mean of the last four weeks, the same for every day."""
    return np.repeat(_mean_of_last(past, 4 * _per_week(past))[:, None], ahead.size, axis=1)


def weekday_average(past: Past, ahead: Ints) -> Floats:
    """The mean of the last twelve weeks in the pattern of the week."""
    return _mean_of_last(past, 12 * _per_week(past))[:, None] * pattern(past)[:, ahead]


def smoothing(past: Past, ahead: Ints) -> Floats:
    """Simple exponential smoothing of the sales freed from the pattern of the week; the rate per product by fit."""
    weekly = pattern(past)
    level, _ = _smooth(past, weekly, rates=(0.01, 0.03, 0.07, 0.15, 0.3), trend_rates=(0.0,))
    return level[:, None] * weekly[:, ahead]


def damped_trend(past: Past, ahead: Ints) -> Floats:
    """Exponential smoothing with a trend that fades out."""
    weekly = pattern(past)
    level, slope = _smooth(past, weekly, rates=(0.05, 0.15, 0.3), trend_rates=(0.02, 0.06))
    fade = np.cumsum(DAMPING ** np.arange(1, ahead.size + 1))
    return np.maximum(0.0, level[:, None] + slope[:, None] * fade[None, :]) * weekly[:, ahead]


def croston_sba(past: Past, ahead: Ints) -> Floats:
    """Size and interval of demands smoothed apart, for goods that sell now and then."""
    rate = 0.1
    first = _first_sizes(past)
    size, interval = first, _first_intervals(past)
    since = np.ones_like(size)
    for day, known in _each_day(past):
        sold = past.sold[:, day]
        hit = known & (sold > 0)
        size = np.where(hit, size + rate * (sold - size), size)
        interval = np.where(hit, interval + rate * (since - interval), interval)
        since = np.where(hit, 1.0, np.where(known, since + 1.0, since))
    level = (1 - rate / 2) * size / np.maximum(interval, 1.0)
    return level[:, None] * pattern(past)[:, ahead]


def tsb(past: Past, ahead: Ints) -> Floats:
    """Chance and size of a demand smoothed apart; fades when a product stops selling."""
    size_rate, chance_rate = 0.1, 0.05
    size = _first_sizes(past)
    chance = 1.0 / np.maximum(_first_intervals(past), 1.0)
    for day, known in _each_day(past):
        sold = past.sold[:, day]
        hit = known & (sold > 0)
        size = np.where(hit, size + size_rate * (sold - size), size)
        chance = np.where(known, chance + chance_rate * (hit - chance), chance)
    return (chance * size)[:, None] * pattern(past)[:, ahead]


def combined(past: Past, ahead: Ints) -> Floats:
    """The mean of four ways that err differently."""
    parts = [method(past, ahead) for method in (weekday_average, smoothing, moving_average, tsb)]
    return np.asarray(np.mean(parts, axis=0))


NAIVE = "seasonal_naive"
METHODS: dict[str, Method] = {
    NAIVE: seasonal_naive,
    "moving_average": moving_average,
    "weekday_average": weekday_average,
    "smoothing": smoothing,
    "damped_trend": damped_trend,
    "croston_sba": croston_sba,
    "tsb": tsb,
    "combined": combined,
}


def pattern(past: Past) -> Floats:
    """N x 7: what each weekday sells relative to a mean open day.

    A product's own pattern counts as far as it has history; the rest is the pattern of the whole assortment.
    """
    recent = slice(max(0, past.days - PATTERN_WEEKS * _per_week(past)), past.days)
    names = past.weekdays[recent]
    sold, counts = past.sold[:, recent], past.counts()[:, recent]
    is_day = (names[:, None] == np.arange(WEEKDAYS)[None, :]).astype(float)
    own_sum, own_days = sold @ is_day, counts @ is_day
    mean = sold.sum(axis=1) / np.maximum(counts.sum(axis=1), 1)

    # Every product has one vote, so that one bulk buyer does not make a weekday of the whole shop.
    shares = np.divide(own_sum, mean[:, None], out=np.zeros_like(own_sum), where=mean[:, None] > 0).sum(axis=0)
    common = np.divide(shares, own_days[mean > 0].sum(axis=0), out=np.ones(WEEKDAYS), where=shares > 0)
    weight = OWN_PATTERN_WEIGHT_WEEKS
    expected = mean[:, None] * (own_days + weight)
    found = own_sum + weight * mean[:, None] * common[None, :]
    weekly = np.divide(found, expected, out=np.tile(common, (sold.shape[0], 1)), where=expected > 0)
    open_names = np.unique(names)
    level = np.asarray(weekly[:, open_names].mean(axis=1, keepdims=True))
    return np.asarray(weekly / np.where(level > 0, level, 1.0))


def _per_week(past: Past) -> int:
    return max(1, int(np.unique(past.weekdays[-28:]).size))


def _mean_of_last(past: Past, days: int) -> Floats:
    recent = slice(max(0, past.days - days), past.days)
    known = past.counts()[:, recent].sum(axis=1)
    return np.asarray(past.sold[:, recent].sum(axis=1) / np.maximum(known, 1))


def _smooth(
    past: Past, weekly: Floats, *, rates: tuple[float, ...], trend_rates: tuple[float, ...]
) -> tuple[Floats, Floats]:
    """Level and slope of every product at the end, with the pair of rates that fitted it best one day ahead."""
    grid = [(rate, trend) for rate in rates for trend in trend_rates]
    alpha = np.array([rate for rate, _ in grid])[:, None]
    beta = np.array([trend for _, trend in grid])[:, None]
    season = np.maximum(weekly[:, past.weekdays], 0.05)
    calm = past.sold / season
    level = np.tile(_first_levels(past, calm), (len(grid), 1))
    slope, misses = np.zeros_like(level), np.zeros_like(level)
    has_trend = bool(beta.any())
    for day, known in _each_day(past):
        expected = level + DAMPING * slope if has_trend else level
        error = np.where(known, calm[:, day] - expected, 0.0)
        misses += (error * season[:, day]) ** 2
        level = np.where(known, expected + alpha * error, level)
        if has_trend:
            slope = np.where(known, DAMPING * slope + alpha * beta * error, slope)
    best = misses.argmin(axis=0)
    each = np.arange(level.shape[1])
    return level[best, each], slope[best, each]


def _each_day(past: Past) -> list[tuple[int, np.ndarray]]:
    counts = past.counts()
    return [(day, counts[:, day]) for day in range(past.days)]


def _first_levels(past: Past, calm: Floats) -> Floats:
    place = np.arange(past.days)[None, :] - past.start[:, None]
    early = (place >= 0) & (place < FIRST_LEVEL_DAYS)
    return np.asarray((calm * early).sum(axis=1) / np.maximum(early.sum(axis=1), 1))


def _first_sizes(past: Past) -> Floats:
    """The mean size of the first few demands of each product."""
    order = np.cumsum(past.sold > 0, axis=1)
    early = (past.sold > 0) & (order <= 4)
    return np.asarray((past.sold * early).sum(axis=1) / np.maximum(early.sum(axis=1), 1))


def _first_intervals(past: Past) -> Floats:
    """The mean open days between demands, over the whole past: a start value only."""
    hits = (past.sold > 0).sum(axis=1)
    return np.asarray(past.counts().sum(axis=1) / np.maximum(hits, 1))
