"""Points: earned with a sale, spent as a payment, and both undone with exactly the share that comes back.

A sale earns on what was paid for goods with anything but points; gift cards earn when they are spent. The payment
keeps an amount of money, the account the points.
What a refund gives back is split as it was paid: the share that points paid goes back as points, whatever way was asked
for the rest, or points could be turned into cash. Every share is cumulative (`orders.points`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from django.db.models import Q, Sum

from core.actors import Actor
from core.errors import fault, refuse
from core.events import DomainEvent
from core.locations.selectors import business_today
from core.money import plain_decimal
from orders.metrics_base import PAYABLE
from orders.models import CreditAccount, CreditEntry, Order, Payment
from orders.points import earned_on, most_earned, part_in_points, points_back, points_for, points_kept
from orders.selectors.policy import policy
from orders.services.basket import Tender
from orders.services.credit import Charge, account_for, account_of_customer, credit, give, lock_accounts, take
from orders.services.gift_cards import expire_account
from orders.services.tenders import Means, charge_accounts, register_means

POINTS = CreditAccount.Kind.POINTS
METHOD = Payment.Method.POINTS
Kind = CreditEntry.Kind
NOTHING = Decimal(0)


def settle_accounts(order: Order, payments: Sequence[Payment], *, actor: Actor) -> list[DomainEvent]:
    """Take from the accounts what a new sale was paid with, and give its customer the points it earns; once per sale.

    In the sale's transaction, after its rows and before any stock level; answers the events for the caller to emit.
    Asks nothing more for a sale without a customer.

    Raises:
        NotEnoughCredit, GiftCardRefused: as `orders.services.tenders.charge_accounts`.
    """
    if order.customer_id is None:
        return charge_accounts(payments, actor=actor)
    limits = policy()
    points = earned_on(money_in(payments) - order.apart_total, limits.points_per_unit)
    if not points:
        return charge_accounts(payments, actor=actor)
    account = account_for(order.customer_id, POINTS).pk
    lock_accounts({account, *(x.account_id for x in payments if x.account_id is not None)})
    told = charge_accounts(payments, actor=actor)
    _, event = credit(
        Charge(account, points, "order", order.pk),
        kind=Kind.EARN,
        expires_on=_last_day(order.business_date, limits.points_expire_days),
        actor=actor,
    )
    return [*told, event]


def take_back_earned(account_id: UUID, money: Decimal, document: Order, *, actor: Actor) -> None:
    """Take back what ``money`` earns today, where the sale that earned it is not known; the account is locked.

    Rounded up, so that pieces give nothing away; the balance may go below zero.
    """
    points = most_earned(money, policy().points_per_unit)
    if points > 0:
        take(
            account_id,
            points,
            kind=Kind.REVERSE,
            reference_type="order",
            reference_id=document.pk,
            may_refuse=False,
            actor=actor,
        )


def accounts_of(*customers: UUID | None) -> set[UUID]:
    """The accounts of points that these customers have: for a transaction that locks all its accounts at once."""
    known = [customer for customer in customers if customer is not None]
    if not known:
        return set()
    return set(CreditAccount.objects.filter(customer__in=known, kind=POINTS).values_list("pk", flat=True))


def part_back(sale: Order, back: Decimal, due: Decimal) -> Decimal:
    """How much of ``due`` goes back as points, as an amount of money; ``back`` was given back before. Reads only."""
    by_points, already = paid_by_points(sale)
    if not by_points:
        return NOTHING
    return part_in_points(by_points, _paid(sale), back + due, sale.currency) - already


def earn_when_completed(order: Order, *, actor: Actor) -> list[DomainEvent]:
    """Give the customer of an open order what its money earns, when it is completed; answers the events to emit.

    In the transaction that completes it, under the order's lock and before stock is moved.
    """
    if order.customer_id is None:
        return []
    limits = policy()
    points = earned_on(money_in(list(order.payments.all())) - order.apart_total, limits.points_per_unit)
    if not points:
        return []
    _, event = credit(
        Charge(account_for(order.customer_id, POINTS).pk, points, "order", order.pk),
        kind=Kind.EARN,
        expires_on=_last_day(order.business_date, limits.points_expire_days),
        actor=actor,
    )
    return [event]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sale and its changes did to its customer's points; ``account_id`` is where they are today (customers are
    merged). ``lots`` are what was earned; ``expired`` of them were booked out.
    """

    account_id: UUID
    earned: Decimal
    burnt: Decimal
    lots: tuple[CreditEntry, ...]

    @property
    def expired(self) -> Decimal:
        return sum((expired_of(lot) for lot in self.lots), NOTHING)


def standing_of(sale: Order) -> Standing | None:
    """What a sale earned and burnt, or None if it moved no points. To be called in the transaction that undoes some."""
    if sale.customer_id is None:
        return None
    paid = {pk for pk, method in sale.payments.values_list("pk", "method") if method == METHOD}
    causes = [sale.pk, *paid, *sale.changes.values_list("pk", flat=True)]
    entries = list(CreditEntry.objects.filter(account__kind=POINTS, reference_id__in=causes).order_by("id"))
    burnt = -sum((entry.amount for entry in entries if entry.reference_id in paid), NOTHING)
    earned = sum((entry.amount for entry in entries if entry.reference_id not in paid), NOTHING)
    lots = tuple(entry for entry in entries if entry.kind == Kind.EARN)
    if not lots and not burnt:
        return None
    return Standing(account_for(sale.customer_id, POINTS).pk, earned, burnt, lots)


def settle_back(standing: Standing, sale: Order, document: Order, payments: Sequence[Payment], *, actor: Actor) -> None:
    """Give back the burnt points and take back the earned ones, for a written refund or (the sale itself) a void.

    The account is locked by the caller. The balance may go below zero by earned points that were spent already; those
    that have expired are not taken a second time.
    """
    now = [x for x in payments if x.method == METHOD and x.amount < 0]
    part = -sum((x.amount for x in now), NOTHING)
    paid, (by_points, already) = _paid(sale) - sale.apart_total, paid_by_points(sale)
    back = paid if document.pk == sale.pk else _paid_back(sale)
    if document.pk == sale.pk:
        by_points, already = part, part
    if now and by_points:
        points = points_back(standing.burnt, by_points, already)
        points -= points_back(standing.burnt, by_points, already - part)
        _give_back(standing, sale, points, now[0].pk, actor)
    if not standing.lots:
        return
    expire_account(standing.account_id, actor=actor)
    kept = points_kept(standing.earned, paid - by_points, back - already)
    points = max(standing.earned - kept - standing.expired, NOTHING) - _taken(sale)
    if points > 0:
        take(
            standing.account_id,
            points,
            kind=Kind.REVERSE,
            reference_type="order",
            reference_id=document.pk,
            first=standing.lots[0].pk,
            may_refuse=False,
            actor=actor,
        )


def _give_back(standing: Standing, sale: Order, points: Decimal, payment_id: UUID, actor: Actor) -> None:
    if points <= 0:
        return
    give(
        standing.account_id,
        points,
        kind=Kind.REFUND,
        reference_type="payment",
        reference_id=payment_id,
        expires_on=day_of_points(sale),
        actor=actor,
    )


def day_of_points(sale: Order, *, earned_on_day: date | None = None) -> date | None:
    """The last day of points that a sale gives back: as if they had been earned with it, so that nobody makes points
    last by buying and bringing back. ``earned_on_day``: they are earned now.
    """
    last_day = _last_day(earned_on_day or sale.business_date, policy().points_expire_days)
    return max(last_day, business_today()) if last_day else None


def expired_of(lot: CreditEntry) -> Decimal:
    """How many of a lot were booked out because their last day was over."""
    gone = CreditEntry.objects.filter(
        account=lot.account_id, kind=Kind.EXPIRE, reference_id=uuid5(lot.account_id, str(lot.pk))
    )
    return -(gone.aggregate(sum=Sum("amount"))["sum"] or NOTHING)


def _taken(sale: Order) -> Decimal:
    refunds = list(sale.refunds.values_list("pk", flat=True))
    taken = CreditEntry.objects.filter(account__kind=POINTS, kind=Kind.REVERSE, reference_id__in=refunds)
    return -(taken.aggregate(sum=Sum("amount"))["sum"] or NOTHING)


def _paid_back(sale: Order) -> Decimal:
    """What went back for goods; gift cards earned nothing."""
    sums = sale.refunds.exclude(state=Order.State.VOIDED).aggregate(payable=Sum(PAYABLE), apart=Sum("apart_total"))
    return -((sums["payable"] or NOTHING) - (sums["apart"] or NOTHING))


def paid_by_points(sale: Order) -> tuple[Decimal, Decimal]:
    """How much of a sale (as it was changed) points paid, and how much of that refunds gave back, as money."""
    rows = Payment.objects.filter(Q(order=sale) | Q(order__refund_of=sale), method=METHOD)
    found = list(rows.values_list("order_id", "amount"))
    paid = sum((amount for order_id, amount in found if order_id == sale.pk), NOTHING)
    return paid, -sum((amount for order_id, amount in found if order_id != sale.pk), NOTHING)


def _paid(sale: Order) -> Decimal:
    return sale.total + sale.cash_rounding


def money_in(payments: Sequence[Payment]) -> Decimal:
    """What was paid with anything but points."""
    return sum((x.amount for x in payments if x.method != METHOD), NOTHING)


def _last_day(day: date, days: int | None) -> date | None:
    return None if days is None else day + timedelta(days=days)


def _account(tender: Tender, order: Order, actor: Actor, pointer: str) -> UUID:
    _cost(tender.amount, f"{pointer}/amount", f"{pointer}/method")
    account = account_of_customer(order.customer_id, POINTS) if order.customer_id else None
    if account is None:
        detail = "This customer has no points." if order.customer_id else "Name the customer."
        refuse(fault(f"{pointer}/method", "no-points", detail))
        raise AssertionError
    return account.pk


def _cost(amount: Decimal, at_amount: str = "/payments", at_method: str = "/payments") -> Decimal:
    value = policy().point_value
    if not value:
        refuse(fault(at_method, "no-points", "Points pay nothing in this shop."))
    points = points_for(amount, value)
    if points is None:
        detail = f"A point pays {plain_decimal(value, places=2)}; this is no whole number of them."
        refuse(fault(at_amount, "whole-points", detail))
        raise AssertionError
    return points


register_means(Means(METHOD.value, account=_account, cost=_cost, buys_cards=False))
