"""Lines that people scan or type: a variant or a code that stands for one, and how many."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from core.errors import Invalid, fault, refuse
from inventory.models import Lot, Variant
from inventory.selectors import CodeTarget, targets_of

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
    lot: str = ""
    serials: Sequence[str] = ()
    damaged_serials: Sequence[str] = ()

    def as_json(self) -> list[object]:
        """What a repeat of the line must have in common with the first try; what was not stated is left out."""
        told = [self.lot, list(self.serials), list(self.damaged_serials)]
        stated = [self.variant_id, self.code, self.quantity.normalize(), self.damaged.normalize()]
        return [*stated, *(told if any(told) else [])]


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one variant: fit to be sold, and damaged. Of goods told apart, those of named lots and the pieces."""

    good: Decimal
    damaged: Decimal
    lots: Mapping[UUID, Decimal] = field(default_factory=dict)
    serials: tuple[str, ...] = ()
    damaged_serials: tuple[str, ...] = ()

    @property
    def all(self) -> Decimal:
        return self.good + self.damaged

    @property
    def pieces(self) -> tuple[str, ...]:
        return self.serials + self.damaged_serials

    def more(self, other: "Units") -> "Units":
        """Both together."""
        lots = {lot: self.lots.get(lot, NOTHING) + other.lots.get(lot, NOTHING) for lot in {**self.lots, **other.lots}}
        return Units(
            self.good + other.good,
            self.damaged + other.damaged,
            lots,
            self.serials + other.serials,
            self.damaged_serials + other.damaged_serials,
        )


class NamesArticle(Protocol):
    """A line that names a variant, or a code that stands for one."""

    @property
    def variant_id(self) -> UUID | None: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Articles:
    """What lines stand for, line by line: the variant (None: unknown), and what its code stands for, if it has one."""

    variants: list[UUID | None]
    targets: list[CodeTarget | None]
    tracking: dict[UUID, str]


def articles_of(lines: Sequence[NamesArticle], *, only_stocked: bool = False) -> Articles:
    """The articles of lines, two queries however many there are."""
    known = targets_of({line.code for line in lines if line.variant_id is None})
    targets = [known.get(line.code) if line.variant_id is None else None for line in lines]
    ids = [
        line.variant_id or (target.variant_id if target else None) for line, target in zip(lines, targets, strict=True)
    ]
    rows = Variant.objects.filter(pk__in={one for one in ids if one})
    tracking = dict((rows.filter(is_stocked=True) if only_stocked else rows).values_list("pk", "tracking"))
    return Articles([one if one in tracking else None for one in ids], targets, tracking)


def unknown_article(here: str, line: NamesArticle, *, detail: str = "There is no such variant.") -> dict[str, str]:
    """The fault of a line at ``here`` that names nothing."""
    return fault(f"{here}/{'variant' if line.variant_id else 'code'}", "unknown", detail)


def units_of(
    lines: Sequence[GoodsLine], *, may_be_empty: bool = False, names_pieces: bool = False
) -> dict[UUID, Units]:
    """Units per stocked variant; several lines of one add up. The label of a piece names it.

    ``names_pieces``: goods with serial numbers are moved, so every piece is named.

    Raises:
        Invalid: every wrong line is named: unknown, nothing or less, more than anybody has, a part of a pack, a lot
            that there is not, pieces that are not named, or twice.
    """
    if len(lines) > MOST_LINES or not (lines or may_be_empty):
        error = {"pointer": "/lines", "code": "length", "detail": f"Between 1 and {MOST_LINES} lines."}
        raise Invalid(error["detail"], details={"errors": [error]})
    named = articles_of(lines, only_stocked=True)
    lots = _lots_of(lines, named.variants)
    errors: list[dict[str, str]] = []
    found: dict[UUID, Units] = {}
    for place, (line, variant_id, target) in enumerate(zip(lines, named.variants, named.targets, strict=True)):
        here = f"/lines/{place}"
        if variant_id is None:
            errors.append(unknown_article(here, line, detail="There is no such variant, or it is not stocked."))
            continue
        good = target.units(line.quantity) if target else line.quantity
        damaged = target.units(line.damaged) if target else line.damaged
        if problem := _wrong(good, damaged):
            errors.append({"pointer": f"{here}/quantity", "code": "range", "detail": problem})
            continue
        units = _units(line, target, good or NOTHING, damaged or NOTHING, lots.get((variant_id, line.lot)))
        if problems := _wrong_pieces(line, units, named.tracking[variant_id], must_name=names_pieces):
            errors += [fault(f"{here}/{name}", code, detail) for name, code, detail in problems]
            continue
        found[variant_id] = found.get(variant_id, Units(NOTHING, NOTHING)).more(units)
        doubled = [piece for piece, times in Counter(found[variant_id].pieces).items() if times > 1]
        if doubled:
            errors.append(fault(f"{here}/serials", "doubled", f"{doubled[0]} is named twice."))
    refuse(*errors)
    return found


def _lots_of(lines: Sequence[GoodsLine], ids: Sequence[UUID | None]) -> dict[tuple[UUID, str], UUID]:
    """The lots that lines name, by article and name; no query where none does."""
    named = {line.lot for line in lines if line.lot}
    rows = Lot.objects.filter(code__in=named, variant__in=[one for one in ids if one]) if named else ()
    return {(row.variant_id, row.code): row.pk for row in rows}


def _units(line: GoodsLine, target: CodeTarget | None, good: Decimal, damaged: Decimal, lot: UUID | None) -> Units:
    serials, broken = tuple(s.strip() for s in line.serials), tuple(s.strip() for s in line.damaged_serials)
    if target is not None and target.serial and not (serials or broken):
        serials, broken = ((target.serial,), ()) if good else ((), (target.serial,))
    return Units(good, damaged, {lot: good} if lot else {}, serials, broken)


def _wrong_pieces(line: GoodsLine, units: Units, tracking: str, *, must_name: bool) -> list[tuple[str, str, str]]:
    """Field, code and words of what is wrong with the lot or the pieces of a line."""
    wrong = []
    if line.lot and (tracking != Variant.Tracking.LOT or not units.lots):
        wrong.append(("lot", "unknown", f"There is no lot {line.lot[:40]} of it."))
    if tracking != Variant.Tracking.SERIAL:
        return wrong + ([("serials", "not-tracked", "This has no serial numbers.")] if line.serials else [])
    is_named = len(units.serials) == units.good and len(units.damaged_serials) == units.damaged
    if not is_named and (must_name or units.pieces):
        wrong.append(("serials", "serials-needed", "Name every piece, one number per unit."))
    return wrong


def _wrong(good: Decimal | None, damaged: Decimal | None) -> str:
    if good is None or damaged is None:
        return "So many packs come to a part of a unit that we cannot keep."
    if good < 0 or damaged < 0 or good + damaged == 0:
        return "More than zero."
    if good + damaged > MOST_UNITS:
        return "This is more than anybody has."
    return ""
