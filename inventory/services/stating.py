"""What somebody states about stock, checked and put in terms of the ledger, before anything is locked.

Booking and its preview read a statement the same way, so that what a person is shown is what is booked.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.errors import Invalid, refuse
from core.locations.selectors import can_have_happened
from inventory.models import Lot, Serial, StockDocument, StockPolicy, Variant
from inventory.permissions import VIEW_COST
from inventory.reasons import REASONS, USUAL, Reason
from inventory.selectors import targets_of
from inventory.services.changes import Change, Level
from inventory.services.piece_codes import strangers

MOST_LINES = 500
MOST_UNITS = Decimal(10) ** 9
MOST_COST = Decimal(10) ** 9
LONGEST_LOT, LONGEST_SERIAL = 40, 60
Kind = StockDocument.Kind
Problem = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """A variant, or a code that stands for one, and how many: received, corrected, or counted.

    A correction's reason says which way it goes; only one that goes both ways takes a sign. ``unit_cost`` is for goods
    received, per unit. ``lot`` and ``expires_on``, or ``serials`` (one per unit), are for goods told apart.
    """

    quantity: Decimal
    variant_id: UUID | None = None
    code: str = ""
    unit_cost: Decimal | None = None
    lot: str = ""
    expires_on: date | None = None
    serials: Sequence[str] = ()

    def content(self) -> list[object]:
        """What a repeat must have in common; what was not stated is left out."""
        more = [self.unit_cost and self.unit_cost.normalize(), self.lot, self.expires_on, list(self.serials)]
        return [self.variant_id, self.code, self.quantity.normalize(), *(more if any(more) else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChange:
    """What somebody states about the stock of one location. ``document_id`` is theirs and makes repeats harmless.

    ``left_out`` are the places of lines that a person looks at instead of the ledger, ``needs_note`` False lets a
    correction of much value say nothing: of facts that came later. Neither makes it another statement.
    """

    document_id: UUID
    kind: str
    location_id: UUID
    lines: Sequence[StockLine]
    reason_code: str = ""
    reason: str = ""
    occurred_at: datetime | None = None
    left_out: frozenset[int] = frozenset()
    needs_note: bool = True

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        lines = [line.content() for line in self.lines]
        code = [self.reason_code] if self.reason_code else []
        return fingerprint([self.kind, self.location_id, lines, self.reason, self.occurred_at, *code])

    @property
    def why(self) -> Reason | None:
        """The reason of a correction; None for what needs none."""
        return REASONS.get(self.reason_code or USUAL) if self.kind == Kind.ADJUSTMENT else None


@dataclass(slots=True)
class Stated:
    """All lines of one variant together. ``cost`` is what all its units cost, None where nobody knows."""

    variant: Variant
    place: int
    quantity: Decimal = Decimal(0)
    cost: Decimal | None = None
    lots: dict[str, Decimal] = field(default_factory=dict)
    expires: dict[str, date | None] = field(default_factory=dict)
    serials: list[str] = field(default_factory=list)

    @property
    def unit_cost(self) -> Decimal | None:
        return None if self.cost is None else (self.cost / self.quantity).quantize(Decimal("0.0001"))


def read_statement(change: StockChange, *, actor: Actor) -> list[Stated]:
    """The statement per variant.

    Raises:
        Forbidden: costs are stated by somebody who may not see them.
        Invalid: every wrong line is named.
    """
    if any(line.unit_cost is not None for line in change.lines):
        actor.require(VIEW_COST)
    errors = _wrong_as_a_whole(change)
    variants, units = _resolved(change)
    found: dict[UUID, Stated] = {}
    for place, (line, variant) in enumerate(zip(change.lines, variants, strict=True)):
        if place in change.left_out:
            continue
        if variant is None:
            name = "variant" if line.variant_id else "code"
            errors.append(_problem(place, name, "unknown", "There is no such variant, or it is not stocked."))
            continue
        quantity = units[place]
        if problems := _wrong_line(change, line, variant, quantity, place):
            errors += problems
            continue
        stated = found.setdefault(variant.pk, Stated(variant, place))
        _add(stated, line, quantity or Decimal(0), change.kind)
    errors += _wrong_tracking(change, found)
    refuse(*errors)
    return list(found.values())


def effect_of(change: StockChange, stated: Stated, level: Level) -> Change:
    """What the statement does to the level as it is.

    Raises `Invalid` where it takes damaged goods that are not there.
    """
    quantity, why = stated.quantity, change.why
    made = Change(on_hand=quantity, unit_cost=stated.unit_cost)
    if change.kind == Kind.COUNT:
        made = Change(on_hand=quantity - level.on_hand)
    elif why is not None:
        made = Change(on_hand=why.on_hand_of(quantity), damaged=why.damaged_of(quantity))
    if level.damaged + made.damaged < 0:
        there = f"{level.damaged.normalize():f}"
        problem = _problem(stated.place, "quantity", "range", f"Only {there} of {stated.variant.sku} are damaged here.")
        raise Invalid(problem["detail"], details={"errors": [problem]})
    return made


def value_of(made: Change, variant: Variant, level: Level) -> Decimal | None:
    """What a change does to the value of the stock; None where nobody knows what the goods cost."""
    units = made.on_hand + made.damaged + made.in_transit
    usual = level.average_cost if level.average_cost is not None else variant.unit_cost
    cost = made.unit_cost if units > 0 and made.unit_cost is not None else usual
    return None if cost is None else units * cost


def check_note(change: StockChange, value: Decimal) -> None:
    """Refuse a correction of much value, or for no reason of the list, that says nothing. Raises `Invalid`."""
    why = change.why
    if why is None or change.reason.strip() or not change.needs_note:
        return
    limit = StockPolicy.objects.values_list("note_above", flat=True).first()
    if why.needs_note or (limit is not None and value > limit):
        detail = "Say in a few words what happened." if why.needs_note else "A correction of this value needs a note."
        problem = {"pointer": "/reason", "code": "note-needed", "detail": detail}
        raise Invalid(detail, details={"errors": [problem]})


def _problem(place: int, name: str, code: str, detail: str) -> Problem:
    return {"pointer": f"/lines/{place}/{name}", "code": code, "detail": detail}


def _wrong_as_a_whole(change: StockChange) -> list[Problem]:
    errors = []
    if not change.lines or len(change.lines) > MOST_LINES:
        errors.append({"pointer": "/lines", "code": "length", "detail": f"Between 1 and {MOST_LINES} lines."})
    if change.occurred_at is not None and not can_have_happened(change.occurred_at, now=datetime.now(UTC)):
        errors.append({"pointer": "/occurred_at", "code": "time", "detail": "This time cannot be right."})
    if change.kind not in (Kind.RECEIPT, Kind.ADJUSTMENT, Kind.COUNT):
        errors.append({"pointer": "/kind", "code": "unknown", "detail": "A receipt, an adjustment or a count."})
    if change.reason_code and (change.kind != Kind.ADJUSTMENT or change.reason_code not in REASONS):
        detail = f"For an adjustment, one of: {', '.join(REASONS)}."
        errors.append({"pointer": "/reason_code", "code": "unknown", "detail": detail})
    return errors


def _resolved(change: StockChange) -> tuple[list[Variant | None], list[Decimal | None]]:
    """The variant of each line, and its units (None: a part of a unit that cannot be kept)."""
    targets = targets_of({line.code for line in change.lines if line.variant_id is None})
    ids = [
        line.variant_id or (targets[line.code].variant_id if line.code in targets else None) for line in change.lines
    ]
    rows = Variant.objects.filter(pk__in={one for one in ids if one}, is_stocked=True).select_related("product")
    known = {row.pk: row for row in rows}
    units = [
        targets[line.code].units(line.quantity) if line.variant_id is None and line.code in targets else line.quantity
        for line in change.lines
    ]
    return [known.get(one) if one else None for one in ids], units


def _wrong_line(
    change: StockChange, line: StockLine, variant: Variant, quantity: Decimal | None, place: int
) -> list[Problem]:
    errors = []
    if problem := _wrong_quantity(change, quantity):
        errors.append(_problem(place, "quantity", "range", problem))
    if line.unit_cost is not None and (change.kind != Kind.RECEIPT or not 0 <= line.unit_cost <= MOST_COST):
        errors.append(_problem(place, "unit_cost", "range", "What one costs, zero or more, of goods received."))
    is_lot, is_serial = (variant.tracking == how for how in (Variant.Tracking.LOT, Variant.Tracking.SERIAL))
    if (line.lot or line.expires_on) and not is_lot:
        errors.append(_problem(place, "lot", "not-tracked", "This is not tracked by lot."))
    if is_lot and (problem := _wrong_lot(change, line)):
        errors.append(_problem(place, "lot", "lot-needed", problem))
    if line.serials and not is_serial:
        errors.append(_problem(place, "serials", "not-tracked", "This is not tracked by serial number."))
    if is_serial and quantity is not None and (problem := _wrong_serials(change, line, quantity)):
        errors.append(_problem(place, "serials", "serials-needed", problem))
    return errors


def _wrong_quantity(change: StockChange, quantity: Decimal | None) -> str:
    why = change.why
    if quantity is None:
        return "So many packs come to a part of a unit that we cannot keep."
    if abs(quantity) > MOST_UNITS:
        return "This is more than anybody has."
    if change.kind == Kind.RECEIPT and quantity <= 0:
        return "What was received is more than zero."
    if change.kind == Kind.COUNT and quantity < 0:
        return "Nobody counts less than zero."
    if change.kind == Kind.ADJUSTMENT and quantity == 0:
        return "An adjustment by zero changes nothing."
    if why is not None and not why.is_signed and quantity < 0:
        return "Say how many; the reason says which way."
    return ""


def _wrong_lot(change: StockChange, line: StockLine) -> str:
    if change.kind == Kind.RECEIPT and not line.lot.strip():
        return "Name the lot that was received."
    if len(line.lot) > LONGEST_LOT or not line.lot.isprintable():
        return f"A lot is named by at most {LONGEST_LOT} characters."
    return ""


def _wrong_serials(change: StockChange, line: StockLine, quantity: Decimal) -> str:
    if change.kind == Kind.COUNT:
        return "Say which pieces were lost or found instead of counting them."
    if len(line.serials) != abs(quantity):
        return "Name every piece, one number per unit."
    if any(not number.strip() or len(number) > LONGEST_SERIAL or not number.isprintable() for number in line.serials):
        return f"A serial number has between 1 and {LONGEST_SERIAL} characters."
    return ""


def _add(stated: Stated, line: StockLine, quantity: Decimal, kind: str) -> None:
    stated.quantity += quantity
    unit_cost = line.unit_cost if line.unit_cost is not None else stated.variant.unit_cost
    if kind == Kind.RECEIPT and unit_cost is not None:
        stated.cost = (stated.cost or Decimal(0)) + quantity * unit_cost
    if line.lot:
        stated.lots[line.lot.strip()] = stated.lots.get(line.lot.strip(), Decimal(0)) + quantity
        stated.expires[line.lot.strip()] = line.expires_on or stated.expires.get(line.lot.strip())
    stated.serials += [number.strip() for number in line.serials]


def _wrong_tracking(change: StockChange, found: Mapping[UUID, Stated]) -> list[Problem]:
    """What the shop knows of the lots and pieces named: two queries, none where nothing is told apart."""
    errors = []
    lots = [one for one in found.values() if one.lots]
    if lots:
        rows = Lot.objects.filter(variant__in=[one.variant for one in lots])
        known = {(row.variant_id, row.code): row for row in rows}
        for one in lots:
            errors += _wrong_known_lots(change, one, known)
            errors += _wrong_codes(one.place, "lot", [code for code in one.lots if (one.variant.pk, code) not in known])
    pieces = [one for one in found.values() if one.serials]
    if pieces:
        comes = change.kind == Kind.RECEIPT or change.reason_code == "found"
        state = Serial.objects.filter(variant__in=[one.variant for one in pieces])
        states = {(row.variant_id, row.number): row for row in state}
        for one in pieces:
            doubled = [number for number, count in Counter(one.serials).items() if count > 1]
            there = [number for number in one.serials if _is_kept(states.get((one.variant.pk, number)))]
            wrong = doubled or (there if comes else [])
            if wrong:
                detail = f"{wrong[0]} is named twice." if doubled else f"{wrong[0]} is in stock already."
                errors.append(_problem(one.place, "serials", "doubled", detail))
            if comes and not wrong:
                errors += _wrong_codes(
                    one.place, "serials", [n for n in one.serials if (one.variant.pk, n) not in states]
                )
            missing = [] if comes else [n for n in one.serials if (one.variant.pk, n) not in states]
            if missing and not wrong:
                errors.append(_problem(one.place, "serials", "unknown", f"There is no piece {missing[0]}."))
    return errors


def _wrong_codes(place: int, name: str, fresh: Sequence[str]) -> list[Problem]:
    """Names of new lots or pieces that are codes of something else: somebody scanned the wrong label."""
    return [
        _problem(place, name, "taken", f"The code {text} belongs to {owner}. Scan the label of the {_LABELS[name]}.")
        for text, owner in (strangers(fresh) if fresh else {}).items()
    ]


_LABELS = {"lot": "lot", "serials": "piece"}


def _is_kept(piece: Serial | None) -> bool:
    return piece is not None and piece.state in (Serial.State.IN_STOCK, Serial.State.IN_TRANSIT, Serial.State.DAMAGED)


def _wrong_known_lots(change: StockChange, one: Stated, known: Mapping[tuple[UUID, str], Lot]) -> list[Problem]:
    errors = []
    for code, expires_on in one.expires.items():
        lot = known.get((one.variant.pk, code))
        if lot is None and change.kind != Kind.RECEIPT:
            errors.append(_problem(one.place, "lot", "unknown", f"There is no lot {code}."))
        if lot is not None and expires_on is not None and lot.expires_on not in (None, expires_on):
            errors.append(_problem(one.place, "expires_on", "expiry", f"Lot {code} expires on {lot.expires_on}."))
    return errors
