"""A placed order is changed: proposed with its difference shown, confirmed once, taken back exactly.

A change keeps the order's lines before and after it, so nothing of its history is lost.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, NotFound, ReusedIdentifier, StaleVersion, fault, refuse
from core.events import DomainEvent
from core.money import plain_decimal
from core.outbox.services import emit_all
from core.retry import with_locks
from inventory.models import StockMovement
from inventory.services.holds import hold_instead
from inventory.services.ledger import Change, move_stock
from orders.models import Fulfilment, FulfilmentLine, Order, OrderChange, OrderLine, Payment
from orders.permissions import CHANGE_ORDER, VIEW_ORDERS
from orders.selectors.axes import updated
from orders.services.basket import Tender
from orders.services.credit import lock_accounts
from orders.services.drawers import check_cash_has_drawer, check_register, enter_drawer
from orders.services.money_back import give_to_accounts, money_back, refunded_events, row
from orders.services.papers import add_up
from orders.services.pieces_of_changes import Named, pieces_of_change
from orders.services.points import METHOD, accounts_of
from orders.services.points_of_changes import PointsPart, points_part, points_part_of_open, settle_points_of_change
from orders.services.refund_limits import let_back
from orders.services.rewriting import Action, kept, new_lines, restored
from orders.services.tenders import charge_accounts, payment_events, payments_of

State = OrderChange.State
SUMS = ("subtotal", "discount_total", "tax_total", "total", "apart_total", "items", "line_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How the difference is paid or given back: ``payments`` in positive amounts; None gives back as it was paid.

    ``needs_drawer``: cash must name the register it goes through, where the place has any. ``pieces``: the numbers of
    goods with serial numbers that leave or come back, by variant. ``left_at``: what leaves left then, whatever the
    record says.
    """

    payments: Sequence[Tender] | None = None
    pieces: Named = ()
    register_id: UUID | None = None
    approval_id: UUID | None = None
    needs_drawer: bool = False
    left_at: datetime | None = None


def propose_change(
    *, change_id: UUID, order_id: UUID, actions: Sequence[Action], actor: Actor, reason: str = ""
) -> tuple[OrderChange, bool]:
    """Work out what some actions would make of a placed order, and keep it; nothing of the order changes.

    Answers the change and whether this call made it; ``change_id`` is the client's.

    Raises:
        NotFound: there is no such order here.
        Forbidden: the actor may not change orders here, or not their prices.
        Conflict: this order cannot be changed (any more).
        Invalid: an action cannot be done; every one is named.
        ReusedIdentifier: the id belongs to another change.
    """
    order = order_to_change(Order.objects.filter(pk=order_id), actor)
    digest = fingerprint([order_id, [action.plain() for action in actions], reason])
    stored = OrderChange.objects.filter(pk=change_id).first()
    if stored is not None:
        return _same(stored, digest, actor), False
    check_changeable(order)
    before = list(order.lines.all())
    after = new_lines(order, before, actions, actor)
    told = [action.plain() for action in actions]
    return keep_proposal(
        order, before, after, change_id=change_id, digest=digest, actions=told, reason=reason, actor=actor
    )


def keep_proposal(
    order: Order,
    before: Sequence[OrderLine],
    after: Sequence[OrderLine],
    *,
    change_id: UUID,
    digest: bytes,
    actions: Sequence[dict[str, Any]],
    reason: str,
    actor: Actor,
) -> tuple[OrderChange, bool]:
    """Keep what the lines of an order are to become; a part of the services that propose changes."""
    then = copy(order)
    add_up(then, after)
    change = OrderChange(
        id=change_id,
        request_hash=digest,
        order=order,
        base_version=order.version,
        actions=list(actions),
        before=[kept(line) for line in before],
        after=[kept(line) for line in after],
        difference=then.total - order.total,
        reason=reason[:200],
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
    )
    try:
        with transaction.atomic():
            change.save(force_insert=True)
            record(
                AuditEntry.Action.CREATE,
                actor=actor,
                object_type="order_change",
                object_id=change.pk,
                object_label=order.number,
                changes={"difference": (None, change.difference), "actions": (None, len(actions))},
            )
    except IntegrityError:
        return _same(OrderChange.objects.get(pk=change_id), digest, actor), False
    return change, True


def _same(stored: OrderChange, digest: bytes, actor: Actor) -> OrderChange:
    if stored.created_by_id != actor.id:
        raise NotFound("There is no such change.")
    if bytes(stored.request_hash) != digest:
        raise ReusedIdentifier("This id belongs to another change.")
    return stored


def order_to_change(rows: Any, actor: Actor) -> Order:
    """The order of some rows that the actor may change. Raises `NotFound`, `Forbidden`."""
    order: Order | None = rows.select_related("location").first()
    if order is None or not actor.may(VIEW_ORDERS, at=order.location_id):
        raise NotFound("There is no such order.")
    actor.require(CHANGE_ORDER, at=order.location_id)
    return order


def check_changeable(order: Order) -> None:
    """Which orders can be changed: the one place that says so. Raises `Conflict`."""
    if order.kind != Order.Kind.SALE or order.state not in (Order.State.COMPLETED, Order.State.OPEN):
        raise Conflict(f"Only a completed sale or an open order can be changed; this {order.kind} is {order.state}.")
    if order.channel == Order.Channel.HISTORY or order.is_paid_elsewhere:
        raise Conflict("What was imported stays as it was.")
    parcels = order.fulfilments.exclude(state=Fulfilment.State.CANCELLED)
    if order.refunds.exists() or parcels.exists() or order.ticket is not None:
        raise Conflict("A part of it came back, is packed or was sent. Take goods back, or sell others instead.")


def may_be_changed(order: Order) -> bool:
    """Whether an order can still be changed, whoever asks."""
    try:
        check_changeable(order)
    except Conflict:
        return False
    return True


def confirm_change(
    change_id: UUID, *, order_id: UUID, version: int, settlement: Settlement, actor: Actor
) -> tuple[OrderChange, bool]:
    """Apply a proposed change: lines, sums, the difference in money and in goods, once.

    Of an open order the goods set aside become others; what is more is paid later, what was paid too much goes back.
    ``version`` is the order's as the proposal showed it. Answers the change and whether this call applied it.

    Raises:
        NotFound, Forbidden, Conflict: as `propose_change`; also a change that was taken back.
        StaleVersion: the order was changed since.
        WrongPayment, Invalid: the payments do not come to the difference, or a way gets back more than it gave.
        ApprovalNeeded, ApprovalRefused: money goes back for what a gift card or store credit paid.
        NotEnoughCredit: an account does not hold so much; points that went back with a change were spent since.
        OutOfStock: there is not enough of what is added.
        SerialRefused: a piece that is named is not here.
    """
    return _again(lambda: _turn(change_id, order_id, version, settlement, actor, undo=False))


def revert_change(
    change_id: UUID, *, order_id: UUID, version: int, settlement: Settlement, actor: Actor
) -> tuple[OrderChange, bool]:
    """Take an applied change back: lines and sums are exactly as before it. Raises as `confirm_change`."""
    return _again(lambda: _turn(change_id, order_id, version, settlement, actor, undo=True))


def _again(work: Any) -> tuple[OrderChange, bool]:
    try:
        made: tuple[OrderChange, bool] = with_locks(work)
    except IntegrityError as conflict:
        raise ReusedIdentifier("The id of a payment belongs to something else.") from conflict
    return made


@transaction.atomic
def _turn(
    change_id: UUID, order_id: UUID, version: int, settlement: Settlement, actor: Actor, *, undo: bool
) -> tuple[OrderChange, bool]:
    order = order_to_change(Order.objects.select_for_update(of=("self",), no_key=True).filter(pk=order_id), actor)
    change = OrderChange.objects.select_for_update().filter(pk=change_id, order=order).first()
    if change is None:
        raise NotFound("There is no such change.")
    if change.state == (State.REVERTED if undo else State.APPLIED):
        return change, False
    if change.state != (State.APPLIED if undo else State.PROPOSED):
        raise Conflict(f"This change is {change.state}.")
    due_version = change.base_version + 1 if undo else change.base_version
    if order.version != version or order.version != due_version:
        raise StaleVersion("The order was changed since. Propose it anew.", details={"version": order.version})
    check_changeable(order)
    difference = -change.difference if undo else change.difference
    before, after = (change.after, change.before) if undo else (change.before, change.after)
    now = datetime.now(UTC)
    points = points_of_change(order, change, undo=undo)
    lines = _rewrite(order, [restored(stored) for stored in after])
    payments = _settle(order, difference, settlement, points, now, actor)
    _settle_accounts(order, change, points, payments, actor, undo=undo)
    change.state = State.REVERTED if undo else State.APPLIED
    setattr(change, "reverted_at" if undo else "applied_at", now)
    change.save(update_fields=["state", "applied_at", "reverted_at"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={
            "total": (order.total - difference, order.total),
            "change": (None, change.pk),
        },
    )
    _move(order, change, before, lines, payments, settlement, now, actor, undo=undo)
    return change, True


def points_of_change(order: Order, change: OrderChange, *, undo: bool) -> PointsPart:
    """What points have in a change (or its being taken back), before the lines are rewritten; reads only."""
    return (points_part_of_open if order.state == Order.State.OPEN else points_part)(order, change, undo=undo)


def _rewrite(order: Order, lines: list[OrderLine]) -> list[OrderLine]:
    """The order with these lines and their sums, at its next version. Lines that stay keep their keys."""
    present = {line.position: line for line in order.lines.all()}
    add_up(order, lines)
    order.version += 1
    order.save(update_fields=[*SUMS, "version"])
    gone = present.keys() - {line.position for line in lines}
    parcels = FulfilmentLine.objects.filter(line__order=order, line__position__in=gone)
    parcels.filter(fulfilment__state=Fulfilment.State.CANCELLED).delete()  # taken back: they carry nothing
    OrderLine.objects.filter(order=order, position__in=gone).delete()
    for line in lines:
        if line.position in present:
            line.pk = present[line.position].pk
            line.save(force_update=True)
        else:
            line.save(force_insert=True)
    return lines


def _settle(
    order: Order, difference: Decimal, how: Settlement, points: PointsPart, now: datetime, actor: Actor
) -> list[Payment]:
    """The payments of the difference. What points have in it is a row of its own; ``how`` states the rest."""
    if order.state == Order.State.OPEN:  # what is more is received later, like the rest of it
        there = sum((payment.amount for payment in order.payments.all()), Decimal(0))
        difference = min(order.total + order.cash_rounding - there, Decimal(0))
    if not difference and not how.payments:
        return []
    if difference >= 0:
        paid = order.total + order.cash_rounding - difference - points.amount  # negative: points are taken again
        payments = payments_of(how.payments or (), order, actor=actor, set_off=paid)
        if points.amount:
            payments.append(row(order, METHOD, -points.amount, actor))
    else:
        back = money_back(order, order, -difference, how.payments, actor=actor, by_points=points.amount)
        if back.beyond:
            place, approval = order.location_id, how.approval_id
            let_back(order, -difference, document_id=order.pk, at=place, approval_id=approval, actor=actor)
        payments = back.payments
    for payment in payments:
        payment.received_at, payment.register_id, payment.shift_id = now, None, None
    if how.needs_drawer:
        check_cash_has_drawer(payments, location_id=order.location_id, register_id=how.register_id)
    if how.register_id is not None:
        check_register(how.register_id, location_id=order.location_id)
        enter_drawer(how.register_id, when=now).stamp(None, payments)
    Payment.objects.bulk_create(payments)
    return payments


def _settle_accounts(
    order: Order, change: OrderChange, points: PointsPart, payments: Sequence[Payment], actor: Actor, *, undo: bool
) -> None:
    """What the accounts get and give: all locked by id first, then changed."""
    lock_accounts({x.account_id for x in payments if x.account_id is not None} | accounts_of(order.customer_id))
    give_to_accounts(payments, actor=actor)
    emit_all(charge_accounts([x for x in payments if x.amount > 0], actor=actor), actor=actor)
    settle_points_of_change(order, change, points, payments, undo=undo, actor=actor)


def stock_difference(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> dict[UUID, Decimal]:
    """How many more (or, negative, fewer) units of each variant leave the shelf."""
    units: dict[UUID, Decimal] = defaultdict(Decimal)
    for lines, sign in ((before, -1), (after, 1)):
        for line in lines:
            if line["is_stocked"] and line["variant_id"]:
                units[UUID(line["variant_id"])] += sign * Decimal(line["quantity"])
    return {variant: quantity for variant, quantity in units.items() if quantity}


def _move(
    order: Order,
    change: OrderChange,
    before: Sequence[Mapping[str, Any]],
    lines: Sequence[OrderLine],
    payments: Sequence[Payment],
    how: Settlement,
    now: datetime,
    actor: Actor,
    *,
    undo: bool,
) -> None:
    named = how.pieces
    costs = {UUID(x["variant_id"]): Decimal(x["unit_cost"]) for x in before if x["variant_id"] and x["unit_cost"]}
    if order.state == Order.State.OPEN:
        refuse(
            *([fault("/pieces", "not-yet", "The pieces of an open order are named when they leave.")] if named else [])
        )
        _hold(order, lines, payments, actor)
        return
    difference = stock_difference(before, [kept(line) for line in lines])
    pieces = pieces_of_change(order, change, difference, named, undo=undo)
    deltas = {
        (variant, order.location_id): Change(
            on_hand=-units,
            unit_cost=costs.get(variant) if units < 0 else None,
            serials=pieces.get(variant, ()),
        )
        for variant, units in difference.items()
    }
    incoming = [payment for payment in payments if payment.amount > 0]
    told: list[DomainEvent] = [
        updated(order),
        *payment_events(incoming, order),
        *refunded_events([payment for payment in payments if payment.amount < 0], order),
    ]
    moved = move_stock(
        deltas=deltas,
        kind=StockMovement.Kind.EDIT,
        reference_type="change_undone" if undo else "order_change",
        reference_id=change.pk,
        actor=actor,
        occurred_at=how.left_at or now,
        may_refuse=how.left_at is None and not order.location.sells_below_zero,
        reason=change.reason,
        told_before=told,
    )
    had = {UUID(line["variant_id"]) for line in before if line["variant_id"]}
    for movement in moved:
        if movement.variant_id not in had:
            OrderLine.objects.filter(order=order, variant=movement.variant_id).update(unit_cost=movement.unit_cost)


def _hold(order: Order, lines: Sequence[OrderLine], payments: Sequence[Payment], actor: Actor) -> None:
    """The goods set aside for an open order become those of its lines."""
    units: dict[tuple[UUID, UUID], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.is_stocked and line.variant_id:
            units[line.variant_id, order.location_id] += line.quantity
    held = hold_instead(units, cause=("order", order.pk), actor=actor, note=f"Order {order.number}")
    emit_all([updated(order), *refunded_events(payments, order), *held], actor=actor)


def preview(change: OrderChange) -> dict[str, str]:
    """The stock difference of a change: units by variant, as programs read them."""
    units = stock_difference(change.before, change.after)
    return {str(variant): plain_decimal(quantity) for variant, quantity in sorted(units.items())}
