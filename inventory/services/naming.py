"""Pieces and lots that a document names for itself while it waits: nobody else can sell or send them.

Parts of the services that own the document, beside `inventory.services.holds`, which set the units of the variant
aside: name after `hold`, because its levels are locked then. Pieces are locked by id, nothing after them. What a
document names is never more than what it holds: `trim_named` frees the rest.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from core.errors import refuse
from core.locations.models import Location
from core.locations.selectors import business_today
from core.money import plain_decimal
from inventory.errors import LotExpired, OutOfStock, SerialRefused
from inventory.models import Lot, LotLevel, NamedGoods, Serial, StockReservation
from inventory.services.changes import Cause

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Named:
    """What a document names, by variant: numbers of pieces, and units of lots by the lot's code.

    The pointers lead to what somebody wrote, for refusals.
    """

    serials: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    lots: Mapping[tuple[UUID, str], Decimal] = field(default_factory=dict)
    pointers: Mapping[tuple[UUID, str], str] = field(default_factory=dict)

    def fault(self, variant_id: UUID, what: str, detail: str, code: str) -> list[dict[str, str]]:
        """A fault at what named this piece or lot."""
        pointer = self.pointers.get((variant_id, what), "/lines")
        return [{"pointer": pointer, "code": code, "detail": detail}]


def hold_named(named: Named, *, location_id: UUID, cause: Cause) -> None:
    """Keep these pieces and lots for a document, all or none, after its units were set aside.

    Raises:
        SerialRefused: a piece is not here, or somebody else waits for it.
        Invalid: there is no such lot.
        OutOfStock, LotExpired: there is not so much of a lot that nobody waits for, or it is not to be sold.
    """
    _hold_pieces(named, location_id, cause)
    _hold_lots(named, location_id, cause)


def _hold_pieces(named: Named, location_id: UUID, cause: Cause) -> None:
    wanted = [(variant, number) for variant, numbers in named.serials.items() for number in numbers]
    if not wanted:
        return
    numbers = {number for _, number in wanted}
    rows = Serial.objects.select_for_update(no_key=True).filter(variant__in=list(named.serials), number__in=numbers)
    found = {(row.variant_id, row.number): row for row in rows.order_by("pk")}
    taken = set(NamedGoods.objects.filter(serial__in=list(found.values())).values_list("serial", flat=True))
    wrong = [
        key
        for key in wanted
        if key not in found
        or found[key].pk in taken
        or (found[key].state, found[key].location_id) != (Serial.State.IN_STOCK, location_id)
    ]
    if wrong:
        detail = f"{', '.join(number for _, number in wrong)}: not here, or kept for another order."
        errors = [one for variant, number in wrong for one in named.fault(variant, number, detail, "not-here")]
        told = {"errors": errors, "serials": [number for _, number in wrong], "variant_id": str(wrong[0][0])}
        raise SerialRefused(detail, details=told)
    NamedGoods.objects.bulk_create(
        [
            NamedGoods(
                reference_type=cause[0],
                reference_id=cause[1],
                variant_id=variant,
                location_id=location_id,
                serial=found[variant, number],
                units=Decimal(1),
            )
            for variant, number in wanted
        ]
    )


def _hold_lots(named: Named, location_id: UUID, cause: Cause) -> None:
    if not named.lots:
        return
    rows = Lot.objects.filter(variant__in=[variant for variant, _ in named.lots], code__in=[x for _, x in named.lots])
    known = {(row.variant_id, row.code): row for row in rows}
    for variant, code in named.lots.keys() - known.keys():
        refuse(*named.fault(variant, code, f"There is no lot {code}.", "unknown"))
    today = business_today(Location.objects.get(pk=location_id))
    there = dict(LotLevel.objects.filter(lot__in=known.values(), location=location_id).values_list("lot", "on_hand"))
    kept = kept_of_lots([row.pk for row in known.values()], location_id)
    for key, units in sorted(named.lots.items()):
        lot = known[key]
        if lot.state == Lot.State.BLOCKED or (lot.expires_on is not None and lot.expires_on < today):
            raise LotExpired(details={"variant_id": str(lot.variant_id), "expired": [lot.code]})
        free = there.get(lot.pk, NOTHING) - kept.get(lot.pk, NOTHING)
        if units > free:
            told = plain_decimal(max(free, NOTHING))
            errors = named.fault(*key, f"Only {told} of lot {lot.code} are free here.", "too-many")
            raise OutOfStock(f"Only {told} of lot {lot.code} are free here.", details={"errors": errors})
    NamedGoods.objects.bulk_create(
        [
            NamedGoods(
                reference_type=cause[0],
                reference_id=cause[1],
                variant_id=variant,
                location_id=location_id,
                lot=known[variant, code],
                units=units,
            )
            for (variant, code), units in sorted(named.lots.items())
        ]
    )


def kept_of_lots(lots: Sequence[UUID], location_id: UUID) -> dict[UUID, Decimal]:
    """How much of some lots documents wait for at a location."""
    rows = NamedGoods.objects.filter(lot__in=lots, location=location_id).order_by()
    return dict(rows.values_list("lot").annotate(units=Sum("units")))


@dataclass(frozen=True, slots=True)
class Leaving:
    """Pieces and lots that a document had named and that leave with it now, in the words of `Change`."""

    serials: tuple[str, ...] = ()
    lots: tuple[tuple[UUID, Decimal], ...] = ()


def use_named(
    units: Mapping[UUID, Decimal], stated: Mapping[UUID, Sequence[str]], *, cause: Cause
) -> dict[UUID, Leaving]:
    """What leaves of what a document named, by variant; it is the document's no longer when the goods move.

    ``stated`` pieces go as somebody says now; the others are those that were named, up to ``units``.
    """
    rows = NamedGoods.objects.filter(reference_type=cause[0], reference_id=cause[1], variant__in=list(units))
    pieces: dict[UUID, list[str]] = {variant: list(stated.get(variant, ())) for variant in units}
    lots: dict[UUID, list[tuple[UUID, Decimal]]] = defaultdict(list)
    left = dict(units)
    gone = []
    for row in rows.select_related("serial"):
        mine = pieces[row.variant_id]
        if row.serial is not None:
            if row.serial.number not in mine and len(mine) < units[row.variant_id]:
                mine.append(row.serial.number)
            if row.serial.number in mine:
                gone.append(row.pk)
        elif row.lot_id is not None and (part := min(row.units, left[row.variant_id])) > 0:
            lots[row.variant_id].append((row.lot_id, -part))
            left[row.variant_id] -= part
            if part == row.units:
                gone.append(row.pk)
            else:
                NamedGoods.objects.filter(pk=row.pk).update(units=row.units - part)
    if gone:
        NamedGoods.objects.filter(pk__in=gone).delete()
    return {variant: Leaving(tuple(pieces[variant]), tuple(lots[variant])) for variant in units}


def trim_named(*, cause: Cause) -> None:
    """Free what a document names beyond what it still holds, the last named first."""
    rows = list(NamedGoods.objects.filter(reference_type=cause[0], reference_id=cause[1]).order_by("pk"))
    if not rows:
        return
    held = StockReservation.objects.filter(reference_type=cause[0], reference_id=cause[1])
    live = held.filter(state=StockReservation.State.LIVE).order_by()
    left: dict[UUID, Decimal] = dict(live.values_list("variant").annotate(units=Sum("quantity")))
    for row in rows:
        part = min(row.units, left.get(row.variant_id, NOTHING))
        left[row.variant_id] = left.get(row.variant_id, NOTHING) - part
        if part <= 0:
            row.delete()
        elif part < row.units:
            NamedGoods.objects.filter(pk=row.pk).update(units=part)


def trim_all_named(documents: Collection[UUID]) -> None:
    """`trim_named` of each of these documents that names anything; one query where none does."""
    rows = NamedGoods.objects.filter(reference_id__in=documents) if documents else NamedGoods.objects.none()
    for cause in sorted(set(rows.values_list("reference_type", "reference_id"))):
        trim_named(cause=cause)
