"""Receive, correct and count stock: facts that are booked whatever the record says."""

from collections import defaultdict
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
from core.errors import Invalid, NotFound, ReusedIdentifier
from core.locations.selectors import active_location, can_have_happened
from core.money import plain_decimal
from core.retry import with_locks
from inventory.models import StockDocument, StockMovement, Variant
from inventory.permissions import ADJUST_STOCK
from inventory.selectors import targets_of
from inventory.services.ledger import Key, lock_levels, move_stock

MOST_LINES = 500
MOST_UNITS = Decimal(10) ** 9
Kind = StockDocument.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """A variant, or a code that stands for one, and how many: received, more or (negative) fewer, or counted."""

    quantity: Decimal
    variant_id: UUID | None = None
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChange:
    """What somebody states about the stock of one location. ``document_id`` is theirs and makes repeats harmless."""

    document_id: UUID
    kind: str
    location_id: UUID
    lines: Sequence[StockLine]
    reason: str = ""
    occurred_at: datetime | None = None

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        lines = [[line.variant_id, line.code, line.quantity.normalize()] for line in self.lines]
        return fingerprint([self.kind, self.location_id, lines, self.reason, self.occurred_at])


@dataclass(frozen=True, slots=True)
class Booked:
    """The document, and whether this call made it (False: it was there already)."""

    document: StockDocument
    is_new: bool


def book_stock(change: StockChange, *, actor: Actor) -> Booked:
    """Book a receipt, an adjustment or a count in one transaction; safe to repeat with the same ``document_id``.

    A count states what is there; the ledger gets the difference to the record, taken under the lock. Several lines
    of one variant add up.

    Raises:
        Forbidden: the actor may not change stock at this location.
        Invalid, NotFound: a line or the location is wrong; every wrong line is named.
        ReusedIdentifier: the id belongs to another document.
        Busy: the locks were not to be had in time.
    """
    actor.require(ADJUST_STOCK, at=change.location_id)
    try:
        location = active_location(change.location_id)
        wanted = _wanted(change)
    except (Invalid, NotFound) as refusal:
        return _twin(change, actor, refusal)
    document = StockDocument(
        id=change.document_id,
        kind=change.kind,
        location=location,
        reason=change.reason,
        request_hash=change.hash(),
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
        occurred_at=change.occurred_at or datetime.now(UTC),
    )
    try:
        with_locks(lambda: _commit(document, wanted, actor))
    except IntegrityError as conflict:
        return _twin(change, actor, conflict)
    return Booked(document, True)


def _wanted(change: StockChange) -> dict[UUID, Decimal]:
    """Quantities per variant. Raises `Invalid` with every wrong line."""
    targets = targets_of({line.code for line in change.lines if line.variant_id is None})
    ids = [
        line.variant_id or (targets[line.code].variant_id if line.code in targets else None) for line in change.lines
    ]
    known = set(Variant.objects.filter(pk__in={i for i in ids if i}, is_stocked=True).values_list("pk", flat=True))
    errors, wanted = [], defaultdict[UUID, Decimal](Decimal)
    for place, (line, variant_id) in enumerate(zip(change.lines, ids, strict=True)):
        if variant_id not in known or variant_id is None:
            detail = "There is no such variant, or it is not stocked."
            name = "variant" if line.variant_id else "code"
            errors.append({"pointer": f"/lines/{place}/{name}", "code": "unknown", "detail": detail})
            continue
        units = targets[line.code].units(line.quantity) if line.variant_id is None else line.quantity
        wanted[variant_id] += units or 0
        if problem := _wrong(change.kind, units):
            errors.append({"pointer": f"/lines/{place}/quantity", "code": "range", "detail": problem})
    if not change.lines or len(change.lines) > MOST_LINES:
        errors.append({"pointer": "/lines", "code": "length", "detail": f"Between 1 and {MOST_LINES} lines."})
    if change.occurred_at is not None and not can_have_happened(change.occurred_at, now=datetime.now(UTC)):
        errors.append({"pointer": "/occurred_at", "code": "time", "detail": "This time cannot be right."})
    if errors:
        raise Invalid(errors[0]["detail"], details={"errors": errors})
    return dict(wanted)


def _wrong(kind: str, quantity: Decimal | None) -> str:
    if quantity is None:
        return "So many packs come to a part of a unit that we cannot keep."
    if abs(quantity) > MOST_UNITS:
        return "This is more than anybody has."
    if kind == Kind.RECEIPT and quantity <= 0:
        return "What was received is more than zero."
    if kind == Kind.COUNT and quantity < 0:
        return "Nobody counts less than zero."
    if kind == Kind.ADJUSTMENT and quantity == 0:
        return "An adjustment by zero changes nothing."
    return ""


@transaction.atomic(durable=True)
def _commit(document: StockDocument, wanted: dict[UUID, Decimal], actor: Actor) -> None:
    """The document's own row first, then the stock rows."""
    keys: dict[Key, Decimal] = {(variant, document.location_id): quantity for variant, quantity in wanted.items()}
    document.lines = []
    document.save(force_insert=True)
    before = lock_levels(list(keys))
    counts = document.kind == Kind.COUNT
    deltas = {key: quantity - before[key] if counts else quantity for key, quantity in keys.items()}
    document.lines = [
        {
            "variant": str(key[0]),
            "quantity": plain_decimal(keys[key]),
            "before": plain_decimal(before[key]),
            "after": plain_decimal(before[key] + deltas[key]),
        }
        for key in sorted(keys)
    ]
    document.save(update_fields=["lines"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="stock",
        object_id=document.pk,
        object_label=f"{document.get_kind_display()}, {len(keys)} variants",
        changes={"kind": (None, document.kind), "reason": (None, document.reason), "lines": (None, len(keys))},
    )
    move_stock(
        deltas=deltas,
        kind=StockMovement.Kind(document.kind),
        reference_type="stock_document",
        reference_id=document.pk,
        actor=actor,
        occurred_at=document.occurred_at,
        may_refuse=False,
        reason=document.reason,
    )


def _twin(change: StockChange, actor: Actor, conflict: Exception) -> Booked:
    """The document an earlier try made, or else ``conflict``."""
    stored = StockDocument.objects.select_related("location").filter(pk=change.document_id).first()
    if stored is None:
        raise conflict
    if stored.created_by_id != actor.id:
        raise NotFound("There is no such document.") from conflict
    if bytes(stored.request_hash) != change.hash():
        raise ReusedIdentifier("This id belongs to a stock change with other content.") from conflict
    return Booked(stored, False)
