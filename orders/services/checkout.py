"""Sell a basket, or sell nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import entry
from core.db.rows import insert_together
from core.errors import DomainError, NotFound, ReusedIdentifier, fault, refuse
from core.events import DomainEvent
from core.ids import reference
from core.locations.selectors import active_location, business_date, can_have_happened
from core.money import plain_amount
from core.retry import with_locks
from core.tenancy.context import current_tenant
from inventory.models import StockMovement
from inventory.services.ledger import move_stock
from orders.errors import NoOpenShift, PriceChanged
from orders.events import OrderCompleted, OrderCreated
from orders.models import CouponUse, GiftCard, Order, OrderLine, Payment
from orders.permissions import OVERSELL, SELL
from orders.services.basket import BasketLine, CardSold, GivenDiscount, Sale, Tender
from orders.services.buyers import lock_buyer
from orders.services.cards_sold import card_lines, check_cards, codes_of, fill_cards, new_cards
from orders.services.coupons import refuse_coupons, use_coupons
from orders.services.drawers import check_register, enter_drawer, settle_drawer
from orders.services.given import check_given, use_approval
from orders.services.papers import apart_of
from orders.services.points import settle_accounts
from orders.services.pricing import Priced, price_lines
from orders.services.tenders import payment_events, payments_of
from orders.services.told_apart import goods_of, let_expired_go
from orders.tax import cash_difference

__all__ = ["BasketLine", "CardSold", "GivenDiscount", "Placed", "Sale", "Tender", "place_order"]

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Placed:
    """The order with its rows, and whether this call made it (False: it was there already).

    ``codes`` of the gift cards sold, by their ids: there once, for whoever sold them.
    """

    order: Order
    is_new: bool
    lines: Sequence[OrderLine]
    payments: Sequence[Payment]
    codes: Mapping[UUID, str] = field(default_factory=dict)


def place_order(sale: Sale, *, actor: Actor) -> Placed:
    """Sell a basket from one location: order, payments, stock, audit and events in one transaction, or nothing.

    Safe to repeat: the same ``order_id`` with the same content gives the order it already made. Lines of one variant
    may stand several times; stock is moved once per variant. Gift cards that are sold hold what was paid for them.

    Raises:
        Forbidden: the actor may not sell here, change a price, or sell below zero.
        Invalid, NotFound: a line, price, time, customer or location is wrong; every wrong line is named.
        CouponRefused: a coupon does not hold (any more) for this sale.
        PriceChanged: ``expected_total`` is not the total.
        WrongPayment: the payments do not come to the total.
        GiftCardRefused, TooManyAttempts, NotEnoughCredit: a gift card or store credit or points do not pay it.
        NoOpenShift: the register has no shift for it.
        OutOfStock: a line cannot be covered; ``short`` lists every such line.
        ApprovalNeeded, ApprovalRefused: a discount by hand, or ``accept_expired``, takes somebody's consent.
        LotExpired, SerialRefused, ReservationOver: a lot, a piece or goods set aside cannot be sold (any more).
        ReusedIdentifier: the id belongs to another sale.
        Busy: the locks were not to be had in time.
    """
    actor.require(SELL, at=sale.location_id)
    try:
        draft = Draft.of(sale, actor)
    except DomainError as refusal:
        # What was possible at the first try may be refused now (a price has changed): a repeat still gets its order.
        return _twin(sale, actor, refusal)
    return with_locks(lambda: _place(sale, draft, actor))


@dataclass(frozen=True, slots=True)
class Draft:
    """The order as computed before the transaction: nothing slow happens under a lock."""

    order: Order
    lines: list[OrderLine]
    payments: list[Payment]
    deltas: dict[tuple[UUID, UUID], Decimal]
    may_refuse: bool
    priced: Priced
    needs_approval: bool
    cards: list[GiftCard]
    codes: dict[UUID, str]

    @classmethod
    def of(
        cls,
        sale: Sale,
        actor: Actor,
        *,
        set_off: Decimal = Decimal(0),
        in_parts: bool = False,
        in_cash: bool = False,
    ) -> "Draft":
        """``in_parts``: the payments may come to less than the total; the rest is paid later. ``in_cash``: what of it
        is money is cash, also where no payment says so.
        """
        location = active_location(sale.location_id)
        tenant = current_tenant()
        now = datetime.now(UTC)
        when = sale.occurred_at or now
        check_sale(sale, now=now, when=when)
        if sale.register_id:
            check_register(sale.register_id, location_id=location.pk)
        priced = price_lines(sale, actor, when=when)
        refuse_coupons(priced.why_not)
        needs_approval = check_given(sale, priced.by_hand, actor)
        codes = codes_of(sale.gift_cards)
        lines = [*priced.lines, *card_lines(sale.gift_cards, after=len(priced.lines), codes=codes)]
        total = sum((line.total for line in lines), Decimal(0))
        if sale.expected_total is not None and sale.expected_total != total:
            told = {
                "total": plain_amount(total, tenant.currency),
                "expected_total": plain_amount(sale.expected_total, tenant.currency),
            }
            raise PriceChanged(
                f"The total is {told['total']} {tenant.currency}, not {told['expected_total']}.", details=told
            )
        if sale.accept_shortage:
            actor.require(OVERSELL, at=location.pk)
        order = Order(
            id=sale.order_id,
            request_hash=sale.hash(),
            number=reference(sale.order_id),
            channel=sale.channel,
            location=location,
            customer_id=sale.customer_id,
            register_id=sale.register_id,
            currency=tenant.currency,
            prices_include_tax=tenant.prices_include_tax,
            rounding=tenant.rounding,
            tax_by_document=tenant.tax_by_document,
            cash_rounding=Decimal(0) if in_parts else cash_rounding_of(sale, total, in_cash=in_cash),
            discounts=priced.discounts,
            discount_total=sum((line.discount for line in lines), Decimal(0)),
            subtotal=sum((line.net for line in lines), Decimal(0)),
            tax_total=sum((line.tax for line in lines), Decimal(0)),
            total=total,
            apart_total=apart_of(lines),
            items=sum((line.quantity for line in lines if line.is_stocked), Decimal(0)),
            line_count=len(lines),
            created_by_kind=actor.kind,
            created_by_id=actor.id,
            created_by_label=actor.label[:200],
            note=sale.note,
            business_date=business_date(when, location),
            occurred_at=when,
        )
        deltas: dict[tuple[UUID, UUID], Decimal] = defaultdict(Decimal)
        for line in lines:
            line.order = order
            if line.is_stocked and line.variant_id:
                deltas[line.variant_id, location.pk] -= line.quantity
        may_refuse = not (location.sells_below_zero or sale.accept_shortage)
        if in_parts:
            set_off = max(total - sum((tender.amount for tender in sale.payments), Decimal(0)), Decimal(0))
        payments = payments_of(sale.payments, order, actor=actor, set_off=set_off)
        cards = new_cards(sale, order, codes, actor=actor)
        return cls(order, lines, payments, dict(deltas), may_refuse, priced, needs_approval, cards, codes)


def cash_rounding_of(sale: Sale, total: Decimal, *, in_cash: bool = False) -> Decimal:
    """What is paid more or less than the total because everything is paid in coins that are not that small."""
    only_cash = in_cash or {tender.method for tender in sale.payments} == {Payment.Method.CASH}
    return cash_difference(total, current_tenant().cash_step) if only_cash else Decimal(0)


def check_sale(sale: Sale, *, now: datetime, when: datetime) -> None:
    """Raise `Invalid`, naming every line that cannot be."""
    errors = []
    if not sale.lines and not sale.gift_cards:
        errors.append(fault("/lines", "empty", "There is nothing in the basket."))
    if len(sale.lines) > MOST_LINES:
        errors.append(fault("/lines", "too-many", f"At most {MOST_LINES} lines."))
    for place, line in enumerate(sale.lines):
        if line.quantity <= 0:
            errors.append(fault(f"/lines/{place}/quantity", "positive", "More than zero."))
    if not can_have_happened(when, now=now):
        errors.append(fault("/occurred_at", "time", "This time cannot be right."))
    refuse(*errors, *check_cards(sale))


def _place(sale: Sale, draft: Draft, actor: Actor) -> Placed:
    try:
        _commit(sale, draft, actor)
    except (IntegrityError, NoOpenShift) as conflict:
        # The insert waited for a twin in flight; what it made is committed now, and this transaction is gone. Or the
        # shift has been closed since the first try.
        return _twin(sale, actor, conflict)
    return Placed(draft.order, True, draft.lines, draft.payments, draft.codes)


def _twin(sale: Sale, actor: Actor, conflict: Exception) -> Placed:
    """The order an earlier try made, or else ``conflict``.

    Raises `ReusedIdentifier` for an id that was used for something else, `NotFound` for somebody else's.
    """
    stored = Order.objects.select_related("location", "customer").filter(pk=sale.order_id).first()
    if stored is None:
        if isinstance(conflict, IntegrityError) and _some_exist(sale.payments):
            raise ReusedIdentifier("A payment with this id exists for another order.") from conflict
        if isinstance(conflict, IntegrityError) and sale.gift_cards:
            raise ReusedIdentifier("A gift card with this id or code exists already.") from conflict
        raise conflict
    if stored.created_by_id != actor.id:
        raise NotFound("There is no such order.") from conflict
    if bytes(stored.request_hash or b"") != sale.hash():
        raise ReusedIdentifier("This id belongs to a sale with other content.") from conflict
    return Placed(stored, False, list(stored.lines.all()), list(stored.payments.all()))


def _some_exist(payments: Sequence[Tender]) -> bool:
    return Payment.objects.filter(pk__in=[tender.id for tender in payments]).exists()


def write_sale(sale: Sale, draft: Draft, actor: Actor) -> None:
    """What the transaction does: own row and its shift first, then coupons and accounts, the hot stock rows last."""
    order = draft.order
    if order.customer_id:
        order.customer_id = lock_buyer(order.customer_id)
    drawer = None
    if order.register_id:
        drawer = enter_drawer(order.register_id, when=order.occurred_at, or_next=sale.may_wait_for_shift)
        drawer.stamp(order, draft.payments)
    insert_together(
        [order],
        [card.account for card in draft.cards],
        draft.cards,
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
                changes={"total": (None, order.total), "lines": (None, order.line_count)},
            )
        ],
    )
    use_coupons(draft.priced.coupons, customer_id=order.customer_id)
    if draft.needs_approval:
        use_approval(sale, draft.priced.by_hand, actor=actor)
    if sale.accept_expired:
        let_expired_go(
            order.pk, order.number, location_id=sale.location_id, approval_ids=sale.approval_ids, actor=actor
        )
    also = [
        *settle_drawer(drawer, order, actor=actor),
        *settle_accounts(order, draft.payments, actor=actor),
        *fill_cards(draft.cards, draft.lines, actor=actor),
    ]
    moved = move_stock(
        deltas=goods_of(sale, draft.lines, draft.deltas, may_refuse=draft.may_refuse),
        kind=StockMovement.Kind.SALE,
        reference_type="order",
        reference_id=order.pk,
        actor=actor,
        occurred_at=order.occurred_at,
        may_refuse=draft.may_refuse,
        told_before=[*_events(draft), *also],
    )
    _freeze_costs(draft, {row.variant_id: row.unit_cost for row in moved})


_commit = transaction.atomic(durable=True)(write_sale)


@dataclass(frozen=True, slots=True)
class ExchangedSale:
    """The sale of an exchange, priced and not written; ``set_off`` of what is ``due`` is paid by what came back."""

    sale: Sale
    draft: Draft
    actor: Actor
    set_off: Decimal

    @property
    def due(self) -> Decimal:
        return self.draft.order.total + self.draft.order.cash_rounding

    @property
    def payments(self) -> Sequence[Payment]:
        return self.draft.payments

    @property
    def keys(self) -> list[tuple[UUID, UUID]]:
        return list(self.draft.deltas)

    def write(self) -> Placed:
        """Write it, in the transaction of the exchange."""
        write_sale(self.sale, self.draft, self.actor)
        draft = self.draft
        return Placed(draft.order, True, draft.lines, draft.payments, draft.codes)


def part_of_exchange(
    sale: Sale, *, set_off: Decimal, ticket: UUID, actor: Actor, in_cash: bool = False
) -> ExchangedSale:
    """Price a sale of which up to ``set_off`` is paid by goods that come back. Raises as `place_order`."""
    draft = Draft.of(sale, actor, set_off=set_off, in_cash=in_cash)
    order = draft.order
    order.ticket = ticket
    used = order.total + order.cash_rounding - sum((payment.amount for payment in draft.payments), Decimal(0))
    if used:
        draft.payments.append(
            Payment(
                order=order,
                method=Payment.Method.EXCHANGE,
                currency=order.currency,
                amount=used,
                actor_id=actor.id,
                actor_label=actor.label[:200],
                received_at=order.occurred_at,
            )
        )
    return ExchangedSale(sale, draft, actor, used)


def _freeze_costs(draft: Draft, costs: Mapping[UUID, Decimal | None]) -> None:
    """The line's cost is the ledger's. They differ only if goods came in between our look and our lock."""
    for line in draft.lines:
        cost = costs.get(line.variant_id, line.unit_cost) if line.variant_id else line.unit_cost
        if cost != line.unit_cost:
            line.unit_cost = cost
            draft.order.lines.filter(position=line.position).update(unit_cost=cost)


def _events(draft: Draft) -> list[DomainEvent]:
    order = draft.order
    common: dict[str, Any] = {
        "order_id": order.pk,
        "version": order.version,
        "number": order.number,
        "location_id": order.location_id,
        "channel": order.channel,
        "currency": order.currency,
        "total": order.total,
    }
    return [
        OrderCreated(**common),
        *payment_events(draft.payments, order),
        OrderCompleted(
            **common,
            tax_total=order.tax_total,
            items=order.items,
            lines=order.line_count,
            business_date=order.business_date,
        ),
    ]
