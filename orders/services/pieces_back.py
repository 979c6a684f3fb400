"""Which pieces come back: those that were sold, by their serial numbers, and no others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from core.errors import fault, refuse
from inventory.models import MovementSerial, Serial, Variant
from inventory.services.ledger import Cause
from orders.models import Order, OrderLine

Disposition = OrderLine.Disposition
ON_A_SHELF = (Disposition.RESTOCK, Disposition.DAMAGED)


class LineBack(Protocol):
    """A line of a return, as far as pieces go."""

    @property
    def position(self) -> int: ...
    @property
    def quantity(self) -> object: ...
    @property
    def disposition(self) -> str: ...
    @property
    def serials(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class PiecesBack:
    """The numbers that come back to the shelf, and those that come back damaged, per variant."""

    sound: Mapping[UUID, tuple[str, ...]]
    damaged: Mapping[UUID, tuple[str, ...]]

    def all_of(self, variant_id: UUID) -> tuple[str, ...]:
        return self.sound.get(variant_id, ()) + self.damaged.get(variant_id, ())

    def damaged_of(self, variant_id: UUID) -> tuple[str, ...]:
        return self.damaged.get(variant_id, ())


NO_PIECES = PiecesBack({}, {})


def pieces_back(wanted: Sequence[LineBack], origins: Mapping[int, OrderLine], *, causes: Sequence[Cause]) -> PiecesBack:
    """The pieces named by the lines of a return of goods that left by ``causes``.

    Goods that never came back, or go to the supplier, need no names: they come to no shelf.

    Raises `Invalid` for every line whose pieces are not named one per unit, named twice, or not those of the sale.
    """
    tracked = _tracked({variant for line in wanted if (variant := origins[line.position].variant_id)})
    if not tracked and not any(line.serials for line in wanted):
        return NO_PIECES
    out = pieces_out(causes)
    errors = []
    found: dict[str, dict[UUID, tuple[str, ...]]] = {Disposition.RESTOCK: {}, Disposition.DAMAGED: {}}
    seen: set[tuple[UUID, str]] = set()
    for place, line in enumerate(wanted):
        variant, here = origins[line.position].variant_id, f"/lines/{place}/serials"
        numbers = [number.strip() for number in line.serials]
        if variant is None or variant not in tracked:
            if numbers:
                errors.append(fault(here, "not-tracked", "This has no serial numbers."))
            continue
        if line.disposition not in ON_A_SHELF and not numbers:
            continue
        if len(numbers) != line.quantity:
            errors.append(fault(here, "serials-needed", "Name every piece that comes back, one number per unit."))
            continue
        strange = [number for number in numbers if number not in out.get(variant, ())]
        doubled = [number for number in numbers if (variant, number) in seen or numbers.count(number) > 1]
        if strange:
            detail = f"{strange[0]} is not a piece of this sale that is still with the customer."
            errors.append(fault(here, "not-sold", detail))
        elif doubled:
            errors.append(fault(here, "doubled", f"{doubled[0]} is named twice."))
        seen |= {(variant, number) for number in numbers}
        if line.disposition in found:
            kept = found[line.disposition]
            kept[variant] = (*kept.get(variant, ()), *numbers)
    refuse(*errors)
    return PiecesBack(found[Disposition.RESTOCK], found[Disposition.DAMAGED])


def pieces_out(causes: Sequence[Cause]) -> dict[UUID, tuple[str, ...]]:
    """The pieces per variant that left by one of these causes last and are sold: one query."""
    wanted = Q(pk__in=[])
    for reference_type, reference_id in causes:
        wanted |= Q(movement__reference_type=reference_type, movement__reference_id=reference_id)
    last = MovementSerial.objects.filter(serial=OuterRef("serial")).order_by("-pk").values("pk")[:1]
    rows = MovementSerial.objects.filter(wanted, pk=Subquery(last), serial__state=Serial.State.SOLD)
    found: dict[UUID, tuple[str, ...]] = {}
    for variant, number in rows.order_by("pk").values_list("serial__variant_id", "serial__number"):
        found[variant] = (*found.get(variant, ()), number)
    return found


def moved_by_changes(sale: Order) -> tuple[Cause, ...]:
    """What the ledger names as the cause where a sale was changed, or a change of it taken back."""
    changes = list(sale.changes.values_list("pk", flat=True))
    return tuple((kind, pk) for kind in ("order_change", "change_undone") for pk in changes)


def pieces_of_sale(sale: Order) -> dict[UUID, tuple[str, ...]]:
    """The pieces of a sale that are still with the customer."""
    return pieces_out(
        [
            ("order", sale.pk),
            *(("fulfilment", pk) for pk in sale.fulfilments.values_list("pk", flat=True)),
            *moved_by_changes(sale),
        ]
    )


def _tracked(variants: Collection[UUID]) -> set[UUID]:
    rows = Variant.objects.filter(pk__in=variants, tracking=Variant.Tracking.SERIAL)
    return set(rows.values_list("pk", flat=True))
