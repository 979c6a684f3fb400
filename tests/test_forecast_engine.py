"""The arithmetic of forecasting, on series whose truth is known and on the real history."""

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analytics.forecasting.backtest import PLANS, judge
from analytics.forecasting.calendar import first_forecast_day, opening
from analytics.forecasting.demand import Demand, classify
from analytics.forecasting.engine import Outlook, enough_history, outlooks
from analytics.forecasting.methods import METHODS, NAIVE, croston_sba, damped_trend, pattern, seasonal_naive, smoothing
from analytics.forecasting.series import Past

FILE = Path(__file__).parents[2] / "shared/data/uci_online_retail/shared_2010-12-01_2011-08-31.csv.gz"
WEEK = np.array([1.4, 0.8, 0.8, 1.0, 1.2, 1.6, 0.2])


def past(sold: np.ndarray, *, first_weekday: int = 0) -> Past:
    sold = np.atleast_2d(sold).astype(float)
    weekdays = (np.arange(sold.shape[1]) + first_weekday) % 7
    start = np.where((sold > 0).any(axis=1), np.argmax(sold > 0, axis=1), sold.shape[1])
    return Past(sold, weekdays, start)


def poisson(level: np.ndarray | float, days: int, *, products: int = 60, seed: int = 7) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return np.asarray(chance.poisson(np.broadcast_to(level, (products, days)) * WEEK[np.arange(days) % 7]))


def forecast(known: Past, ahead: int = 28) -> list[Outlook]:
    weekdays = (np.arange(ahead) + known.weekdays[-1] + 1) % 7
    return sorted(
        (one for batch in outlooks(known, weekdays, top_sellers=0) for one in batch), key=lambda one: one.product
    )


def test_the_pattern_of_the_week_is_found() -> None:
    found = pattern(past(poisson(20.0, 180)))
    assert np.abs(found.mean(axis=0) - WEEK).max() < 0.05
    assert np.abs(found - WEEK).max() < 0.35  # of each product alone


def test_smoothing_hits_the_truth_that_naive_misses() -> None:
    sold, ahead = poisson(20.0, 210), np.arange(28) % 7
    truth = 20.0 * WEEK[ahead]
    known = past(sold[:, :182])
    smooth = np.abs(smoothing(known, ahead) - truth).mean()
    naive = np.abs(seasonal_naive(known, ahead) - truth).mean()
    assert smooth < 0.4 * naive


def test_a_trend_is_followed_and_fades() -> None:
    level = np.linspace(10, 40, 182)
    known, ahead = past(poisson(level, 182)), np.arange(28) % 7
    trend = (damped_trend(known, ahead) / WEEK[ahead]).mean(axis=0)
    assert 36 < trend[0] < 46 and trend[-1] > 38
    assert abs(trend[27] - trend[20]) < abs(trend[7] - trend[0]) + 1


def test_croston_gives_the_rate_of_goods_that_sell_now_and_then() -> None:
    chance = np.random.default_rng(3)
    sold = (chance.random((200, 210)) < 0.2) * chance.integers(2, 7, (200, 210))
    rate = croston_sba(past(sold), np.arange(7)).mean()
    assert rate == pytest.approx(0.2 * 4.0, rel=0.12)


def test_the_classes_of_demand_are_told_apart() -> None:
    chance = np.random.default_rng(5)
    days = 200
    rare = chance.random(days) < 0.15
    sizes = np.exp(chance.normal(1.5, 1.2, days))
    rows = np.stack([chance.poisson(30, days), np.ceil(sizes), rare * 3, rare * np.ceil(sizes)])
    assert classify(past(rows)) == [Demand.SMOOTH, Demand.ERRATIC, Demand.INTERMITTENT, Demand.LUMPY]


def test_the_best_method_is_used_only_where_it_beats_the_naive_one() -> None:
    week = np.tile([5, 1, 2, 3, 8, 13, 0], 30)  # repeats exactly: naive cannot be beaten
    noisy = poisson(12.0, 210, products=40)
    known = past(np.vstack([week, noisy]))
    verdict = judge(known, PLANS[0], METHODS)
    assert verdict.chosen[0] == NAIVE
    assert sum(name != NAIVE for name in verdict.chosen[1:]) >= 38
    used = np.array([name != NAIVE for name in verdict.chosen])
    errors = (verdict.mase[used] / verdict.naive_mase[used], verdict.wape[used] / verdict.naive_wape[used])
    assert (errors[0] + errors[1] < 2).all()


def test_back_tests_never_see_the_days_they_are_measured_on() -> None:
    known = past(poisson(12.0, 210, products=30))
    ends = known.days - 28
    changed = known.sold.copy()
    changed[:, ends:] = 10_000.0
    other = Past(changed, known.weekdays, known.start)
    for name, method in METHODS.items():
        ahead = known.weekdays[ends:]
        assert np.array_equal(method(known.until(ends), ahead), method(other.until(ends), ahead)), name


def test_bands_are_ordered_never_negative_and_cover_what_they_promise() -> None:
    products, days = 300, 238
    sold = np.vstack([poisson(8.0, days, products=products, seed=1), poisson(0.4, days, products=products, seed=2)])
    actual = sold[:, -28:]
    found = forecast(past(sold[:, :-28]))
    assert len(found) == 2 * products
    band = np.stack([one.days for one in found])
    assert (band >= 0).all() and (np.diff(band[:, :, 1:], axis=2) >= 0).all()
    totals = np.array([one.total for one in found])
    assert (totals >= 0).all() and (np.diff(totals, axis=1) >= 0).all()
    regular = slice(0, products)
    inside = (actual >= band[:, :, 1]) & (actual <= band[:, :, 3])
    assert 0.70 <= inside[regular].mean() <= 0.90
    sums = actual.sum(axis=1)
    assert 0.70 <= ((sums >= totals[:, 0]) & (sums <= totals[:, 2])).mean() <= 0.90


def test_the_best_sellers_are_offered_holt_winters_and_others_are_not() -> None:
    days = np.arange(196)
    wave = np.tile([30, 10, 12, 20, 40, 60, 5], 28) * np.linspace(1, 2, 196)
    noise = np.random.default_rng(11).normal(0, 1.5, (3, 196))
    sold = np.maximum(0, np.round(np.stack([wave, wave * 2, wave / 10]) + noise))
    found = [one for batch in outlooks(past(sold), days[:28] % 7, top_sellers=2) for one in batch]
    used = {one.product: one.method for one in found}
    assert used.keys() == {0, 1, 2} and "holt_winters" in (used[0], used[1]) and used[2] != "holt_winters"
    assert all(one.wape is not None and one.wape < 0.1 for one in found if one.method == "holt_winters")


def test_the_same_sales_give_the_same_forecasts() -> None:
    known = past(poisson(3.0, 120))
    for one, again in zip(forecast(known), forecast(known), strict=True):
        assert (one.product, one.method, one.total) == (again.product, again.method, again.total)
        assert np.array_equal(one.days, again.days)


def test_eight_weeks_and_six_selling_days_are_enough_and_less_is_not() -> None:
    def row(age: int, selling: int) -> np.ndarray:
        sold = np.zeros(120)
        sold[120 - age : 120 - age + selling] = 2
        return sold

    known = past(np.stack([row(56, 6), row(55, 6), row(56, 5), row(120, 60)]))
    assert enough_history(known).tolist() == [True, False, False, True]
    assert [one.product for one in forecast(known)] == [0, 3]


def test_closing_days_and_the_long_closure_are_learnt() -> None:
    first = date(2025, 9, 1)
    holidays = {date(2025, 12, 24) + timedelta(days=number) for number in range(11)} | {date(2026, 4, 6)}
    days = [
        day
        for day in (first + timedelta(days=number) for number in range(300))
        if day.weekday() != 5 and day not in holidays
    ]
    found = opening(days)
    assert found.closed_weekdays == {5}
    assert not found.is_open(date(2026, 12, 28)) and not found.is_open(date(2026, 12, 26))
    assert found.is_open(date(2027, 4, 6))  # one missed Monday is no custom
    assert found.is_open(date(2026, 7, 1)) and not found.is_open(date(2026, 7, 4))


def test_a_shop_whose_last_sale_is_old_is_forecast_from_the_day_after_it() -> None:
    last = date(2011, 8, 31)
    assert first_forecast_day(last, date(2026, 11, 21)) == (date(2011, 9, 1), True)
    assert first_forecast_day(last, date(2011, 9, 14)) == (date(2011, 9, 14), False)
    assert first_forecast_day(last, date(2011, 9, 15)) == (date(2011, 9, 1), True)


@pytest.mark.skipif(not FILE.exists(), reason=f"the real data is not here: {FILE.name}")
def test_on_the_real_history_it_beats_the_naive_forecast_and_its_bands_hold() -> None:
    sold: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    with gzip.open(FILE, "rt", newline="") as source:
        for row in csv.DictReader(source):
            if row["StockCode"][:5].isdigit() and not row["InvoiceNo"].startswith("A"):
                day = datetime.fromisoformat(row["InvoiceDate"]).date()
                sold[row["StockCode"].strip().upper()][day] += float(row["Quantity"])
    days = sorted({day for series in sold.values() for day in series})
    table = np.array([[max(0.0, series.get(day, 0.0)) for day in days] for _, series in sorted(sold.items())])
    weekdays = np.array([day.weekday() for day in days])
    daily, totals, day_cover, total_cover, mases = [], [], [], [], []
    ahead = 24  # open days: four weeks without Saturdays
    for hidden in (24, 48):
        until = len(days) - hidden
        start = np.where((table[:, :until] > 0).any(axis=1), np.argmax(table > 0, axis=1), until)
        known = Past(table[:, :until], weekdays[:until], start)
        later = weekdays[until : until + ahead]
        found = [one for batch in outlooks(known, later) for one in batch]
        rows = [one.product for one in found]
        actual = table[rows, until : until + ahead]
        naive = seasonal_naive(known, later)[rows]
        band = np.stack([one.days for one in found])
        total = np.array([one.total for one in found])
        sums = actual.sum(axis=1)
        daily.append(np.abs(band[:, :, 0] - actual).sum() / np.abs(naive - actual).sum())
        totals.append(np.abs(total[:, 1] - sums).sum() / np.abs(naive.sum(axis=1) - sums).sum())
        day_cover.append(((actual >= band[:, :, 1]) & (actual <= band[:, :, 3])).mean())
        total_cover.append(((sums >= total[:, 0]) & (sums <= total[:, 2])).mean())
        measured = [(one.mase, one.naive_mase) for one in found if one.mase and one.naive_mase]
        mases.append(np.median([own / bar for own, bar in measured]))
    assert max(daily) < 0.93 and np.mean(totals) < 0.75  # of the naive error, on days nobody had seen
    assert max(mases) < 0.95
    assert all(0.70 <= share <= 0.90 for share in (*day_cover, *total_cover)), (day_cover, total_cover)
