"""Goods for goods: a refund and a sale of one ticket, in one transaction, and one amount to pay or to give back."""

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.errors import ReusedIdentifier, fault, refuse
from core.locations.selectors import active_location
from core.retry import with_locks
from inventory.services.ledger import lock_levels
from orders.models import Order, Payment
from orders.permissions import REFUND, SELL
from orders.services.basket import Sale
from orders.services.cards_sold import accounts_of_cards, cards_in
from orders.services.checkout import Placed, part_of_exchange
from orders.services.credit import lock_accounts
from orders.services.drawers import check_cash_has_drawer
from orders.services.goods_back import changes_of
from orders.services.money_back import money_back, row
from orders.services.papers import same_request
from orders.services.points import accounts_of
from orders.services.returns import (
    Refunded,
    Return,
    book,
    draft_of,
    locked_sale,
    must_be_allowed,
    only_cash,
    through_drawer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What comes back and what the customer takes instead. ``returned.refund_id`` and ``sale.order_id`` are the
    client's; ``returned.payments`` is what is given back, ``sale.payments`` what is paid, of the net amount.
    """

    ticket: UUID
    returned: Return
    sale: Sale


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Both documents. ``net`` is what the customer paid, or (negative) got back."""

    refund: Refunded
    sale: Placed
    net: Decimal
    is_new: bool


def exchange(wanted: Exchange, *, actor: Actor) -> Exchanged:
    """Take goods back and sell others, all or nothing; a repeat answers both documents again.

    What one sets off against the other is a payment ``exchange`` in both, with opposite signs. Where the net is cash
    alone, both halves are rounded to coins, and so is what lies between them.

    Raises:
        As `orders.services.returns.return_goods` and `orders.services.checkout.place_order`. ``WrongPayment``: the
        payments do not come to the net amount.
    """
    try:
        return with_locks(lambda: _commit(wanted, actor))
    except IntegrityError as conflict:
        raise ReusedIdentifier("One of these ids belongs to something else.") from conflict


@transaction.atomic
def _commit(wanted: Exchange, actor: Actor) -> Exchanged:
    back = wanted.returned
    origin = locked_sale(back.order_id, actor)
    stored = Order.objects.filter(pk=back.refund_id).first()
    if stored is not None:
        return _again(stored, wanted, actor)
    _check(wanted)
    place = active_location(wanted.sale.location_id)
    actor.require(REFUND, at=place.pk)
    actor.require(SELL, at=place.pk)
    in_cash = _is_in_cash(wanted, origin)
    here = replace(back, location_id=place.pk, register_id=wanted.sale.register_id)
    way = Payment.Method.CASH if in_cash else Payment.Method.CARD  # rounded to coins with the other half, or not at all
    draft = draft_of(replace(here, payments=None, by_method=way.value), origin, place, actor)
    draft.order.request_hash = back.hash()
    sale = part_of_exchange(
        wanted.sale, set_off=draft.due - draft.by_points, ticket=wanted.ticket, in_cash=in_cash, actor=actor
    )
    draft.order.ticket = wanted.ticket
    drawer = through_drawer(draft.order)
    due = draft.due - sale.set_off
    given = money_back(draft.order, origin, due, back.payments, actor=actor, by_points=draft.by_points)
    must_be_allowed(draft, back, beyond=given.beyond, actor=actor)
    payments = given.payments
    if sale.set_off:
        payments.append(row(draft.order, Payment.Method.EXCHANGE, -sale.set_off, actor))
    if back.needs_drawer:
        moved = [*payments, *sale.payments]
        check_cash_has_drawer(moved, location_id=place.pk, register_id=wanted.sale.register_id)
    # Both halves move accounts and stock: all of them are locked in the order of everybody else, before either moves.
    paid = {x.account_id for x in [*payments, *sale.payments] if x.account_id is not None}
    points = accounts_of(origin.customer_id, wanted.sale.customer_id)
    lock_accounts(paid | points | accounts_of_cards(cards_in(draft.lines)))
    levels = [*sale.keys, *changes_of(draft.lines, place.pk)]
    if levels:
        lock_levels(levels)
    refund = book(draft, payments, drawer, actor)
    return Exchanged(refund, sale.write(), sale.due - draft.due, True)


def _is_in_cash(wanted: Exchange, origin: Order) -> bool:
    """Whether the net amount is cash alone: then both halves are rounded to coins, and so is what lies between them."""
    if not wanted.sale.payments and wanted.returned.payments is None:
        return only_cash(wanted.returned, origin)
    methods = {tender.method for tender in (*wanted.sale.payments, *(wanted.returned.payments or ()))}
    return methods == {Payment.Method.CASH}


def _check(wanted: Exchange) -> None:
    if wanted.returned.location_id not in (None, wanted.sale.location_id):
        refuse(fault("/returned/location", "elsewhere", "Goods come back where the others are taken."))
    if wanted.returned.register_id not in (None, wanted.sale.register_id):
        refuse(fault("/returned/register", "elsewhere", "Money goes through one drawer."))


def _again(stored: Order, wanted: Exchange, actor: Actor) -> Exchanged:
    told = "This id belongs to an order with other content."
    same_request(stored, actor=actor, request_hash=wanted.returned.hash(), told=told)
    sale = Order.objects.filter(pk=wanted.sale.order_id).select_related("location", "customer").first()
    if sale is None or sale.ticket != wanted.ticket or stored.ticket != wanted.ticket:
        raise ReusedIdentifier(told)
    same_request(sale, actor=actor, request_hash=wanted.sale.hash(), told=told)
    refund = Refunded(stored, False, list(stored.lines.all()), list(stored.payments.all()))
    placed = Placed(sale, False, list(sale.lines.all()), list(sale.payments.all()))
    net = sale.payable + stored.payable
    return Exchanged(refund, placed, net, False)
