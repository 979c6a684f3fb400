"""The shape that everything here works on: many products' sales per open day."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
WEEKDAYS = 7


@dataclass(frozen=True, slots=True)
class Past:
    """Sales of N products on T open days.

    ``sold`` is N x T and never negative; ``weekdays`` names each open day (Monday is 0); ``start`` is the first day
    that counts for each product: the day of its first sale.
    """

    sold: Floats
    weekdays: Ints
    start: Ints

    @property
    def days(self) -> int:
        return int(self.sold.shape[1])

    def counts(self) -> Bools:
        """N x T: whether a product was already on sale on a day."""
        return np.arange(self.days)[None, :] >= self.start[:, None]

    def until(self, day: int) -> "Past":
        """What was known at the start of open day ``day``."""
        return replace(self, sold=self.sold[:, :day], weekdays=self.weekdays[:day])

    def rows(self, chosen: Ints | slice) -> "Past":
        """Some of the products."""
        return replace(self, sold=self.sold[chosen], start=self.start[chosen])


def weekly_sums(days: Floats, per_week: int) -> Floats:
    """... x H days as sums of weeks of ``per_week`` open days; an incomplete last week is left out."""
    weeks = days.shape[-1] // per_week
    whole = days[..., : weeks * per_week].reshape(*days.shape[:-1], weeks, per_week)
    return np.asarray(whole.sum(axis=-1))
