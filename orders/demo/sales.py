"""Half a year of made-up sales with the rhythm of a real shop: weekdays, hours, a slow trend, and favourites."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = 180
WEEKDAYS = (0.85, 0.8, 0.9, 1.0, 1.25, 1.5, 0.55)  # Monday to Sunday
HOURS = {8: 5, 9: 8, 10: 8, 11: 9, 12: 13, 13: 11, 14: 7, 15: 7, 16: 9, 17: 13, 18: 10, 19: 4}
ORDERS_A_DAY = 70
FIRST_STORE = 0.7
CHANNELS = (("counter", 90), ("online", 7), ("phone", 3))


@dataclass(frozen=True, slots=True)
class Basket:
    """What one customer took, as (place on the shelf, quantity), in which store, and how they paid."""

    at: datetime
    lines: tuple[tuple[int, int], ...]
    channel: str
    method: str
    customer: int | None
    cash_step: int
    store: int


def baskets(popularities: list[int], *, customers: int, now: datetime, zone: ZoneInfo, seed: int) -> Iterator[Basket]:
    """The baskets in the order they were sold, the last one before ``now``. The same seed and day give the same."""
    dice = random.Random(seed)  # noqa: S311  believable, not secret
    today = now.astimezone(zone).date()
    shelf = list(range(len(popularities)))
    channels = [name for name, _ in CHANNELS]
    channel_weights = [weight for _, weight in CHANNELS]
    for back in range(DAYS, -1, -1):
        day = today - timedelta(days=back)
        trend = 1 + 0.15 * (DAYS - back) / DAYS
        for at in _times(day, trend, dice, zone):
            taken = dice.choices(shelf, popularities, k=min(12, 1 + int(dice.expovariate(0.55))))
            quantities: dict[int, int] = {}
            for place in taken:
                quantities[place] = quantities.get(place, 0) + (1 if dice.random() < 0.88 else 2)
            basket = Basket(
                at=at,
                lines=tuple(quantities.items()),
                channel=dice.choices(channels, channel_weights)[0],
                method="card" if dice.random() < 0.64 else "cash",
                customer=dice.randrange(customers) if dice.random() < 0.3 else None,
                cash_step=dice.choice((0, 5, 10, 20)),
                store=0 if dice.random() < FIRST_STORE else 1,
            )
            if at < now:
                yield basket


def _times(day: date, trend: float, dice: random.Random, zone: ZoneInfo) -> list[datetime]:
    expected = ORDERS_A_DAY * WEEKDAYS[day.weekday()] * trend
    count = max(5, round(dice.gauss(expected, expected**0.5)))
    hours = dice.choices(list(HOURS), list(HOURS.values()), k=count)
    return sorted(
        datetime.combine(day, time(hour, dice.randrange(60), dice.randrange(60)), zone).astimezone(UTC)
        for hour in hours
    )
