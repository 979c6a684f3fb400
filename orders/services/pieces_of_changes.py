"""Which pieces of goods with serial numbers a change of a sale moves: named one per unit, taken back by themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.errors import fault, refuse
from inventory.models import MovementSerial, Variant
from orders.models import Order, OrderChange
from orders.services.pieces_back import pieces_of_sale

Named = Sequence[tuple[UUID, Sequence[str]]]
"""Variants with the numbers of their pieces, as somebody states them."""


@dataclass(frozen=True, slots=True)
class PiecesWanted:
    """Pieces of an article that somebody must name; ``leaves``: new ones, else of ``out``, which the customer has."""

    variant: Variant
    units: Decimal
    leaves: bool
    out: tuple[str, ...]


def pieces_wanted(order: Order, units: Mapping[UUID, Decimal]) -> list[PiecesWanted]:
    """The articles of a change whose pieces must be named; ``units`` leave, or (negative) come back. Reads only.

    An open order names none: they are chosen when they leave. Nor does what comes back whole.
    """
    if order.state == Order.State.OPEN or not units:
        return []
    rows = Variant.objects.filter(pk__in=units, tracking=Variant.Tracking.SERIAL).select_related("product")
    tracked = list(rows.order_by("sku"))
    out = pieces_of_sale(order) if tracked else {}
    found = [
        PiecesWanted(one, abs(units[one.pk]), units[one.pk] > 0, () if units[one.pk] > 0 else out.get(one.pk, ()))
        for one in tracked
    ]
    return [one for one in found if one.leaves or len(one.out) != one.units]


def pieces_of_change(
    order: Order, change: OrderChange, units: Mapping[UUID, Decimal], named: Named, *, undo: bool
) -> dict[UUID, tuple[str, ...]]:
    """The pieces that a change (or its being taken back) moves, by variant; for `move_stock`, in its transaction.

    Raises `Invalid` for pieces that are not named one per unit, named twice, or not those of the sale.
    """
    if undo:
        return _moved_by(change)
    wanted = {one.variant.pk: one for one in pieces_wanted(order, units)}
    whole = {key: numbers for key, numbers in pieces_of_sale(order).items() if units.get(key) == -len(numbers)}
    found = dict(whole)
    errors = []
    for place, (variant_id, stated) in enumerate(named):
        here, numbers = f"/pieces/{place}/serials", tuple(number.strip() for number in stated)
        one = wanted.pop(variant_id, None)
        if one is None:
            if whole.get(variant_id) is None or set(numbers) != set(whole[variant_id]):
                errors.append(fault(here, "not-tracked", "No piece of this is to be named here."))
            continue
        errors += _faults(one, numbers, here)
        found[variant_id] = numbers
    errors += [
        fault("/pieces", "serials-needed", f"Name the pieces of {one.variant.sku}, one number per unit.")
        for one in wanted.values()
    ]
    refuse(*errors)
    return found


def _faults(wanted: PiecesWanted, numbers: Sequence[str], here: str) -> list[dict[str, str]]:
    if len(numbers) != wanted.units or not all(numbers):
        detail = f"Name the pieces of {wanted.variant.sku}, one number per unit."
        return [fault(here, "serials-needed", detail)]
    if len(set(numbers)) < len(numbers):
        return [fault(here, "doubled", "A piece is named twice.")]
    strange = [] if wanted.leaves else [number for number in numbers if number not in wanted.out]
    if strange:
        return [fault(here, "not-sold", f"{strange[0]} is not a piece of this sale that is still with the customer.")]
    return []


def _moved_by(change: OrderChange) -> dict[UUID, tuple[str, ...]]:
    rows = MovementSerial.objects.filter(
        movement__reference_type="order_change", movement__reference_id=change.pk
    ).order_by("pk")
    found: dict[UUID, tuple[str, ...]] = {}
    for variant_id, number in rows.values_list("serial__variant_id", "serial__number"):
        found[variant_id] = (*found.get(variant_id, ()), number)
    return found
