"""Goods of a transfer arrive: in parts, damaged, more than announced, or not at all. Nothing stays on its way for ever.

What arrives beyond what is on its way was packed without being written down: the source's shelf has that much less. So
it is booked there too, as shipped by this receipt, and the goods of the shop stay as many as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Invalid, ReusedIdentifier, fault, refuse
from core.events import DomainEvent
from core.locations.selectors import can_have_happened
from core.money import plain_decimal
from core.retry import with_locks
from inventory.events import TransferReceived
from inventory.models import Serial, StockMovement, Transfer, TransferLine, TransferReceipt
from inventory.permissions import MOVE_STOCK
from inventory.selectors.transfers import ARRIVAL, causes_of, pieces_on_way
from inventory.services.ledger import Change, Key, lock_levels, move_stock
from inventory.services.lines import GoodsLine, Units, units_of
from inventory.services.transfers import locked_transfer, tell_closed

Kind = StockMovement.Kind
NOTHING = Units(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What somebody found in the boxes. ``receipt_id`` is theirs and makes repeats harmless.

    ``is_last``: nothing more will come; what is still on its way is missing. A ``reason`` must be given for what is
    missing and for what was not announced.
    """

    receipt_id: UUID
    transfer_id: UUID
    lines: Sequence[GoodsLine]
    is_last: bool = False
    reason: str = ""
    occurred_at: datetime | None = None

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        lines = [line.as_json() for line in self.lines]
        return fingerprint([self.transfer_id, lines, self.is_last, self.reason, self.occurred_at])


@dataclass(frozen=True, slots=True)
class Arrived:
    """The receipt and its transfer, and whether this call booked it (False: it was there already)."""

    receipt: TransferReceipt
    transfer: Transfer
    is_new: bool


def receive_transfer(arrival: Arrival, *, actor: Actor) -> Arrived:
    """Book what arrived of a transfer, and close it when nothing is on its way any more. Safe to repeat.

    Raises:
        NotFound: there is no such transfer where the actor may move stock.
        Forbidden: the actor may not move stock at the destination.
        Conflict: it has not left, or nothing of it is on its way any more.
        Invalid: every wrong line is named; so is every one that needs a ``reason``.
        ReusedIdentifier: the id belongs to another receipt.
    """
    try:
        return with_locks(lambda: _receive(arrival, actor))
    except IntegrityError as conflict:  # the same id for another transfer, at the same moment
        raise ReusedIdentifier("This id belongs to another receipt.") from conflict


@transaction.atomic
def _receive(arrival: Arrival, actor: Actor) -> Arrived:
    transfer = locked_transfer(arrival.transfer_id, actor=actor)
    stored = TransferReceipt.objects.filter(pk=arrival.receipt_id).first()
    if stored is not None:
        return _repeated(arrival, stored, transfer, actor)
    actor.require(MOVE_STOCK, at=transfer.destination_id)
    if transfer.state != Transfer.State.SHIPPED:
        raise Conflict("Nothing of it is on its way.", details={"state": transfer.state})
    now = datetime.now(UTC)
    if arrival.occurred_at is not None and not can_have_happened(arrival.occurred_at, now=now):
        raise _refuse("/occurred_at", "time", "This time cannot be right.")
    found = units_of(arrival.lines, may_be_empty=arrival.is_last, names_pieces=True)
    lines = {line.variant_id: line for line in transfer.lines.order_by("pk")}
    coming = pieces_on_way(transfer, {*found, *lines})
    _check_strangers(found, coming, transfer)
    extra = _extra(found, lines, coming)
    missing = _missing(found, lines, coming) if arrival.is_last else {}
    if (extra or missing) and not arrival.reason.strip():
        raise _reason_wanted(extra, missing, found)
    receipt = TransferReceipt(
        id=arrival.receipt_id,
        transfer=transfer,
        request_hash=arrival.hash(),
        lines=_told(found, extra, missing),
        is_last=arrival.is_last,
        reason=arrival.reason,
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
        occurred_at=arrival.occurred_at or now,
    )
    receipt.save(force_insert=True)
    on_its_way = {variant: line.on_its_way for variant, line in lines.items()}
    is_over = _note(transfer, lines, found, extra, missing)
    before = transfer.state
    transfer.version += 1
    if is_over:
        transfer.state, transfer.closed_at = Transfer.State.CLOSED, now
    transfer.save(update_fields=["version", "state", "closed_at"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="transfer",
        object_id=transfer.pk,
        object_label=transfer.number,
        changes={
            "state": (before, transfer.state),
            "received": (None, plain_decimal(sum((units.good for units in found.values()), Decimal(0)))),
            "missing": (None, plain_decimal(sum(missing.values(), Decimal(0)))),
        },
    )
    _book(receipt, transfer, _Goods(found, extra, missing, on_its_way, coming), actor)
    if is_over:
        tell_closed(transfer, actor)
    return Arrived(receipt, transfer, True)


@dataclass(frozen=True, slots=True)
class _Goods:
    """Per variant: what was found, what of it nobody had announced, what is missed, what was on its way before, and
    which pieces were.
    """

    found: dict[UUID, Units]
    extra: dict[UUID, Decimal]
    missing: dict[UUID, Decimal]
    on_its_way: dict[UUID, Decimal]
    coming: dict[UUID, tuple[str, ...]]

    def unannounced(self, variant: UUID) -> tuple[str, ...]:
        return tuple(one for one in self.found[variant].pieces if one not in self.coming.get(variant, ()))

    def missed(self, variant: UUID) -> tuple[str, ...]:
        found = self.found.get(variant, NOTHING).pieces
        return tuple(one for one in self.coming.get(variant, ()) if one not in found)


def _book(receipt: TransferReceipt, transfer: Transfer, goods: _Goods, actor: Actor) -> None:
    """The ledger's lines, with the levels of both sides locked in one order."""
    source, destination = transfer.source_id, transfer.destination_id
    keys: list[Key] = [(variant, destination) for variant in {*goods.found, *goods.missing}]
    keys += [(variant, source) for variant in goods.extra]
    lock_levels(keys)
    causes = causes_of(transfer)

    def book(
        kind: StockMovement.Kind, deltas: dict[Key, Change], told: Sequence[DomainEvent] = ()
    ) -> dict[UUID, Decimal | None]:
        moved = move_stock(
            deltas=dict(deltas),
            kind=kind,
            reference_type=ARRIVAL,
            reference_id=receipt.pk,
            actor=actor,
            occurred_at=receipt.occurred_at,
            may_refuse=False,
            reason=receipt.reason,
            told_before=told,
        )
        return {row.variant_id: row.unit_cost for row in moved}

    costs = book(
        Kind.SHIPPED,
        {
            (variant, source): Change(on_hand=-units, serials=goods.unannounced(variant))
            for variant, units in goods.extra.items()
        },
        [_received(receipt, transfer, goods)],
    )
    book(
        Kind.ARRIVED,
        {
            (variant, destination): Change(
                on_hand=units.good,
                damaged=units.damaged,
                in_transit=-(units.all - goods.extra.get(variant, Decimal(0))),
                unit_cost=costs.get(variant),
                lots=tuple(units.lots.items()),
                serials=units.pieces,
                damaged_serials=units.damaged_serials,
                back_from=causes,
            )
            for variant, units in goods.found.items()
        },
    )
    book(
        Kind.MISSING,
        {
            (variant, destination): Change(in_transit=-units, serials=goods.missed(variant))
            for variant, units in goods.missing.items()
        },
    )


def _check_strangers(found: dict[UUID, Units], coming: dict[UUID, tuple[str, ...]], transfer: Transfer) -> None:
    """A piece that was not announced comes from the source's shelf. Raises `Invalid` for those that are elsewhere."""
    strange = {(v, one) for v, units in found.items() for one in units.pieces if one not in coming.get(v, ())}
    if not strange:
        return
    rows = Serial.objects.filter(
        variant__in={variant for variant, _ in strange},
        number__in={number for _, number in strange},
        state=Serial.State.IN_STOCK,
        location=transfer.source_id,
    )
    elsewhere = sorted(number for _, number in strange - set(rows.values_list("variant_id", "number")))
    told = f"is neither on its way with {transfer.number} nor at {transfer.source}."
    refuse(*(fault("/lines", "piece-elsewhere", f"{number} {told}") for number in elsewhere))


def _extra(
    found: dict[UUID, Units], lines: dict[UUID, TransferLine], coming: dict[UUID, tuple[str, ...]]
) -> dict[UUID, Decimal]:
    """What was found beyond what is on its way; of pieces, those that are not."""
    beyond = {v: units.all - (lines[v].on_its_way if v in lines else 0) for v, units in found.items()}
    beyond |= {v: Decimal(len(set(units.pieces) - {*coming.get(v, ())})) for v, units in found.items() if units.pieces}
    return {variant: units for variant, units in beyond.items() if units > 0}


def _missing(
    found: dict[UUID, Units], lines: dict[UUID, TransferLine], coming: dict[UUID, tuple[str, ...]]
) -> dict[UUID, Decimal]:
    """What is on its way and was not found; of pieces, those that were not."""
    left = {variant: line.on_its_way - found.get(variant, NOTHING).all for variant, line in lines.items()}
    left |= {v: Decimal(len({*coming[v]} - {*found.get(v, NOTHING).pieces})) for v in coming if v in lines}
    return {variant: units for variant, units in left.items() if units > 0}


def _note(
    transfer: Transfer,
    lines: dict[UUID, TransferLine],
    found: dict[UUID, Units],
    extra: dict[UUID, Decimal],
    missing: dict[UUID, Decimal],
) -> bool:
    """Write it on the lines; answers whether nothing is on its way any more."""
    fresh = {v: TransferLine(transfer=transfer, variant_id=v, quantity=extra[v]) for v in extra if v not in lines}
    everything = {**lines, **fresh}
    for variant, units in found.items():
        line = everything[variant]
        line.received += units.good
        line.damaged += units.damaged
        line.shipped += extra.get(variant, Decimal(0))
    for variant, gone in missing.items():
        everything[variant].missing += gone
    TransferLine.objects.bulk_create(fresh.values())
    TransferLine.objects.bulk_update(lines.values(), ["received", "damaged", "missing", "shipped"])
    return not any(line.on_its_way for line in everything.values())


def _reason_wanted(extra: dict[UUID, Decimal], missing: dict[UUID, Decimal], found: dict[UUID, Units]) -> Invalid:
    """Every difference that nobody has explained."""
    errors = [{"pointer": "/reason", "code": "required", "detail": "Say what happened: goods are missing or too many."}]
    differences = {
        "too_many": {str(variant): plain_decimal(units) for variant, units in extra.items()},
        "missing": {str(variant): plain_decimal(units) for variant, units in missing.items()},
    }
    return Invalid(errors[0]["detail"], details={"errors": errors, "differences": differences})


def _told(found: dict[UUID, Units], extra: dict[UUID, Decimal], missing: dict[UUID, Decimal]) -> list[dict[str, str]]:
    return [
        {
            "variant": str(variant),
            "received": plain_decimal(found.get(variant, NOTHING).good),
            "damaged": plain_decimal(found.get(variant, NOTHING).damaged),
            "missing": plain_decimal(missing.get(variant, Decimal(0))),
            "unannounced": plain_decimal(extra.get(variant, Decimal(0))),
        }
        for variant in sorted({*found, *missing})
    ]


def _received(receipt: TransferReceipt, transfer: Transfer, goods: _Goods) -> TransferReceived:
    return TransferReceived(
        transfer_id=transfer.pk,
        version=transfer.version,
        number=transfer.number,
        location_id=transfer.destination_id,
        source_id=transfer.source_id,
        receipt_id=receipt.pk,
        received=sum((units.good for units in goods.found.values()), Decimal(0)),
        damaged=sum((units.damaged for units in goods.found.values()), Decimal(0)),
        unannounced=sum(goods.extra.values(), Decimal(0)),
    )


def _repeated(arrival: Arrival, stored: TransferReceipt, transfer: Transfer, actor: Actor) -> Arrived:
    if stored.created_by_id != actor.id or stored.transfer_id != transfer.pk:
        raise ReusedIdentifier("This id belongs to another receipt.")
    if bytes(stored.request_hash) != arrival.hash():
        raise ReusedIdentifier("This id belongs to a receipt with other content.")
    return Arrived(stored, transfer, False)


def _refuse(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, details={"errors": [{"pointer": pointer, "code": code, "detail": detail}]})
