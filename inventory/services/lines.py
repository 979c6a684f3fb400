"""Lines that people scan or type: a variant or a code that stands for one, and how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.errors import Invalid
from inventory.models import Variant
from inventory.selectors import targets_of

MOST_LINES = 500
MOST_UNITS = Decimal(10) ** 9
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsLine:
    """So many of a variant, or of a code (a pack's counts its units); ``damaged`` ones come beside the ``quantity``."""

    quantity: Decimal = NOTHING
    damaged: Decimal = NOTHING
    variant_id: UUID | None = None
    code: str = ""

    def as_json(self) -> list[object]:
        """What a repeat of the line must have in common with the first try."""
        return [self.variant_id, self.code, self.quantity.normalize(), self.damaged.normalize()]


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one variant: fit to be sold, and damaged."""

    good: Decimal
    damaged: Decimal

    @property
    def all(self) -> Decimal:
        return self.good + self.damaged


def units_of(lines: Sequence[GoodsLine], *, may_be_empty: bool = False) -> dict[UUID, Units]:
    """Units per stocked variant; several lines of one add up.

    Raises:
        Invalid: every wrong line is named: unknown, nothing or less, more than anybody has, or a part of a pack.
    """
    if len(lines) > MOST_LINES or not (lines or may_be_empty):
        error = {"pointer": "/lines", "code": "length", "detail": f"Between 1 and {MOST_LINES} lines."}
        raise Invalid(error["detail"], details={"errors": [error]})
    targets = targets_of({line.code for line in lines if line.variant_id is None})
    ids = [line.variant_id or (targets[line.code].variant_id if line.code in targets else None) for line in lines]
    known = set(Variant.objects.filter(pk__in={i for i in ids if i}, is_stocked=True).values_list("pk", flat=True))
    errors: list[dict[str, str]] = []
    found: dict[UUID, Units] = {}
    for place, (line, variant_id) in enumerate(zip(lines, ids, strict=True)):
        here = f"/lines/{place}"
        if variant_id is None or variant_id not in known:
            name = "variant" if line.variant_id else "code"
            detail = "There is no such variant, or it is not stocked."
            errors.append({"pointer": f"{here}/{name}", "code": "unknown", "detail": detail})
            continue
        target = targets.get(line.code) if line.variant_id is None else None
        good = target.units(line.quantity) if target else line.quantity
        damaged = target.units(line.damaged) if target else line.damaged
        if problem := _wrong(good, damaged):
            errors.append({"pointer": f"{here}/quantity", "code": "range", "detail": problem})
            continue
        before = found.get(variant_id, Units(NOTHING, NOTHING))
        found[variant_id] = Units(before.good + (good or NOTHING), before.damaged + (damaged or NOTHING))
    if errors:
        raise Invalid(errors[0]["detail"], details={"errors": errors})
    return found


def _wrong(good: Decimal | None, damaged: Decimal | None) -> str:
    if good is None or damaged is None:
        return "So many packs come to a part of a unit that we cannot keep."
    if good < 0 or damaged < 0 or good + damaged == 0:
        return "More than zero."
    if good + damaged > MOST_UNITS:
        return "This is more than anybody has."
    return ""
