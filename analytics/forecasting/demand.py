"""What kind of demand a product has (Syntetos, Boylan and Croston 2005): how often it sells, and how evenly."""

from enum import StrEnum

import numpy as np

from analytics.forecasting.series import Bools, Floats, Past

RARE = 1.32
"""Open days per selling day above which a product sells only now and then."""
UNEVEN = 0.49
"""Squared coefficient of variation of the sizes above which they are uneven."""


class Demand(StrEnum):
    """The four classes."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"


def classify(past: Past) -> list[Demand]:
    """The class of every product."""
    hits = past.sold > 0
    count = hits.sum(axis=1)
    interval = past.counts().sum(axis=1) / np.maximum(count, 1)
    mean = past.sold.sum(axis=1) / np.maximum(count, 1)
    spread: Floats = (np.where(hits, past.sold - mean[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(count, 1)
    uneven: Bools = spread > UNEVEN * np.maximum(mean, 1e-12) ** 2
    names = {
        (False, False): Demand.SMOOTH,
        (False, True): Demand.ERRATIC,
        (True, False): Demand.INTERMITTENT,
        (True, True): Demand.LUMPY,
    }
    return [names[bool(r), bool(u)] for r, u in zip(interval > RARE, uneven, strict=True)]
