"""Goods told apart, kept with the ledger: which lots and which pieces a movement moved.

`inventory.services.ledger` calls this in the transaction of a movement, while it holds the level's row; so whatever is
told here of a variant at a location is told in turn. Pieces may be wanted by two locations at once: their rows are
locked in the order of their ids, and nothing is locked after them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from core.locations.models import Location
from core.locations.selectors import business_today
from core.money import plain_decimal
from inventory.errors import LotExpired, OutOfStock, SerialRefused
from inventory.models import (
    Lot,
    LotLevel,
    MovementLot,
    MovementSerial,
    NamedGoods,
    ScanCode,
    Serial,
    StockException,
    StockMovement,
    StockPolicy,
    Variant,
)
from inventory.services.changes import Cause, Change, Key, Moved
from inventory.services.naming import kept_of_lots
from inventory.services.piece_codes import register_pieces

Kind = StockMovement.Kind
State = Serial.State
SALES = (Kind.SALE, Kind.EDIT)
NO_LOT = "without lot"
ADD = """
    INSERT INTO inventory_lotlevel (lot_id, location_id, on_hand)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::numeric[]) AS t ORDER BY 1, 2
    ON CONFLICT (lot_id, location_id) DO UPDATE SET on_hand = inventory_lotlevel.on_hand + excluded.on_hand
"""


@dataclass(frozen=True, slots=True)
class _Step:
    """One movement of a tracked variant, and what its caller said about lots and pieces."""

    moved: Moved
    change: Change
    movement_id: int
    kind: StockMovement.Kind
    cause: Cause
    may_refuse: bool

    @property
    def is_sale(self) -> bool:
        return self.kind in SALES and self.moved.delta < 0

    @property
    def leaves_others_theirs(self) -> bool:
        """Whether this takes nothing that a document waits for."""
        return self.is_sale or self.kind == Kind.SHIPPED or (self.may_refuse and self.moved.delta < 0)

    def exception(self, kind: StockException.Kind, quantity: Decimal) -> StockException:
        return StockException(
            kind=kind,
            variant_id=self.moved.variant_id,
            location_id=self.moved.location_id,
            quantity=quantity,
            reference_type=self.cause[0],
            reference_id=self.cause[1],
        )


def follow(
    moved: Sequence[Moved],
    changes: Mapping[Key, Change],
    *,
    kind: StockMovement.Kind,
    cause: Cause,
    may_refuse: bool,
) -> list[StockException]:
    """Keep lots and pieces with movements just booked; answers what a person must look at.

    Raises:
        LotExpired: only expired or blocked lots are left for a wish.
        SerialRefused: a wish names a piece that is not here, or not as many pieces as it takes.
    """
    ids = {
        (row["variant_id"], row["location_id"]): row["id"]
        for row in StockMovement.objects.filter(
            reference_type=cause[0], reference_id=cause[1], kind=kind, variant_id__in=[one.variant_id for one in moved]
        ).values("id", "variant_id", "location_id")
    }
    steps = [_Step(one, changes[one.key], ids[one.key], kind, cause, may_refuse) for one in moved]
    found = _book_lots([step for step in steps if step.moved.tracking == Variant.Tracking.LOT and step.moved.delta])
    return found + _book_serials([step for step in steps if step.moved.tracking == Variant.Tracking.SERIAL])


def _book_lots(steps: list[_Step]) -> list[StockException]:
    exceptions: list[StockException] = []
    rows: list[MovementLot] = []
    levels: list[tuple[UUID, UUID, Decimal]] = []
    for step in steps:
        parts, unfit = _taken(step) if step.moved.delta < 0 else (_brought(step), Decimal(0))
        rows += [MovementLot(movement_id=step.movement_id, lot_id=lot, delta=units) for lot, units in parts.items()]
        levels += [(lot, step.moved.location_id, units) for lot, units in parts.items()]
        if unfit:
            exceptions.append(step.exception(StockException.Kind.UNSELLABLE, unfit))
    if rows:
        MovementLot.objects.bulk_create(rows)
        with connection.cursor() as cursor:
            cursor.execute(ADD, [list(column) for column in zip(*levels, strict=True)])
    return exceptions


def _taken(step: _Step) -> tuple[dict[UUID, Decimal], Decimal]:
    """The lots that units leave, with minus; and how many of them should not have been sold."""
    there = _lots_there(step)
    parts = {lot: units for lot, units in step.change.lots if units < 0}
    if step.may_refuse:
        _check_named(step, parts, there)
    free = {lot: on_hand + parts.get(lot, Decimal(0)) for lot, on_hand, _ in there}
    left = -step.moved.delta + sum(parts.values(), Decimal(0))
    may_be_unfit = not (step.is_sale and step.may_refuse)
    for lot, _, fits in there:
        take = min(left, free[lot])
        if take > 0 and (fits or may_be_unfit):
            parts[lot] = parts.get(lot, Decimal(0)) - take
            left -= take
    if left > 0:
        if not may_be_unfit and any(free[lot] > 0 and not fits for lot, _, fits in there):
            raise _expired(step)
        # More than any lot has: the record of the lots is wrong, as that of the level is. The last goes below zero.
        lot = (list(parts) or [row[0] for row in there] or [_without_lot(step)])[-1]
        parts[lot] = parts.get(lot, Decimal(0)) - left
    fit = {lot for lot, _, fits in there if fits}
    unfit = -sum((units for lot, units in parts.items() if lot not in fit and lot in free), Decimal(0))
    return parts, unfit if step.is_sale else Decimal(0)


def _check_named(step: _Step, named: Mapping[UUID, Decimal], there: Sequence[tuple[UUID, Decimal, bool]]) -> None:
    """A wish that names a lot gets it from there, or not at all."""
    known = {lot: (on_hand, fits) for lot, on_hand, fits in there}
    for lot, units in named.items():
        on_hand, fits = known.get(lot, (Decimal(0), True))
        if step.is_sale and not fits:
            raise _expired(step)
        if on_hand + units < 0:
            short = {
                "variant_id": str(step.moved.variant_id),
                "location_id": str(step.moved.location_id),
                "sku": step.moved.sku,
                "name": Lot.objects.get(pk=lot).code,
                "wanted": plain_decimal(-units),
                "available": plain_decimal(max(Decimal(0), on_hand)),
            }
            raise OutOfStock("There is not enough of this lot here.", details={"short": [short]})


def _expired(step: _Step) -> LotExpired:
    moved = step.moved
    rows = LotLevel.objects.filter(lot__variant=moved.variant_id, location=moved.location_id, on_hand__gt=0)
    rows = rows.filter(
        lot__state=Lot.State.OPEN, lot__expires_on__lt=business_today(Location.objects.get(pk=moved.location_id))
    )
    expired = list(rows.order_by("lot__expires_on", "lot_id").values_list("lot__code", flat=True)[:10])
    said = f"Only {'expired or blocked' if expired else 'blocked'} lots of {moved.sku} are left."
    return LotExpired(said, details={"sku": moved.sku, "variant_id": str(moved.variant_id), "expired": expired})


def _which(sku: str, units: Decimal, wrong: list[str]) -> str:
    """What is asked for where other pieces were named than those that move."""
    pieces = "one piece" if units == 1 else f"{plain_decimal(units)} pieces"
    others = f"; not {', '.join(wrong[:5])}" if wrong else ""
    return f"Name exactly {pieces} of {sku} that can be taken{others}."


def _lots_there(step: _Step) -> list[tuple[UUID, Decimal, bool]]:
    """The lots at the location by expiry date, and whether each may be sold; for sales and dispatches those first."""
    location = Location.objects.get(pk=step.moved.location_id)
    rows = list(
        LotLevel.objects.filter(lot__variant=step.moved.variant_id, location=location)
        .exclude(on_hand=0)
        .order_by(F("lot__expires_on").asc(nulls_last=True), "lot__created_at", "lot_id")
        .values_list("lot_id", "on_hand", "lot__expires_on", "lot__state")
    )
    if step.may_refuse:
        kept = kept_of_lots([row[0] for row in rows], location.pk)
        rows = [(lot, on_hand - kept.get(lot, Decimal(0)), expires, state) for lot, on_hand, expires, state in rows]
    is_lenient, today = _sells_expired(), business_today(location)
    found = [(lot, on_hand, _fitness(expires, state, today, is_lenient)) for lot, on_hand, expires, state in rows]
    if step.is_sale or step.kind == Kind.SHIPPED:
        found.sort(key=lambda row: row[2])
    worst = Fitness.EXPIRED if step.change.any_lot else Fitness.FIT
    return [(lot, on_hand, fitness <= worst) for lot, on_hand, fitness in found]


class Fitness(IntEnum):
    """Whether goods of a lot may be sold: without a question, with somebody's consent, not at all."""

    FIT = 0
    EXPIRED = 1
    BLOCKED = 2


def _fitness(expires_on: date | None, state: str, today: date, is_lenient: bool) -> Fitness:
    if state == Lot.State.BLOCKED:
        return Fitness.BLOCKED
    return Fitness.FIT if expires_on is None or expires_on >= today or is_lenient else Fitness.EXPIRED


def _sells_expired() -> bool:
    return StockPolicy.objects.filter(sells_expired=True).exists()


def _brought(step: _Step) -> dict[UUID, Decimal]:
    """The lots that units come to: those named, those they left from, or else the newest here."""
    parts = {lot: units for lot, units in step.change.lots if units > 0}
    left = step.moved.delta - sum(parts.values(), Decimal(0))
    if left > 0:
        for lot, units in _still_out(step.moved.variant_id, step.change.back_from or (step.cause,)).items():
            take = min(left, units)
            if take > 0:
                parts[lot] = parts.get(lot, Decimal(0)) + take
                left -= take
    if left:
        lot = _newest(step) or _without_lot(step)
        parts[lot] = parts.get(lot, Decimal(0)) + left
    return {lot: units for lot, units in parts.items() if units}


def _still_out(variant_id: UUID, causes: Sequence[Cause]) -> dict[UUID, Decimal]:
    """Units per lot that left with these causes and did not come back with one of them."""
    wanted = Q(pk__in=[])
    for reference_type, reference_id in causes:
        wanted |= Q(movement__reference_type=reference_type, movement__reference_id=reference_id)
    rows = MovementLot.objects.filter(wanted, movement__variant=variant_id).order_by("id")
    out: dict[UUID, Decimal] = {}
    for lot, delta in rows.values_list("lot_id", "delta"):
        out[lot] = out.get(lot, Decimal(0)) - delta
    return out


def _newest(step: _Step) -> UUID | None:
    rows = LotLevel.objects.filter(
        lot__variant=step.moved.variant_id, location=step.moved.location_id, lot__state=Lot.State.OPEN
    )
    return (
        rows.order_by(F("lot__expires_on").desc(nulls_last=True), "-lot__created_at")
        .values_list("lot", flat=True)
        .first()
    )


def _without_lot(step: _Step) -> UUID:
    lot, _ = Lot.objects.get_or_create(variant_id=step.moved.variant_id, code=NO_LOT)
    return lot.pk


def _book_serials(steps: list[_Step]) -> list[StockException]:
    """Each piece named changes its state, if it is in one that this movement can find it in."""
    wanted = Q(pk__in=[])
    for step in steps:
        _bring_new(step)
        wanted |= Q(variant=step.moved.variant_id, number__in=step.change.serials)
    rows = {
        (row.variant_id, row.number): row for row in Serial.objects.select_for_update().filter(wanted).order_by("pk")
    }
    kept = _kept([piece.pk for piece in rows.values()], steps)
    exceptions: list[StockException] = []
    history: list[MovementSerial] = []
    for step in steps:
        pieces = [rows[step.moved.variant_id, number] for number in step.change.serials]
        fitting = [piece for piece in pieces if piece.pk not in kept and _is_there(piece, step)]
        parts = (step.moved.delta, step.moved.damaged_delta, step.moved.in_transit_delta)
        units = max(sum((p for p in parts if p > 0), Decimal(0)), -sum((p for p in parts if p < 0), Decimal(0)))
        if len(fitting) != units or len(fitting) != len(pieces):
            if step.may_refuse:
                wrong = [piece.number for piece in pieces if piece not in fitting]
                told = {"sku": step.moved.sku, "variant_id": str(step.moved.variant_id), "serials": wrong}
                said = _which(step.moved.sku, units, wrong)
                raise SerialRefused(said, details={**told, "pieces": plain_decimal(units)})
            exceptions.append(step.exception(StockException.Kind.SERIAL, max(units - len(fitting), Decimal(1))))
        for piece in fitting:
            piece.state, piece.location_id, piece.version = *_afterwards(step, piece.number), piece.version + 1
            history.append(MovementSerial(movement_id=step.movement_id, serial=piece, state=piece.state))
    changed = [line.serial for line in history]
    if changed:
        Serial.objects.bulk_update(changed, ["state", "location", "version"])
    MovementSerial.objects.bulk_create(history)
    return exceptions


def _kept(pieces: Sequence[UUID], steps: Sequence[_Step]) -> set[UUID]:
    """Which pieces wait for a document that named them: who sells or sends goods, or only wants them, cannot have
    them."""
    if not pieces or not any(step.leaves_others_theirs for step in steps):
        return set()
    return set(NamedGoods.objects.filter(serial__in=pieces).values_list("serial", flat=True))


def _bring_new(step: _Step) -> None:
    """Pieces nobody has seen before come into the world as gone, so that what brings them finds them like any other."""
    known = set(
        Serial.objects.filter(variant=step.moved.variant_id, number__in=step.change.serials).values_list(
            "number", flat=True
        )
    )
    fresh = [
        Serial(variant_id=step.moved.variant_id, number=number, state=State.GONE)
        for number in dict.fromkeys(step.change.serials)
        if number not in known
    ]
    if fresh:
        Serial.objects.bulk_create(fresh, ignore_conflicts=True)
        made = Serial.objects.filter(variant=step.moved.variant_id, number__in=[piece.number for piece in fresh])
        register_pieces(ScanCode.Kind.SERIAL, dict(made.values_list("number", "pk")))


def _is_there(piece: Serial, step: _Step) -> bool:
    """Whether the piece is where this movement takes it from."""
    moved, here = step.moved, piece.location_id == step.moved.location_id
    if moved.delta < 0:
        return piece.state == State.IN_STOCK and here
    if moved.damaged_delta < 0:
        return piece.state == State.DAMAGED and here
    if step.kind == Kind.ARRIVED:
        return piece.state == State.IN_TRANSIT and (here or piece.location_id is None)
    if moved.in_transit_delta < 0:
        return piece.state == State.IN_TRANSIT and here
    if step.kind in (Kind.REFUND, Kind.VOID, Kind.EDIT):
        return piece.state == State.SOLD
    if moved.in_transit_delta > 0:
        return piece.state == State.IN_TRANSIT
    return piece.state in (State.GONE, State.SOLD)


def _afterwards(step: _Step, number: str) -> tuple[str, UUID | None]:
    """State and place of a piece after the movement."""
    moved = step.moved
    if number in step.change.damaged_serials:
        return State.DAMAGED, moved.location_id
    if moved.delta > 0:
        return State.IN_STOCK, moved.location_id
    if moved.damaged_delta > 0:
        return State.DAMAGED, moved.location_id
    if moved.in_transit_delta > 0:
        return State.IN_TRANSIT, moved.location_id
    if step.kind in (Kind.SHIPPED, Kind.TRANSIT):
        return State.IN_TRANSIT, None
    return (State.SOLD if step.kind in SALES else State.GONE), None
