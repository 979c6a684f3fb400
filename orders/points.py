"""How many points: earned on money, given back and taken back in pieces that sum to the whole. Pure arithmetic.

Points are whole. Everything is cumulative: a share is what has come back by now less what had come back before, so any
number of pieces sums to exactly the whole, and what is rounded on the way is rounded in the shop's favour.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from core.money import exponent

MOST_EARNED = Decimal(10) ** 9
"""Nobody earns more with one sale, whatever the policy says."""


def earned_on(money: Decimal, per_unit: Decimal) -> Decimal:
    """Whole points for so much money paid (not with points)."""
    return min(max(_floor(money * per_unit), Decimal(0)), MOST_EARNED)


def most_earned(money: Decimal, per_unit: Decimal) -> Decimal:
    """The most points that so much money can have earned, in however many sales: rounded up."""
    return min(max((money * per_unit).to_integral_value(ROUND_CEILING), Decimal(0)), MOST_EARNED)


def points_for(amount: Decimal, value: Decimal) -> Decimal | None:
    """The points that pay an amount of money at ``value`` each; None where they would not be whole."""
    if value <= 0 or amount < 0:
        return None
    points = amount / value
    whole = _floor(points)
    return whole if whole * value == amount else None


def part_in_points(by_points: Decimal, paid: Decimal, back: Decimal, currency: str) -> Decimal:
    """The part of ``back`` (what came back of ``paid`` by now, in all) that goes back as points, in money."""
    if back >= paid:
        return by_points
    return _down(by_points * back / paid, currency)


def points_back(burnt: Decimal, by_points: Decimal, part: Decimal) -> Decimal:
    """How many of the burnt points are back by now, when ``part`` of the money that they paid is."""
    return burnt if part >= by_points else _floor(burnt * part / by_points)


def points_kept(earned: Decimal, money: Decimal, back: Decimal) -> Decimal:
    """How many of the earned points stay, when ``back`` of the money that earned them went back by now."""
    return Decimal(0) if back >= money else _floor(earned * (money - max(back, Decimal(0))) / money)


def worth(points: Decimal, value: Decimal, currency: str) -> Decimal:
    """What points pay at ``value`` each, in coins that exist."""
    return _down(max(points, Decimal(0)) * value, currency)


def _down(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_FLOOR)


def _floor(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR)
