"""Goods of an open order on their way: packed, sent off or handed over, in as many pieces as it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound, ReusedIdentifier, fault, must_be_version, refuse
from core.events import DomainEvent
from core.outbox.services import emit_all
from core.retry import with_locks
from inventory.models import StockMovement
from inventory.services.holds import take_held
from inventory.services.ledger import Change, move_stock
from inventory.services.naming import use_named
from orders.events import OrderFulfilled
from orders.lifecycle import AFTER, must_be_open, next_state
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine
from orders.permissions import FULFIL, VIEW_ORDERS
from orders.selectors.axes import GONE, bump, updated
from orders.selectors.fulfilment import left_of
from orders.services.finishing import finish
from orders.services.told_apart import let_expired_go

State = Fulfilment.State
STAMPS = {State.PACKED: "packed_at", State.SHIPPED: "shipped_at", State.DONE: "done_at"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentDraft:
    """What goes together: quantities by the position of the order's line; None is all that is left."""

    fulfilment_id: UUID
    order_id: UUID
    lines: Sequence[tuple[int, Decimal]] | None = None
    tracking: str = ""

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        lines = None if self.lines is None else [[place, units.normalize()] for place, units in self.lines]
        return fingerprint([self.order_id, lines, self.tracking])


def create_fulfilment(draft: FulfilmentDraft, *, actor: Actor) -> tuple[Fulfilment, bool]:
    """Say what of an open order is packed together; never more than was ordered and is in no other fulfilment.

    Answers it and whether this call made it; a repeat with the same id and content changes nothing.

    Raises:
        NotFound: there is no such order here.
        Forbidden: the actor may not pack here.
        Conflict: the order is not open.
        Invalid: a line is unknown, named twice, or more than is left; each is named.
        ReusedIdentifier: the id belongs to another fulfilment.
    """
    try:
        return with_locks(lambda: _create(draft, actor))
    except IntegrityError:
        stored = Fulfilment.objects.filter(pk=draft.fulfilment_id).first()
        if stored is None:
            raise
        raise ReusedIdentifier("This id belongs to another fulfilment.") from None


@transaction.atomic(durable=True)
def _create(draft: FulfilmentDraft, actor: Actor) -> tuple[Fulfilment, bool]:
    order = _locked(draft.order_id, actor)
    stored = order.fulfilments.filter(pk=draft.fulfilment_id).first()
    if stored is not None:
        if bytes(stored.request_hash) != draft.hash():
            raise ReusedIdentifier("This id belongs to another fulfilment.")
        return stored, False
    must_be_open(order)
    parts = _parts(order, draft)
    fulfilment = Fulfilment(
        id=draft.fulfilment_id,
        request_hash=draft.hash(),
        order=order,
        kind=(order.delivery or {}).get("kind", Fulfilment.Kind.PICKUP.value),
        tracking=draft.tracking[:120],
    )
    fulfilment.save(force_insert=True)
    FulfilmentLine.objects.bulk_create(
        [FulfilmentLine(fulfilment=fulfilment, line=line, quantity=units) for line, units in parts]
    )
    bump(order)
    _record(fulfilment, order, actor, None)
    emit_all([updated(order)], actor=actor)
    return fulfilment, True


def _locked(order_id: UUID, actor: Actor) -> Order:
    rows = Order.objects.select_for_update(of=("self",), no_key=True).select_related("location")
    order = rows.filter(pk=order_id).first()
    if order is None or not (actor.may(FULFIL, at=order.location_id) or actor.may(VIEW_ORDERS, at=order.location_id)):
        raise NotFound("There is no such order.")
    actor.require(FULFIL, at=order.location_id)
    return order


def _parts(order: Order, draft: FulfilmentDraft) -> list[tuple[OrderLine, Decimal]]:
    lines, left = {line.position: line for line in order.lines.all()}, left_of(order)
    if draft.lines is None:
        parts = [(line, left[line.pk]) for line in lines.values() if left[line.pk] > 0]
        if not parts:
            refuse(fault("/lines", "empty", "Everything of this order is packed or sent already."))
        return parts
    errors = [] if draft.lines else [fault("/lines", "empty", "Name what goes.")]
    seen: set[int] = set()
    for place, (position, units) in enumerate(draft.lines):
        if position not in lines:
            errors.append(fault(f"/lines/{place}/position", "unknown", "The order has no such line."))
        elif position in seen:
            errors.append(fault(f"/lines/{place}/position", "twice", "Name each line once."))
        elif not units > 0:
            errors.append(fault(f"/lines/{place}/quantity", "positive", "More than zero."))
        elif units > left[lines[position].pk]:
            detail = f"Only {left[lines[position].pk].normalize():f} are left of this line."
            errors.append(fault(f"/lines/{place}/quantity", "too-many", detail))
        seen.add(position)
    refuse(*errors)
    return [(lines[position], units) for position, units in draft.lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a fulfilment: ``pack``, ``ship``, ``done`` or ``cancel``.

    ``tracking`` None leaves it as it is. ``serials`` are the pieces that go, by the position of the order's line; where
    none are stated, those go that the order named when it was placed.
    ``accept_expired``: goods of expired lots go where there are no others, let by who may or by an approval of
    ``approval_ids``.
    """

    name: str
    tracking: str | None = None
    serials: Mapping[int, Sequence[str]] | None = None
    version: int | None = None
    accept_expired: bool = False
    approval_ids: Sequence[UUID] = ()


def take_step(fulfilment_id: UUID, step: Step, *, actor: Actor) -> tuple[Fulfilment, bool]:
    """Take a fulfilment one step on. Goods leave stock when they are sent off, or handed over in the shop.

    What leaves is what the order holds. The last goods of an order that is paid complete it. Answers the fulfilment
    and whether this call did it; a step that was taken already changes nothing.

    Raises:
        NotFound: there is no such fulfilment here.
        Forbidden: the actor may not pack here.
        Conflict: this step does not follow; ``steps`` says which do.
        StaleVersion: it was changed since ``version``.
        OutOfStock: the goods are not there any more.
        LotExpired, SerialRefused: a lot or a piece cannot leave.
        ApprovalNeeded, ApprovalRefused: ``accept_expired`` takes somebody's consent.
    """
    return with_locks(lambda: _take(fulfilment_id, step, actor))


@transaction.atomic(durable=True)
def _take(fulfilment_id: UUID, step: Step, actor: Actor) -> tuple[Fulfilment, bool]:
    order_id = Fulfilment.objects.filter(pk=fulfilment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such fulfilment.")
    order = _locked(order_id, actor)
    fulfilment = order.fulfilments.get(pk=fulfilment_id)
    if fulfilment.state == AFTER[step.name]:
        return fulfilment, False
    must_be_version(step.version, fulfilment.version, state=fulfilment.state)
    then, before, now = next_state(fulfilment, step.name), fulfilment.state, datetime.now(UTC)
    leaves = then in GONE and before not in GONE
    if before not in GONE:
        must_be_open(order)
    fulfilment.state, fulfilment.version = then, fulfilment.version + 1
    if then in STAMPS:
        setattr(fulfilment, STAMPS[then], now)
    if step.tracking is not None:
        fulfilment.tracking = step.tracking[:120]
    fulfilment.save()
    bump(order)
    _record(fulfilment, order, actor, before)
    parts = list(fulfilment.lines.select_related("line").order_by("line__position"))
    told: list[DomainEvent] = [_fulfilled(fulfilment, order, parts)] if leaves else []
    if leaves and step.accept_expired:
        let_expired_go(
            order.pk, order.number, location_id=order.location_id, approval_ids=step.approval_ids, actor=actor
        )
    told += finish(order, now, actor=actor)
    if leaves:
        _move(fulfilment, order, parts, step, now, told, actor)
    else:
        emit_all(told, actor=actor)
    return fulfilment, True


def _move(
    fulfilment: Fulfilment,
    order: Order,
    parts: Sequence[FulfilmentLine],
    step: Step,
    now: datetime,
    told: Sequence[DomainEvent],
    actor: Actor,
) -> None:
    units: dict[UUID, Decimal] = {}
    serials: dict[UUID, list[str]] = {}
    for part in parts:
        if part.line.is_stocked and part.line.variant_id:
            units[part.line.variant_id] = units.get(part.line.variant_id, Decimal(0)) + part.quantity
            named = (step.serials or {}).get(part.line.position, ())
            serials.setdefault(part.line.variant_id, []).extend(named)
    leaving = use_named(units, serials, cause=("order", order.pk))
    held = take_held(units, cause=("order", order.pk))
    moved = move_stock(
        deltas={
            (variant_id, order.location_id): Change(
                on_hand=-wanted,
                reserved=held.get(variant_id, Decimal(0)),
                serials=leaving[variant_id].serials,
                lots=leaving[variant_id].lots,
                any_lot=step.accept_expired,
            )
            for variant_id, wanted in units.items()
        },
        kind=StockMovement.Kind.SALE,
        reference_type="fulfilment",
        reference_id=fulfilment.pk,
        actor=actor,
        occurred_at=now,
        may_refuse=True,
        told_before=told,
    )
    _note_costs(fulfilment, parts, {row.variant_id: row.unit_cost for row in moved})


def _note_costs(fulfilment: Fulfilment, parts: Sequence[FulfilmentLine], costs: Mapping[UUID, Decimal | None]) -> None:
    """The cost of a line is the ledger's; of one that left in pieces, their average."""
    rows = FulfilmentLine.objects.filter(line__in=[part.line_id for part in parts], fulfilment__state__in=GONE)
    rows = rows.exclude(fulfilment=fulfilment).order_by()
    before: dict[int, Decimal] = dict(rows.values_list("line").annotate(sum=Sum("quantity")))
    for part in parts:
        line, cost = part.line, costs.get(part.line.variant_id) if part.line.variant_id else None
        if cost is None:
            continue
        gone = before.get(line.pk, Decimal(0))
        if gone and line.unit_cost is not None:
            cost = ((line.unit_cost * gone + cost * part.quantity) / (gone + part.quantity)).quantize(Decimal("0.0001"))
        OrderLine.objects.filter(pk=line.pk).update(unit_cost=cost)


def _fulfilled(fulfilment: Fulfilment, order: Order, parts: Sequence[FulfilmentLine]) -> OrderFulfilled:
    return OrderFulfilled(
        order_id=order.pk,
        version=order.version,
        number=order.number,
        location_id=order.location_id,
        fulfilment_id=fulfilment.pk,
        kind=fulfilment.kind,
        state=fulfilment.state,
        tracking=fulfilment.tracking,
        items=sum((part.quantity for part in parts if part.line.is_stocked), Decimal(0)),
    )


def _record(fulfilment: Fulfilment, order: Order, actor: Actor, before: str | None) -> None:
    record(
        AuditEntry.Action.CREATE if before is None else AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="fulfilment",
        object_id=fulfilment.pk,
        object_label=order.number,
        changes={"state": (before, str(fulfilment.state))},
    )
