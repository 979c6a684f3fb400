"""Orders that are not finished at the counter: placed now, paid and handed over later, or cancelled."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import entry, record
from core.db.rows import insert_together
from core.errors import Conflict, DomainError, NotFound, ReusedIdentifier, fault, must_be_version, refuse
from core.money import plain_amount
from core.outbox.services import emit_all
from core.retry import with_locks
from core.tenancy.context import current_tenant
from inventory.services.holds import hold, release_held
from inventory.services.naming import hold_named
from orders.errors import NoOpenShift, WrongPayment
from orders.events import OrderCancelled, OrderCreated
from orders.lifecycle import must_be_open
from orders.models import CouponUse, Fulfilment, Order, Payment
from orders.permissions import REFUND, TAKE_ORDERS, VIEW_ORDERS
from orders.selectors.axes import GONE, bump
from orders.selectors.policy import policy
from orders.services.basket import Sale, Tender
from orders.services.buyers import lock_buyer
from orders.services.checkout import Draft, Placed
from orders.services.coupons import give_back_coupons, use_coupons
from orders.services.credit import lock_accounts
from orders.services.drawers import check_cash_has_drawer, check_register, enter_drawer
from orders.services.finishing import finish
from orders.services.given import use_approval
from orders.services.money_back import give_to_accounts, money_back, refunded_events
from orders.services.papers import same_request
from orders.services.points import accounts_of, paid_by_points
from orders.services.promises import check_promise, told_promise
from orders.services.refund_limits import let_back
from orders.services.tenders import charge_accounts, payment_events, payments_of
from orders.services.told_apart import check_named, named_in
from orders.tax import cash_difference

NEEDED = ("name", "address", "city")
"""What a parcel needs to arrive."""


def place_open_order(
    sale: Sale,
    *,
    delivery: Mapping[str, str],
    actor: Actor,
    promised_at: datetime | None = None,
    needs_drawer: bool = False,
) -> Placed:
    """Take an order: priced and taxed now, goods set aside for it, any part of it paid, state open.

    ``delivery["kind"]`` is ``pickup`` or ``delivery`` (then with name, address and city). Payments come to at most the
    total; ``register_id`` is whose drawer takes them. A repeat with the same id and content answers the same order.
    ``promised_at``: by when the goods are ready, or with the customer. ``needs_drawer``: cash must name that register,
    where the place has any.

    Raises:
        Forbidden: the actor may not take orders here, change a price or give such a discount.
        Invalid, NotFound: a line, the delivery, customer or location is wrong; every wrong line is named.
        CouponRefused, PriceChanged, WrongPayment, GiftCardRefused, NotEnoughCredit, NoOpenShift: as at the counter.
        OutOfStock: a line is not there or not free; ``short`` lists every such line.
        SerialRefused, LotExpired: a piece or lot that is named is not here, kept for somebody else, or not to be sold.
        ReusedIdentifier: the id belongs to another order.
        Busy: the locks were not to be had in time.
    """
    actor.require(TAKE_ORDERS, at=sale.location_id)
    promise = {"promised_at": promised_at} if promised_at else {}
    digest = fingerprint({"sale": sale.hash().hex(), "delivery": dict(delivery), **promise})
    try:
        check_delivery(delivery)
        check_promise(promised_at, now=datetime.now(UTC))
        if sale.gift_cards:
            refuse(fault("/gift_cards", "at-once", "Gift cards are sold at once, not ordered."))
        draft = Draft.of(sale, actor, in_parts=True)
        check_named(sale, draft.lines)
        if needs_drawer:
            check_cash_has_drawer(draft.payments, location_id=sale.location_id, register_id=sale.register_id)
    except DomainError as refusal:
        return _twin(sale, digest, actor, refusal)
    order = draft.order
    order.request_hash, order.state, order.delivery = digest, Order.State.OPEN, dict(delivery)
    order.promised_at = promised_at
    order.register_id = None  # its payments go through drawers, each through its own
    return with_locks(lambda: _place(sale, draft, digest, actor))


def check_delivery(delivery: Mapping[str, str]) -> None:
    """Raise `Invalid`, naming what is missing or wrong of how goods get to the customer."""
    kind = delivery.get("kind")
    if kind not in Fulfilment.Kind.values:
        refuse(fault("/delivery/kind", "kind", "Picked up, or delivered."))
    if kind == Fulfilment.Kind.DELIVERY:
        missing = [name for name in NEEDED if not delivery.get(name, "").strip()]
        refuse(
            *(fault(f"/delivery/{name}", "required", "A delivery needs name, address and city.") for name in missing)
        )


def _place(sale: Sale, draft: Draft, digest: bytes, actor: Actor) -> Placed:
    try:
        _write(sale, draft, actor)
    except (IntegrityError, NoOpenShift) as conflict:
        return _twin(sale, digest, actor, conflict)
    return Placed(draft.order, True, draft.lines, draft.payments)


def _twin(sale: Sale, digest: bytes, actor: Actor, conflict: Exception) -> Placed:
    stored = Order.objects.select_related("location", "customer").filter(pk=sale.order_id).first()
    if stored is None:
        if isinstance(conflict, IntegrityError) and sale.payments:
            raise ReusedIdentifier("A payment with this id exists for another order.") from conflict
        raise conflict
    same_request(stored, actor=actor, request_hash=digest, told="This id belongs to an order with other content.")
    return Placed(stored, False, list(stored.lines.all()), list(stored.payments.all()))


@transaction.atomic(durable=True)
def _write(sale: Sale, draft: Draft, actor: Actor) -> None:
    order = draft.order
    if order.customer_id:
        order.customer_id = lock_buyer(order.customer_id)
    if sale.register_id and draft.payments:
        enter_drawer(sale.register_id, when=order.occurred_at).stamp(None, draft.payments)
    told = {"total": (None, order.total), "lines": (None, order.line_count), "state": (None, order.state)}
    insert_together(
        [order],
        draft.lines,
        draft.payments,
        [
            CouponUse(coupon=coupon, order=order, customer_id=order.customer_id, used_at=order.occurred_at)
            for coupon in draft.priced.coupons
        ],
        [
            entry(
                AuditEntry.Action.CREATE,
                actor=actor,
                object_type="order",
                object_id=order.pk,
                object_label=order.number,
                changes=told,
            )
        ],
    )
    use_coupons(draft.priced.coupons, customer_id=order.customer_id)
    if draft.needs_approval:
        use_approval(sale, draft.priced.by_hand, actor=actor)
    charged = charge_accounts(draft.payments, actor=actor)
    units = {key: -delta for key, delta in draft.deltas.items()}
    held = hold(units, cause=("order", order.pk), actor=actor, note=f"Order {order.number}")
    hold_named(named_in(sale, draft.lines), location_id=order.location_id, cause=("order", order.pk))
    created = OrderCreated(
        order_id=order.pk,
        version=order.version,
        number=order.number,
        location_id=order.location_id,
        channel=order.channel,
        currency=order.currency,
        total=order.total,
    )
    promised = [told_promise(order)] if order.promised_at else []
    emit_all([created, *promised, *payment_events(draft.payments, order), *charged, *held], actor=actor)


@dataclass(frozen=True, slots=True)
class Paid:
    """The order, the payment, and whether this call made it."""

    order: Order
    payment: Payment
    is_new: bool


def add_payment(
    order_id: UUID, tender: Tender, *, actor: Actor, register_id: UUID | None = None, needs_drawer: bool = False
) -> Paid:
    """Receive (a part of) what is still due of an open order. The payment's id makes repeats harmless.

    The last payment of an order that is handed over completes it. ``needs_drawer``: cash must name a register, where
    the place has any.

    Raises:
        NotFound: there is no such order, or no such register, here.
        Forbidden: the actor may not take payments here.
        Invalid: amount or method is wrong.
        WrongPayment: more than is due; ``due`` says how much is.
        GiftCardRefused, TooManyAttempts, NotEnoughCredit, NoOpenShift: as at the counter.
        Conflict: the order is not open.
        ReusedIdentifier: the id belongs to another payment.
    """
    order = order_at_hand(order_id, actor)
    if (stored := _same_payment(order, tender, actor)) is not None:
        return Paid(order, stored, False)
    must_be_open(order)
    if tender.amount <= 0:
        refuse(fault("/amount", "positive", "More than zero."))
    if register_id:
        check_register(register_id, location_id=order.location_id)
    left, rounding = _due(order, tender)
    if tender.amount > left:
        _too_much(order, tender, left)
    probe = copy(order)
    probe.cash_rounding = rounding
    payment = payments_of([tender], probe, actor=actor, set_off=order.total + rounding - tender.amount)[0]
    payment.order = order
    if needs_drawer:
        check_cash_has_drawer([payment], location_id=order.location_id, register_id=register_id)
    try:
        return with_locks(lambda: _pay(order_id, tender, payment, register_id, actor))
    except IntegrityError as conflict:
        raise ReusedIdentifier("A payment with this id exists for another order.") from conflict


def order_at_hand(order_id: UUID, actor: Actor, permission: str = TAKE_ORDERS, *, locked: bool = False) -> Order:
    """An order the actor sees and may do this to; raises `NotFound` or `Forbidden`."""
    rows = Order.objects.select_for_update(of=("self",), no_key=True) if locked else Order.objects.all()
    order = rows.select_related("location").filter(pk=order_id).first()
    if order is None or not actor.may(VIEW_ORDERS, at=order.location_id):
        raise NotFound("There is no such order.")
    actor.require(permission, at=order.location_id)
    return order


def _same_payment(order: Order, tender: Tender, actor: Actor) -> Payment | None:
    """The payment that an earlier try made. Raises `ReusedIdentifier` where the id is another payment's."""
    stored = Payment.objects.filter(pk=tender.id).first()
    if stored is None:
        return None
    mine = (stored.order_id, stored.method, stored.amount, stored.tendered, stored.reference, stored.actor_id)
    if mine != (order.pk, tender.method, tender.amount, tender.tendered, tender.reference, actor.id):
        raise ReusedIdentifier("This id belongs to another payment.")
    return stored


def _due(order: Order, tender: Tender) -> tuple[Decimal, Decimal]:
    """What is still due, and the order's cash rounding if this pays the last of it all in cash."""
    paid = list(order.payments.values_list("method", "amount"))
    left = order.total + order.cash_rounding - sum((amount for _, amount in paid), Decimal(0))
    if {tender.method, *(method for method, _ in paid)} == {Payment.Method.CASH}:
        coins = cash_difference(order.total, current_tenant().cash_step) - order.cash_rounding
        if coins and tender.amount == left + coins:
            return left + coins, order.cash_rounding + coins
    return left, order.cash_rounding


def _too_much(order: Order, tender: Tender, left: Decimal) -> None:
    told = {name: plain_amount(x, order.currency) for name, x in (("due", left), ("paid", tender.amount))}
    raise WrongPayment(f"{told['due']} {order.currency} is due, not {told['paid']}.", details=told)


@transaction.atomic(durable=True)
def _pay(order_id: UUID, tender: Tender, payment: Payment, register_id: UUID | None, actor: Actor) -> Paid:
    order = order_at_hand(order_id, actor, locked=True)
    if (stored := _same_payment(order, tender, actor)) is not None:
        return Paid(order, stored, False)
    must_be_open(order)
    left, order.cash_rounding = _due(order, tender)
    if tender.amount > left:
        _too_much(order, tender, left)
    payment.order, payment.received_at = order, datetime.now(UTC)
    if register_id:
        enter_drawer(register_id, when=payment.received_at).stamp(None, [payment])
    payment.save(force_insert=True)
    if payment.account_id is not None:  # the last payment also earns: both accounts are locked in one order
        lock_accounts({payment.account_id} | accounts_of(order.customer_id))
    charged = charge_accounts([payment], actor=actor)
    order.save(update_fields=["cash_rounding"])
    bump(order)
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={"payment": (None, payment.amount), "method": (None, payment.method)},
    )
    emit_all(
        [*payment_events([payment], order), *charged, *finish(order, payment.received_at, actor=actor)], actor=actor
    )
    return Paid(order, payment, True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Why an order is given up. ``cancel_id`` is the client's; ``register_id`` is whose drawer gives the money back.

    ``needs_drawer``: cash must name that register, where the place has any.
    """

    cancel_id: UUID
    reason: str
    register_id: UUID | None = None
    approval_id: UUID | None = None
    version: int | None = None
    needs_drawer: bool = False


def cancel_order(order_id: UUID, wanted: Cancellation, *, actor: Actor) -> tuple[Order, bool]:
    """Give an open order up, of which nothing has left: goods are free, money and coupons go back.

    Money goes back by the ways it came, points as points. Answers the order and whether this call did it; a repeat
    with the same id changes nothing.

    Raises:
        NotFound: there is no such order here.
        Forbidden: the actor may not cancel here, or may not give money back.
        ApprovalNeeded, ApprovalRefused: it is more money than the actor may give back alone.
        Invalid: no reason is given.
        Conflict: the order is not open, or goods of it have left.
        NoOpenShift: the register has no shift.
        StaleVersion: it was changed since ``version``.
    """
    return with_locks(lambda: _cancel(order_id, wanted, actor))


@transaction.atomic(durable=True)
def _cancel(order_id: UUID, wanted: Cancellation, actor: Actor) -> tuple[Order, bool]:
    order = order_at_hand(order_id, actor, locked=True)
    if order.state == Order.State.CANCELLED and order.ended_ref == wanted.cancel_id and order.ended_by_id == actor.id:
        return order, False
    must_be_version(wanted.version, order.version, state=order.state)
    if not wanted.reason.strip():
        refuse(fault("/reason", "required", "Say why."))
    must_be_open(order)
    if order.fulfilments.filter(state__in=GONE).exists():
        raise Conflict("Goods of this order have left. Take them back when it is completed.")
    now = datetime.now(UTC)
    backs = _money_back(order, wanted, now, actor)
    order.fulfilments.exclude(state=Fulfilment.State.CANCELLED).update(
        state=Fulfilment.State.CANCELLED, version=F("version") + 1
    )
    values: dict[str, Any] = {
        "state": Order.State.CANCELLED,
        "version": order.version + 1,
        "ended_at": now,
        "ended_ref": wanted.cancel_id,
        "ended_by_id": actor.id,
        "ended_by_label": actor.label[:200],
    }
    for name, value in values.items():
        setattr(order, name, value)
    order.save(update_fields=list(values))
    Payment.objects.bulk_create(backs)
    give_back_coupons(order.pk)
    give_to_accounts(backs, actor=actor, sale=order, document=order)
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={"state": (Order.State.OPEN.value, order.state), "reason": (None, wanted.reason[:200])},
    )
    cancelled = OrderCancelled(
        order_id=order.pk,
        version=order.version,
        number=order.number,
        location_id=order.location_id,
        currency=order.currency,
        total=order.total,
        reason=wanted.reason[:200],
    )
    emit_all([cancelled, *refunded_events(backs, order), *release_held(cause=("order", order.pk))], actor=actor)
    return order, True


def _money_back(order: Order, wanted: Cancellation, now: datetime, actor: Actor) -> list[Payment]:
    due = sum((payment.amount for payment in order.payments.all()), Decimal(0))
    if not due:
        return []
    actor.require(REFUND, at=order.location_id)
    most = policy().refund_amount
    back = money_back(order, order, due, None, actor=actor, by_points=paid_by_points(order)[0])
    if back.beyond or (most is not None and due > most):
        place, approval = order.location_id, wanted.approval_id
        let_back(order, due, document_id=order.pk, at=place, approval_id=approval, actor=actor)
    backs = back.payments
    for payment in backs:
        payment.received_at, payment.register_id, payment.shift_id = now, None, None
    if wanted.needs_drawer:
        check_cash_has_drawer(backs, location_id=order.location_id, register_id=wanted.register_id)
    if wanted.register_id:
        check_register(wanted.register_id, location_id=order.location_id)
        enter_drawer(wanted.register_id, when=now).stamp(None, backs)
    return backs
