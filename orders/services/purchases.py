"""Goods bought from a customer: they come in at what is paid, and the money goes out or is set off against a sale.

A purchase is a document of negative amounts whose lines are no revenue and carry no tax: second-hand goods of a private
person. What tax is due when they are sold under a margin scheme (Directive 2006/112/EC, articles 311 to 343) is not
computed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import ReusedIdentifier, fault, refuse
from core.events import DomainEvent
from core.locations.models import Location
from core.locations.selectors import active_location
from core.money import plain_amount
from core.retry import with_locks
from core.tenancy.context import current_tenant
from inventory.models import StockMovement
from inventory.services.holds import hold_back
from inventory.services.incoming import make_lots
from inventory.services.ledger import Change, lock_levels, move_stock
from inventory.services.naming import Named, hold_named
from inventory.services.reservations import plan_sweep
from orders.errors import PriceChanged
from orders.events import OrderBought
from orders.models import CreditAccount, Order, OrderLine, Payment
from orders.permissions import BUY_BEYOND, BUY_GOODS, SELL
from orders.services.approvals import allowed
from orders.services.buyers import lock_buyer
from orders.services.checkout import ExchangedSale, Placed, part_of_exchange
from orders.services.credit import account_for, give, lock_accounts
from orders.services.drawers import check_cash_has_drawer
from orders.services.money_back import refunded_events, row
from orders.services.papers import new_document, same_request
from orders.services.points import accounts_of
from orders.services.purchase_offers import Offer, Purchase, work_out
from orders.services.returns import through_drawer
from orders.tax import cash_difference


@dataclass(frozen=True, slots=True)
class Bought:
    """The purchase, and the sale of its ticket. ``net`` is what the customer paid, or (negative) got."""

    order: Order
    lines: Sequence[OrderLine]
    payments: Sequence[Payment]
    sale: Placed | None
    net: Decimal
    is_new: bool


def offer_of(wanted: Purchase, *, actor: Actor) -> Offer:
    """What would be paid for the goods; nothing is booked. Raises as `buy_goods`."""
    actor.require(BUY_GOODS, at=wanted.location_id)
    return work_out(wanted, active_location(wanted.location_id), actor=actor)


def buy_goods(wanted: Purchase, *, actor: Actor) -> Bought:
    """Buy goods from a customer and, if there is a sale, sell others in the same ticket: all of it or nothing.

    Safe to repeat with the same id and content. Goods come in at what was paid for them. Of cash alone that is paid out
    the amount must be one that coins can make.

    Raises:
        Forbidden: the actor buys (or sells) nothing here.
        ApprovalNeeded, ApprovalRefused: more than is suggested is paid, and nobody approved it.
        NotFound: there is no such customer, location or register.
        Invalid: a line, the way to pay or the hold is wrong, each named; or cash moves where drawers are counted, and
            no register is named.
        PriceChanged: ``expected_total`` is not what is paid for the goods.
        NoOpenShift: the register has no open shift.
        SerialRefused: a piece came in elsewhere at this very moment.
        ReusedIdentifier: the id belongs to something else.
        And what `place_order` raises, of the sale.
    """
    try:
        bought = with_locks(lambda: _commit(_as_one(wanted), actor))
    except IntegrityError as conflict:
        raise ReusedIdentifier("One of these ids belongs to something else.") from conflict
    if bought.is_new and wanted.hold_days:
        plan_sweep(_held_until(wanted, bought.order.occurred_at))
    return bought


def _as_one(wanted: Purchase) -> Purchase:
    """Both halves are of one customer, at one place, through one drawer."""
    if wanted.sale is None:
        return wanted
    sale = wanted.sale
    if sale.location_id != wanted.location_id:
        refuse(fault("/sale/location", "elsewhere", "Goods are bought where the others are taken."))
    if sale.customer_id not in (None, wanted.customer_id):
        refuse(fault("/sale/customer", "elsewhere", "Both halves are of one customer."))
    if sale.register_id not in (None, wanted.register_id):
        refuse(fault("/sale/register", "elsewhere", "Money goes through one drawer."))
    if sale.occurred_at is not None:
        refuse(fault("/sale/occurred_at", "time", "Both halves happen now."))
    sale = replace(sale, customer_id=wanted.customer_id, register_id=wanted.register_id)
    return replace(wanted, sale=sale)


@transaction.atomic
def _commit(wanted: Purchase, actor: Actor) -> Bought:
    customer_id = lock_buyer(wanted.customer_id)
    stored = Order.objects.filter(pk=wanted.purchase_id).first()
    if stored is not None:
        return _again(stored, wanted, actor)
    actor.require(BUY_GOODS, at=wanted.location_id)
    place = active_location(wanted.location_id)
    offer = work_out(wanted, place, actor=actor)
    _as_expected(wanted, offer.total)
    order = _document(wanted, place, offer, customer_id, actor)
    sale = _sale(wanted, offer.total, actor)
    set_off = sale.set_off if sale else Decimal(0)
    due = offer.total - set_off
    _in_coins(wanted, offer.total, due)
    drawer = through_drawer(order)
    if offer.needs_approval:
        allowed(
            actor,
            BUY_BEYOND,
            at=place.pk,
            approval_id=wanted.approval_id,
            act=("order", order.pk),
            subject=customer_id,
            amount=offer.total,
        )
    payments = [row(order, wanted.pay_by, -due, actor)] if due else []
    if set_off:
        payments.append(row(order, Payment.Method.EXCHANGE, -set_off, actor))
    if drawer is not None:
        drawer.stamp(None, payments)
    moved = [*payments, *(sale.payments if sale else ())]
    check_cash_has_drawer(moved, location_id=place.pk, register_id=wanted.register_id)
    given = _credit(payments, customer_id)
    # Both halves move accounts and stock: all of them are locked in the order of everybody else, before either moves.
    paid = {x.account_id for x in (sale.payments if sale else ()) if x.account_id is not None}
    lock_accounts(given | paid | (accounts_of(customer_id) if sale else set()))
    _write(order, offer.lines, payments, actor)
    until = _held_until(wanted, order.occurred_at) if wanted.hold_days else None
    changes = _changes(order, offer, until, actor)
    lock_levels([*changes, *(sale.keys if sale else ())])
    move_stock(
        deltas=changes,
        kind=StockMovement.Kind.RECEIPT,
        reference_type="order",
        reference_id=order.pk,
        actor=actor,
        occurred_at=order.occurred_at,
        may_refuse=True,  # a piece that somebody else brought in meanwhile is not paid for twice
        reason="bought from a customer",
        told_before=_events(order, payments, until),
    )
    if until is not None:
        hold_named(_named(offer), location_id=place.pk, cause=("order", order.pk))
    placed = sale.write() if sale else None
    net = (sale.due if sale else Decimal(0)) - offer.total
    return Bought(order, offer.lines, payments, placed, net, True)


def _again(stored: Order, wanted: Purchase, actor: Actor) -> Bought:
    told = "This id belongs to an order with other content."
    same_request(stored, actor=actor, request_hash=wanted.hash(), told=told)
    placed, due = None, Decimal(0)
    if wanted.sale is not None:
        sale = Order.objects.select_related("location", "customer").get(pk=wanted.sale.order_id)
        placed = Placed(sale, False, list(sale.lines.all()), list(sale.payments.all()))
        due = sale.total + sale.cash_rounding
    return Bought(stored, list(stored.lines.all()), list(stored.payments.all()), placed, due + stored.total, False)


def _sale(wanted: Purchase, total: Decimal, actor: Actor) -> ExchangedSale | None:
    if wanted.sale is None:
        return None
    actor.require(SELL, at=wanted.location_id)
    in_cash = not wanted.sale.payments and wanted.pay_by == Payment.Method.CASH
    return part_of_exchange(wanted.sale, set_off=total, ticket=wanted.purchase_id, actor=actor, in_cash=in_cash)


def _in_coins(wanted: Purchase, total: Decimal, due: Decimal) -> None:
    """Refuse an amount that cash is part of and no coins make."""
    pays = {tender.method for tender in wanted.sale.payments} if wanted.sale else set()
    in_cash = pays == {Payment.Method.CASH} or bool(due and wanted.pay_by == Payment.Method.CASH)
    if in_cash and cash_difference(total, current_tenant().cash_step):
        refuse(fault("/lines", "coins", "No coins make this amount: pay a little more or less for the goods."))


def _document(wanted: Purchase, place: Location, offer: Offer, customer_id: UUID, actor: Actor) -> Order:
    return new_document(
        order_id=wanted.purchase_id,
        request_hash=wanted.hash(),
        location=place,
        lines=offer.lines,
        actor=actor,
        when=datetime.now(UTC),
        kind=Order.Kind.PURCHASE,
        channel=Order.Channel.COUNTER,
        customer_id=customer_id,
        register_id=wanted.register_id,
        ticket=wanted.purchase_id if wanted.sale else None,
        note=wanted.note.strip()[:300],
    )


def _credit(payments: Sequence[Payment], customer_id: UUID) -> set[UUID]:
    """Name the customer's account where store credit is given; answers the accounts to lock."""
    found = set()
    for payment in payments:
        if payment.method == Payment.Method.CREDIT:
            payment.account_id = account_for(customer_id, CreditAccount.Kind.CREDIT).pk
            found.add(payment.account_id)
    return found


def _write(order: Order, lines: Sequence[OrderLine], payments: Sequence[Payment], actor: Actor) -> None:
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(lines)
    Payment.objects.bulk_create(payments)
    record(
        AuditEntry.Action.CREATE,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={"bought": (None, True), "total": (None, order.total), "lines": (None, order.line_count)},
    )
    for payment in payments:
        if payment.account_id is not None:
            give(payment.account_id, -payment.amount, reference_type="payment", reference_id=payment.pk, actor=actor)


def _named(offer: Offer) -> Named:
    """The pieces and lots that come in, for who holds them back."""
    return Named(
        {one.variant.pk: one.serials for one in offer.stated if one.serials},
        {(one.variant.pk, code): units for one in offer.stated for code, units in one.lots.items()},
    )


def _changes(order: Order, offer: Offer, until: datetime | None, actor: Actor) -> dict[tuple[UUID, UUID], Change]:
    """What comes in, by variant: at what was paid for all of it, and not for sale before ``until``.

    Lots that are new are made here: before the stock levels are locked.
    """
    units: dict[tuple[UUID, UUID], Decimal] = {}
    paid: dict[tuple[UUID, UUID], Decimal] = {}
    for line in offer.lines:
        if line.variant_id:
            key = (line.variant_id, order.location_id)
            units[key] = units.get(key, Decimal(0)) - line.quantity
            paid[key] = paid.get(key, Decimal(0)) - line.total
    held: dict[UUID, Decimal] = {}
    if until is not None:
        held = hold_back(units, until=until, cause=("order", order.pk), actor=actor, note=f"Bought, {order.number}")
    lots, told = make_lots(offer.stated), {one.variant.pk: one for one in offer.stated}
    return {
        key: Change(
            on_hand=quantity,
            reserved=held.get(key[0], Decimal(0)),
            unit_cost=(paid[key] / quantity).quantize(Decimal("0.0001")),
            lots=tuple((lots[key[0], code], part) for code, part in told[key[0]].lots.items()),
            serials=tuple(told[key[0]].serials),
        )
        for key, quantity in units.items()
    }


def _events(order: Order, payments: Sequence[Payment], until: datetime | None) -> list[DomainEvent]:
    assert order.customer_id is not None
    bought = OrderBought(
        order_id=order.pk,
        version=order.version,
        number=order.number,
        ticket=order.ticket,
        customer_id=order.customer_id,
        location_id=order.location_id,
        currency=order.currency,
        total=order.total,
        lines=order.line_count,
        held_until=until,
        business_date=order.business_date,
    )
    return [bought, *refunded_events(payments, order)]


def _held_until(wanted: Purchase, since: datetime) -> datetime:
    return since + timedelta(days=wanted.hold_days)


def _as_expected(wanted: Purchase, total: Decimal) -> None:
    if wanted.expected_total is None or wanted.expected_total == total:
        return
    currency = current_tenant().currency
    told = {name: plain_amount(x, currency) for name, x in (("due", total), ("expected", wanted.expected_total))}
    raise PriceChanged(f"{told['due']} is to be paid, not {told['expected']}.", details=told)
