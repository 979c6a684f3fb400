"""Lines that are sold at the price on their label: the code is read again here, no stated price is believed."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from core.errors import fault, refuse
from core.money import Rounding
from core.tenancy.context import current_tenant
from inventory.reading import PROBLEMS
from inventory.selectors.codes import ChargedLabel, charged_labels
from orders.services.basket import BasketLine, Sale
from orders.tax import gross_amount
from orders.tax.rounding import QUANTITY_PLACES, step_of, whole

MOST_LABELS = 1000
"""Of one label on one line."""
PRICE_STEP, UNIT_STEP = Decimal("0.0001"), Decimal("0.001")
NEARBY = 50
"""Steps of a measured quantity within which one is looked for that comes to the price to the cent."""


@dataclass(frozen=True, slots=True)
class LabelLine:
    """What is sold by labels: units that come to what the labels say at this unit price; ``price`` is that of one."""

    units: Decimal
    unit_price: Decimal
    price: Decimal


def read_labels(sale: Sale) -> dict[int, LabelLine]:
    """The lines of a sale that name a label, by their place; nothing is asked where none does.

    Raises `Invalid`, naming every line whose label makes no price: "label-not-charged" (no rule charges what it says,
    or it is a code of the registry), "label-unreadable" (it was tampered with or misread), "label-other-article".
    """
    stated = {place: line for place, line in enumerate(sale.lines) if line.label}
    if not stated:
        return {}
    read = charged_labels({line.label for line in stated.values()}, location_id=sale.location_id)
    errors, lines = [], {}
    for place, line in stated.items():
        label = read.get(line.label)
        faults = list(_faults(f"/lines/{place}", line, label))
        made = None if faults or label is None else _exactly(label, line.quantity)
        if made is not None:
            lines[place] = made
        errors += faults
        if not faults and made is None:
            detail = "So many of this label come to no price to the cent. Sell them in several lines."
            errors.append(fault(f"/lines/{place}/quantity", "label-price", detail))
    refuse(*errors)
    return lines


def _faults(pointer: str, line: BasketLine, label: ChargedLabel | None) -> Iterator[dict[str, str]]:
    if line.unit_price is not None:
        yield fault(f"{pointer}/unit_price", "label-has-price", "The label says what this costs.")
    if line.quantity % 1 or line.quantity > MOST_LABELS:
        yield fault(f"{pointer}/quantity", "label-count", f"A whole number of labels, at most {MOST_LABELS}.")
    if label is None:
        yield fault(f"{pointer}/label", "label-not-charged", "No rule of this shop charges the price on this label.")
    elif label.problem:
        detail = PROBLEMS.get(label.problem, "What this label is of is not for sale (any more).")
        yield fault(f"{pointer}/label", "label-unreadable", detail)
    elif label.variant_id != line.variant_id:
        yield fault(f"{pointer}/label", "label-other-article", "This label is of another article.")


def _exactly(label: ChargedLabel, count: Decimal) -> LabelLine | None:
    """Units and unit price that come to the price of the labels. The listed price stays where it does, to the cent."""
    tenant = current_tenant()
    rounding: Rounding = tenant.rounding  # type: ignore[assignment]
    step = step_of(tenant.currency, rounding)

    def comes_to(units: Decimal, unit_price: Decimal) -> int:
        return gross_amount(whole(units, QUANTITY_PLACES), whole(unit_price), step=step, rounding=rounding)

    due = comes_to(count, label.price)
    usual = label.units * count
    if comes_to(usual, label.unit_price) == due:
        return LabelLine(usual, label.unit_price, label.price)
    for units in _around(usual) if label.is_measured else [usual]:
        unit_price = (label.price * count / units).quantize(PRICE_STEP, ROUND_HALF_UP)
        if comes_to(units, unit_price) == due:
            return LabelLine(units, unit_price, label.price)
    return None


def _around(units: Decimal) -> Iterator[Decimal]:
    """The quantity, then those next to it, nearest first; none is zero or less."""
    yield units
    for away in range(1, NEARBY + 1):
        for found in (units - away * UNIT_STEP, units + away * UNIT_STEP):
            if found > 0:
                yield found
