"""A completed sale or purchase of today never was: every row of it gets its reverse, and the sale stays to be seen."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, NotFound, fault, must_be_version, refuse
from core.locations.selectors import business_today
from core.retry import with_locks
from inventory.models import StockMovement
from inventory.services.holds import release_held
from inventory.services.incoming import came_with
from inventory.services.ledger import Change, move_stock
from orders.errors import NoOpenShift
from orders.events import OrderVoided
from orders.models import Order, OrderLine, Payment
from orders.permissions import VIEW_ORDERS, VOID
from orders.services.approvals import allowed
from orders.services.coupons import give_back_coupons
from orders.services.drawers import enter_drawer
from orders.services.money_back import give_to_accounts, refunded_events, row
from orders.services.pieces_back import pieces_out
from orders.services.tenders import charge_accounts, payment_events


def void_order(
    order_id: UUID,
    *,
    void_id: UUID,
    reason: str,
    actor: Actor,
    approval_id: UUID | None = None,
    version: int | None = None,
) -> tuple[Order, bool]:
    """Void a whole sale or purchase of the running business day and shift: goods, money and state at once.

    Answers the order and whether this call did it; a repeat with the same ``void_id`` changes nothing.

    Raises:
        NotFound: there is no such order here.
        ApprovalNeeded, ApprovalRefused: the actor may not, and nobody approved it.
        Invalid: no reason is given.
        Conflict: it is no completed sale of today, its shift is closed, or a part of it came back.
        GiftCardUsed: a gift card that was sold with it was used.
        OutOfStock, SerialRefused, NotEnoughCredit: what was bought is not there any more, an order waits for the very
            piece, or the credit for it is spent.
        StaleVersion: it was changed since ``version``.
    """
    return with_locks(lambda: _void(order_id, void_id, reason.strip(), actor, approval_id, version))


@transaction.atomic
def _void(
    order_id: UUID, void_id: UUID, reason: str, actor: Actor, approval_id: UUID | None, version: int | None
) -> tuple[Order, bool]:
    rows = Order.objects.select_for_update(of=("self",), no_key=True).select_related("location")
    order = rows.filter(pk=order_id).first()
    if order is None or not actor.may(VIEW_ORDERS, at=order.location_id):
        raise NotFound("There is no such order.")
    if order.state == Order.State.VOIDED and order.ended_ref == void_id and order.ended_by_id == actor.id:
        return order, False
    must_be_version(version, order.version, state=order.state)
    if not reason:
        refuse(fault("/reason", "required", "Say why."))
    _check(order)
    allowed(actor, VOID, at=order.location_id, approval_id=approval_id, act=("order", order.pk), subject=order.pk)
    now = datetime.now(UTC)
    order.state, order.version = Order.State.VOIDED, order.version + 1
    order.ended_at, order.ended_ref = now, void_id
    order.ended_by_id, order.ended_by_label = actor.id, actor.label[:200]
    order.save(update_fields=["state", "version", "ended_at", "ended_ref", "ended_by_id", "ended_by_label"])
    reverse = _reverse_payments(order, now, actor)
    Payment.objects.bulk_create(reverse)
    give_back_coupons(order.pk)
    cards = [card for card in order.gift_cards.values_list("pk", flat=True)]
    if order.kind == Order.Kind.SALE:
        give_to_accounts(reverse, actor=actor, sale=order, document=order, cards=cards)
    record(
        AuditEntry.Action.VOID,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={"state": (Order.State.COMPLETED, order.state), "total": (order.total, 0), "reason": (None, reason)},
    )
    voided = OrderVoided(
        order_id=order.pk,
        version=order.version,
        number=order.number,
        location_id=order.location_id,
        currency=order.currency,
        total=order.total,
        reason=reason[:200],
        business_date=order.business_date,
    )
    was_bought = order.kind == Order.Kind.PURCHASE
    told = (
        [voided, *charge_accounts([one for one in reverse if one.amount > 0], actor=actor)] if was_bought else [voided]
    )
    told += payment_events(reverse, order) if was_bought else refunded_events(reverse, order)
    if was_bought:
        told += release_held(cause=("order", order.pk))
    move_stock(
        deltas=_back(order),
        kind=StockMovement.Kind.CORRECTION if was_bought else StockMovement.Kind.VOID,
        reference_type="order",
        reference_id=order.pk,
        actor=actor,
        occurred_at=now,
        may_refuse=was_bought,
        reason=reason,
        told_before=told,
    )
    return order, True


def _check(order: Order) -> None:
    """What can be voided: the one place that says so."""
    if order.kind not in (Order.Kind.SALE, Order.Kind.PURCHASE) or order.state != Order.State.COMPLETED:
        raise Conflict(f"Only a completed sale can be voided; this {order.kind} is {order.state}.")
    if order.business_date != business_today(order.location) or order.channel == Order.Channel.HISTORY:
        raise Conflict("Only a sale of today can be voided. Take the goods back instead.")
    drawers = {(one.register_id, one.shift_id) for one in order.payments.all() if one.register_id is not None}
    if order.register_id is not None:
        drawers.add((order.register_id, order.shift_id))
    if not all(_is_running(*drawer) for drawer in sorted(drawers, key=str)):
        raise Conflict("The drawer of this sale was counted. Take the goods back instead.")
    if order.ticket is not None:
        raise Conflict("An exchange cannot be voided. Take the goods back instead.")
    if order.refunds.exists() or order.changes.exists() or order.fulfilments.exists():
        raise Conflict("Something happened to this sale since. Take the goods back instead.")


def _is_running(register_id: UUID, shift_id: UUID | None) -> bool:
    """Whether the shift still runs; its register is held, so that nobody closes it meanwhile."""
    try:
        return enter_drawer(register_id, when=datetime.now(UTC)).shift_id == shift_id
    except NoOpenShift:
        return False


def _reverse_payments(order: Order, now: datetime, actor: Actor) -> list[Payment]:
    made = []
    for payment in order.payments.all():
        reverse = row(order, payment.method, -payment.amount, actor)
        reverse.account_id, reverse.reference = payment.account_id, payment.reference
        reverse.register_id, reverse.shift_id = payment.register_id, payment.shift_id
        reverse.received_at = now
        made.append(reverse)
    return made


def _back(order: Order) -> dict[tuple[UUID, UUID], Change]:
    """The goods of a sale back on the shelf at the cost they left with, or those of a purchase off it."""
    lines: dict[UUID, list[OrderLine]] = defaultdict(list)
    for line in order.lines.all():
        if line.is_stocked and line.variant_id:
            lines[line.variant_id].append(line)
    cause = ("order", order.pk)
    came = came_with(cause) if order.kind == Order.Kind.PURCHASE else {}
    pieces = {} if came else pieces_out([cause])
    return {
        (variant_id, order.location_id): Change(
            on_hand=sum((line.quantity for line in rows), Decimal(0)),
            unit_cost=rows[0].unit_cost,
            serials=came[variant_id].serials if variant_id in came else pieces.get(variant_id, ()),
            lots=came[variant_id].lots if variant_id in came else (),
        )
        for variant_id, rows in lines.items()
    }
