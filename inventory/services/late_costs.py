"""Costs that become known late: freight, duty, a corrected invoice, for goods that came earlier.

Nothing is rewritten. The part for goods still held raises their average from now on, the rest (goods that are gone,
and what rounding leaves over) is an expense named on the document: docs/model.md "Cost".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Invalid, NotFound, ReusedIdentifier, refuse
from core.locations.selectors import active_location, can_have_happened
from core.money import plain_decimal
from core.outbox.services import emit_all
from core.retry import with_locks
from inventory.events import StockRevalued
from inventory.models import StockDocument, StockMovement, Variant
from inventory.permissions import ADJUST_STOCK, VIEW_COST
from inventory.services.documents import MOST_LINES, Booked
from inventory.services.ledger import lock_levels
from inventory.services.revaluing import Revalued, revalue

MOST = Decimal(10) ** 12
PLACES = Decimal("0.0001")
BY_QUANTITY, BY_VALUE = "quantity", "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """What one variant cost on top: ``amount`` for ``quantity`` units that were received."""

    variant_id: UUID
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LateCost:
    """A late cost: spread over a receipt's goods, or stated per variant for a location.

    With ``receipt_id`` the ``amount`` (less than zero: a credit) is spread by quantity or by value.
    """

    document_id: UUID
    reason: str
    receipt_id: UUID | None = None
    amount: Decimal | None = None
    spread_by: str = BY_VALUE
    location_id: UUID | None = None
    lines: Sequence[CostLine] = ()
    occurred_at: datetime | None = None

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        lines = [[line.variant_id, line.quantity.normalize(), line.amount.normalize()] for line in self.lines]
        amount = self.amount.normalize() if self.amount is not None else None
        where = [self.receipt_id, self.location_id, self.spread_by]
        return fingerprint(["cost", *where, amount, lines, self.reason, self.occurred_at])


def book_late_cost(cost: LateCost, *, actor: Actor) -> Booked:
    """Book a late cost; safe to repeat with the same ``document_id``. Its lines say what went where.

    Raises:
        Forbidden: the actor may not adjust stock there, or see costs.
        NotFound: there is no such receipt or location.
        Invalid: an amount, quantity, variant or time is wrong.
        ReusedIdentifier: the id belongs to another document.
        Busy: the locks were not to be had in time.
    """
    actor.require(VIEW_COST)
    try:
        location_id, costs = _spread(cost, actor)
    except (Invalid, NotFound) as refusal:
        return _twin(cost, actor, refusal)
    document = StockDocument(
        id=cost.document_id,
        kind=StockDocument.Kind.COST,
        location_id=location_id,
        reason=cost.reason,
        request_hash=cost.hash(),
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
        occurred_at=cost.occurred_at or datetime.now(UTC),
    )
    try:
        with_locks(lambda: _commit(document, costs, actor))
    except IntegrityError as conflict:
        return _twin(cost, actor, conflict)
    return Booked(document, True)


def _spread(cost: LateCost, actor: Actor) -> tuple[UUID, dict[UUID, tuple[Decimal, Decimal]]]:
    """The location, and amount and units received by variant."""
    if cost.occurred_at is not None and not can_have_happened(cost.occurred_at, now=datetime.now(UTC)):
        raise _wrong("/occurred_at", "time", "This time cannot be right.")
    if cost.receipt_id is not None:
        places = actor.places(ADJUST_STOCK)
        receipts = StockDocument.objects.filter(kind=StockDocument.Kind.RECEIPT, pk=cost.receipt_id)
        receipt = (receipts if places is None else receipts.filter(location__in=places)).first()
        if receipt is None:
            raise NotFound("There is no such receipt of goods.")
        if cost.amount is None or not 0 < abs(cost.amount) <= MOST:
            raise _wrong("/amount", "range", "An amount, less than zero for a credit.")
        return receipt.location_id, _over(receipt, cost.amount, cost.spread_by)
    if cost.location_id is None or not 0 < len(cost.lines) <= MOST_LINES:
        raise _wrong("/lines", "length", f"A receipt, or a location and between 1 and {MOST_LINES} lines.")
    actor.require(ADJUST_STOCK, at=cost.location_id)
    active_location(cost.location_id)
    return cost.location_id, _stated(cost.lines)


def _over(receipt: StockDocument, amount: Decimal, spread_by: str) -> dict[UUID, tuple[Decimal, Decimal]]:
    """Shares by quantity or value, to the fourth place; the largest takes what rounding leaves over."""
    rows = StockMovement.objects.filter(reference_type="stock_document", reference_id=receipt.pk, delta__gt=0)
    goods = {row.variant_id: (row.delta, row.delta * (row.unit_cost or 0)) for row in rows}
    if not goods:
        raise NotFound("There is no such receipt of goods.")
    weights = {variant: values[1 if spread_by == BY_VALUE else 0] for variant, values in goods.items()}
    if not sum(weights.values()):
        weights = {variant: units for variant, (units, _) in goods.items()}
    whole = sum(weights.values(), Decimal(0))
    shares = {
        variant: (amount * weight / whole).quantize(PLACES, ROUND_DOWN) for variant, weight in sorted(weights.items())
    }
    shares[max(shares, key=lambda variant: weights[variant])] += amount - sum(shares.values())
    return {variant: (share, goods[variant][0]) for variant, share in shares.items() if share}


def _stated(lines: Sequence[CostLine]) -> dict[UUID, tuple[Decimal, Decimal]]:
    known = set(
        Variant.objects.filter(pk__in={x.variant_id for x in lines}, is_stocked=True).values_list("pk", flat=True)
    )
    errors, costs = [], dict[UUID, tuple[Decimal, Decimal]]()
    for place, line in enumerate(lines):
        if line.variant_id not in known:
            detail = "There is no such variant, or it is not stocked."
            errors.append({"pointer": f"/lines/{place}/variant", "code": "unknown", "detail": detail})
        elif line.variant_id in costs:
            errors.append({"pointer": f"/lines/{place}/variant", "code": "doubled", "detail": "Named twice."})
        if not 0 < line.quantity <= MOST:
            errors.append({"pointer": f"/lines/{place}/quantity", "code": "range", "detail": "More than zero."})
        if not 0 < abs(line.amount) <= MOST:
            errors.append({"pointer": f"/lines/{place}/amount", "code": "range", "detail": "Not zero."})
        costs[line.variant_id] = (line.amount, line.quantity)
    refuse(*errors)
    return costs


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, details={"errors": [{"pointer": pointer, "code": code, "detail": detail}]})


@transaction.atomic(durable=True)
def _commit(document: StockDocument, costs: Mapping[UUID, tuple[Decimal, Decimal]], actor: Actor) -> None:
    document.lines = []
    document.save(force_insert=True)
    lock_levels([(variant, document.location_id) for variant in costs])
    done = revalue(
        costs,
        location_id=document.location_id,
        reference_type="stock_document",
        reference_id=document.pk,
        actor=actor,
        occurred_at=document.occurred_at,
        reason=document.reason,
    )
    document.lines = [_line(row, *costs[row.variant_id]) for row in done]
    document.save(update_fields=["lines"])
    whole = sum((amount for amount, _ in costs.values()), Decimal(0))
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="stock",
        object_id=document.pk,
        object_label=f"{document.get_kind_display()}, {len(done)} variants",
        changes={"kind": (None, document.kind), "amount": (None, whole), "reason": (None, document.reason)},
    )
    skus = dict(Variant.objects.filter(pk__in=costs).values_list("pk", "sku"))
    events = [
        StockRevalued(
            variant_id=row.variant_id,
            version=row.version,
            location_id=document.location_id,
            sku=skus[row.variant_id],
            document_id=document.pk,
            amount=costs[row.variant_id][0],
            held=row.value,
            expense=costs[row.variant_id][0] - row.value,
            unit_cost=row.after,
        )
        for row in done
    ]
    emit_all(events, actor=actor, occurred_at=document.occurred_at)


def _line(row: Revalued, amount: Decimal, quantity: Decimal) -> dict[str, Any]:
    return {
        "variant": str(row.variant_id),
        "quantity": plain_decimal(quantity),
        "amount": plain_decimal(amount),
        "units_held": plain_decimal(row.units),
        "cost_before": plain_decimal(row.before, places=4),
        "cost_after": plain_decimal(row.after, places=4),
        "held": plain_decimal(row.value),
        "expense": plain_decimal(amount - row.value),
    }


def _twin(cost: LateCost, actor: Actor, conflict: Exception) -> Booked:
    """The document an earlier try made, or else ``conflict``."""
    stored = StockDocument.objects.select_related("location").filter(pk=cost.document_id).first()
    if stored is None:
        raise conflict
    if stored.created_by_id != actor.id:
        raise NotFound("There is no such document.") from conflict
    if bytes(stored.request_hash) != cost.hash():
        raise ReusedIdentifier("This id belongs to a stock change with other content.") from conflict
    return Booked(stored, False)
