"""Points: earned with a sale, spent as a payment, and both undone with exactly the share that comes back.

A sale earns on what was paid with anything but points. The payment keeps an amount of money, the account the points.
What a refund gives back is split as it was paid: the share that points paid goes back as points, whatever way was asked
for the rest, or points could be turned into cash. Every share is cumulative (`orders.points`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NoReturn
from uuid import UUID, uuid5

from django.db.models import Q, Sum

from core.actors import Actor
from core.errors import Invalid
from core.events import DomainEvent
from core.locations.selectors import business_today
from core.money import plain_decimal
from orders.models import CreditAccount, CreditEntry, Order, Payment
from orders.points import earned_on, part_in_points, points_back, points_for, points_kept
from orders.services.approvals import policy
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
    points = earned_on(_money(payments), limits.points_per_unit)
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


def accounts_of(*customers: UUID | None) -> set[UUID]:
    """The accounts of points that these customers have: for a transaction that locks all its accounts at once."""
    known = [customer for customer in customers if customer is not None]
    if not known:
        return set()
    return set(CreditAccount.objects.filter(customer__in=known, kind=POINTS).values_list("pk", flat=True))


def part_back(sale: Order, back: Decimal, due: Decimal) -> Decimal:
    """How much of ``due`` goes back as points, as an amount of money; ``back`` was given back before. Reads only."""
    by_points, already = _paid_by_points(sale)
    if not by_points:
        return NOTHING
    return part_in_points(by_points, _paid(sale), back + due, sale.currency) - already


def moved_points(order: Order) -> bool:
    """Whether points were earned or spent with a sale."""
    spent = order.payments.filter(method=METHOD).exists()
    return spent or CreditEntry.objects.filter(account__kind=POINTS, reference_id=order.pk).exists()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sale did to its customer's points; ``account_id`` is where they are today (customers are merged)."""

    account_id: UUID
    earned: Decimal
    burnt: Decimal
    lot: CreditEntry | None


def standing_of(sale: Order) -> Standing | None:
    """What a sale earned and burnt, or None if it moved no points. To be called in the transaction that undoes some."""
    if sale.customer_id is None:
        return None
    paid = [pk for pk, method in sale.payments.values_list("pk", "method") if method == METHOD]
    entries = list(CreditEntry.objects.filter(account__kind=POINTS, reference_id__in=[sale.pk, *paid]))
    lot = next((entry for entry in entries if entry.kind == Kind.EARN), None)
    burnt = -sum((entry.amount for entry in entries if entry.kind == Kind.REDEEM), NOTHING)
    if lot is None and not burnt:
        return None
    return Standing(account_for(sale.customer_id, POINTS).pk, lot.amount if lot else NOTHING, burnt, lot)


def settle_back(standing: Standing, sale: Order, document: Order, payments: Sequence[Payment], *, actor: Actor) -> None:
    """Give back the burnt points and take back the earned ones, for a written refund or (the sale itself) a void.

    The account is locked by the caller. The balance may go below zero by earned points that were spent already; those
    that have expired are not taken a second time.
    """
    now = [x for x in payments if x.method == METHOD and x.amount < 0]
    part = -sum((x.amount for x in now), NOTHING)
    paid, (by_points, already) = _paid(sale), _paid_by_points(sale)
    back = paid if document.pk == sale.pk else _paid_back(sale)
    if document.pk == sale.pk:
        by_points, already = part, part
    if now and by_points:
        points = points_back(standing.burnt, by_points, already)
        points -= points_back(standing.burnt, by_points, already - part)
        _give_back(standing, sale, points, now[0].pk, actor)
    if standing.lot is None:
        return
    expire_account(standing.account_id, actor=actor)
    kept = points_kept(standing.earned, paid - by_points, back - already)
    points = max(standing.earned - kept - _expired(standing.lot), NOTHING) - _taken(sale)
    if points > 0:
        take(
            standing.account_id,
            points,
            kind=Kind.REVERSE,
            reference_type="order",
            reference_id=document.pk,
            first=standing.lot.pk,
            may_refuse=False,
            actor=actor,
        )


def _give_back(standing: Standing, sale: Order, points: Decimal, payment_id: UUID, actor: Actor) -> None:
    if points <= 0:
        return
    # As if they had been earned on the day of the sale: nobody makes points last by buying and bringing back.
    last_day = _last_day(sale.business_date, policy().points_expire_days)
    give(
        standing.account_id,
        points,
        kind=Kind.REFUND,
        reference_type="payment",
        reference_id=payment_id,
        expires_on=max(last_day, business_today()) if last_day else None,
        actor=actor,
    )


def _expired(lot: CreditEntry) -> Decimal:
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
    sums = sale.refunds.exclude(state=Order.State.VOIDED).aggregate(total=Sum("total"), rounding=Sum("cash_rounding"))
    return -((sums["total"] or NOTHING) + (sums["rounding"] or NOTHING))


def _paid_by_points(sale: Order) -> tuple[Decimal, Decimal]:
    """How much of a sale points paid, and how much of that is back, as amounts of money."""
    rows = Payment.objects.filter(Q(order=sale) | Q(order__refund_of=sale), method=METHOD)
    amounts = list(rows.values_list("amount", flat=True))
    return sum((x for x in amounts if x > 0), NOTHING), -sum((x for x in amounts if x < 0), NOTHING)


def _paid(sale: Order) -> Decimal:
    return sale.total + sale.cash_rounding


def _money(payments: Sequence[Payment]) -> Decimal:
    return sum((x.amount for x in payments if x.method != METHOD), NOTHING)


def _last_day(day: date, days: int | None) -> date | None:
    return None if days is None else day + timedelta(days=days)


def _account(tender: Tender, order: Order, actor: Actor, pointer: str) -> UUID:
    _cost(tender.amount, f"{pointer}/amount", f"{pointer}/method")
    account = account_of_customer(order.customer_id, POINTS) if order.customer_id else None
    if account is None:
        detail = "This customer has no points." if order.customer_id else "Name the customer."
        _refuse(f"{pointer}/method", "no-points", detail)
    return account.pk


def _cost(amount: Decimal, at_amount: str = "/payments", at_method: str = "/payments") -> Decimal:
    value = policy().point_value
    if not value:
        _refuse(at_method, "no-points", "Points pay nothing in this shop.")
    points = points_for(amount, value)
    if points is None:
        detail = f"A point pays {plain_decimal(value, places=2)}; this is no whole number of them."
        _refuse(at_amount, "whole-points", detail)
    return points


def _refuse(pointer: str, code: str, detail: str) -> NoReturn:
    raise Invalid(detail, details={"errors": [{"pointer": pointer, "code": code, "detail": detail}]})


register_means(Means(METHOD.value, account=_account, cost=_cost))
