"""The drawing of the last 24 hours: positions in per cent, so that the browser may stretch it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from orders.selectors.board import Hour

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour: the bar, the mark of the week before, and what it says."""

    hour: Hour
    x: str
    width: str
    y: str
    height: str
    mark_y: str
    mark_end: str
    middle: str
    is_running: bool
    has_label: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars and the lines behind them; ``top`` and ``half`` are the amounts of the upper and the middle line."""

    bars: list[Bar]
    top: Decimal
    half: Decimal
    best: Hour | None
    revenue: Decimal
    revenue_before: Decimal


def chart_of(hours: Sequence[Hour]) -> Chart:
    """Lay the hours out from left to right, on a scale that begins at zero. Refunds may not be drawn below it."""
    top = round_up(max((max(hour.revenue, hour.revenue_before) for hour in hours), default=ZERO))
    slot = Decimal(100) / len(hours)
    bars = []
    for place, hour in enumerate(hours):
        height = _share(hour.revenue, top)
        mark = 100 - _share(hour.revenue_before, top)
        left = place * slot
        bars.append(
            Bar(
                hour=hour,
                x=_per_cent(left + slot * Decimal("0.16")),
                width=_per_cent(slot * Decimal("0.68")),
                y=_per_cent(100 - height),
                height=_per_cent(height),
                mark_y=_per_cent(mark),
                mark_end=_per_cent(left + slot * Decimal("0.84")),
                middle=_per_cent(left + slot / 2),
                is_running=place == len(hours) - 1,
                has_label=place % 3 == 2,
            )
        )
    best = max(hours, key=lambda hour: hour.revenue, default=None)
    return Chart(
        bars=bars,
        top=top,
        half=top / 2,
        best=best if best and best.revenue > 0 else None,
        revenue=sum((hour.revenue for hour in hours), ZERO),
        revenue_before=sum((hour.revenue_before for hour in hours), ZERO),
    )


def round_up(amount: Decimal) -> Decimal:
    """The next amount that reads well on an axis: 1, 2, 4, 5 or 8 times a power of ten. At least 10."""
    if amount <= 10:
        return Decimal(10)
    power = Decimal(1).scaleb(amount.adjusted())
    lead = (amount / power).quantize(Decimal("0.001"), ROUND_CEILING)
    return next(step * power for step in map(Decimal, (1, 2, 4, 5, 8, 10)) if lead <= step)


def _share(amount: Decimal, top: Decimal) -> Decimal:
    return max(ZERO, amount) / top * 100


def _per_cent(value: Decimal) -> str:
    return f"{value:.2f}%"
