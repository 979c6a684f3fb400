"""Whole numbers of a ten-thousandth: how ratios are rounded, and how a rounded sum is handed out to its parts."""

from collections.abc import Sequence
from decimal import Decimal

from core.money import Rounding, exponent

AMOUNT_PLACES = 4
QUANTITY_PLACES = 3
THOUSAND = 10**QUANTITY_PLACES


def whole(value: Decimal, places: int = AMOUNT_PLACES) -> int:
    """A decimal as an integer of its last place. Raises ``ValueError`` when it has more places."""
    scaled = value.scaleb(places)
    number = int(scaled)
    if number != scaled:
        raise ValueError(f"{value} has more than {places} places")
    return number


def amount_of(number: int, step: int = 1) -> Decimal:
    """Ten-thousandths as a decimal with the places of ``step``, or with four where it has more."""
    if number % step:
        step = 1
    return Decimal(number // step).scaleb(len(str(step)) - 1 - AMOUNT_PLACES)


def step_of(currency: str, rounding: Rounding) -> int:
    """The smallest amount that a line can come to, in ten-thousandths; ``exact`` keeps four places."""
    return 1 if rounding == "exact" else int(10 ** (AMOUNT_PLACES - exponent(currency)))


def divide(numerator: int, denominator: int, *, half_up: bool) -> int:
    """The nearest integer; a tie goes away from zero (``half_up``) or to the even one."""
    quotient, rest = divmod(abs(numerator), abs(denominator))
    twice = rest * 2
    if twice > abs(denominator) or (twice == abs(denominator) and (half_up or quotient % 2)):
        quotient += 1
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def rounded(numerator: int, denominator: int, *, step: int, rounding: Rounding) -> int:
    """A ratio of amounts as a multiple of ``step``."""
    return divide(numerator, denominator * step, half_up=rounding == "half_up") * step


def hand_out(floors: list[int], rests: Sequence[int], left: int, step: int) -> list[int]:
    """Raise those of ``floors`` with the largest rests, the first among equals, by ``step`` until nothing is left."""
    order = sorted(range(len(floors)), key=lambda place: (-rests[place], place))
    for place in order[: left // step]:
        floors[place] += step
    return floors


def spread(amount: int, weights: Sequence[int], step: int) -> list[int]:
    """``amount``, a multiple of ``step``, shared by weight so that the shares sum to it: largest remainder first.

    No share is larger than its weight as long as the amount is not larger than all weights and these are multiples too.
    """
    whole_weight = sum(weights)
    if not whole_weight or not amount:
        return [0] * len(weights)
    parts = [divmod(amount * weight, whole_weight * step) for weight in weights]
    floors = [units * step for units, _ in parts]
    return hand_out(floors, [rest for _, rest in parts], amount - sum(floors), step)


def cash_difference(total: Decimal, cash_step: Decimal | None) -> Decimal:
    """What is paid more (or less, negative) than the total where ``cash_step`` is the smallest coin; half goes up."""
    if not cash_step:
        return Decimal(0)
    number, step = whole(total), whole(cash_step)
    return amount_of(divide(number, step, half_up=True) * step - number)
