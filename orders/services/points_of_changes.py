"""Points of a sale that is changed: what the difference earns, burns, takes back and gives back, and the exact undoing.

A change that costs more earns on the money that is added. One that costs less is a return in small: it is split as the
sale was paid, and what the part had earned is taken back. Taking a change back repeats each of its movements with the
other sign, whatever points are worth by then, so that changing to and fro makes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from core.actors import Actor
from core.locations.selectors import business_today
from orders.models import CreditEntry, Order, OrderChange, Payment
from orders.points import earned_on, part_in_points, points_back, points_kept
from orders.selectors.policy import policy
from orders.services.credit import account_for, give, lock_accounts, take
from orders.services.gift_cards import expire_account
from orders.services.points import (
    METHOD,
    NOTHING,
    POINTS,
    day_of_points,
    expired_of,
    money_in,
    paid_by_points,
    standing_of,
)

Kind = CreditEntry.Kind
DONE, UNDONE = "order_change", "change_undone"
"""What the ledger names as the cause: a change, and its being taken back."""


@dataclass(frozen=True, slots=True)
class PointsPart:
    """What points have in a change. Positive goes back to the customer, negative is taken (again).

    ``amount``: of the difference, as money; ``points``: so many of them; ``earned``: what the customer earns, or
    (negative) has to give back; None: what the money that is paid now earns.
    """

    amount: Decimal = NOTHING
    points: Decimal = NOTHING
    earned: Decimal | None = NOTHING


def points_part(order: Order, change: OrderChange, *, undo: bool) -> PointsPart:
    """What points will have in a change, to be asked under the order's lock and before its lines are rewritten."""
    if order.customer_id is None:
        return PointsPart()
    if undo:
        return _opposite(order, change)
    if change.difference >= 0:
        return PointsPart(earned=None)
    standing = standing_of(order)
    if standing is None:
        return PointsPart()
    paid, by_points = order.total + order.cash_rounding, paid_by_points(order)[0]
    part = part_in_points(by_points, paid, -change.difference, order.currency) if by_points else NOTHING
    kept = points_kept(standing.earned, paid - order.apart_total - by_points, -change.difference - part)
    return PointsPart(
        part,
        points_back(standing.burnt, by_points, part) if part else NOTHING,
        -max(standing.earned - kept - standing.expired, NOTHING),
    )


def points_part_of_open(order: Order, change: OrderChange, *, undo: bool) -> PointsPart:
    """What goes back as points of what a change leaves paid too much of an open order: the share that points paid.

    It has earned nothing yet, and what is more is paid later, so nothing is taken again. By the rule of returns: any
    number of changes gives back exactly what points paid, in the end. Asked under the order's lock, before its lines
    are rewritten.
    """
    difference = -change.difference if undo else change.difference
    there = sum((payment.amount for payment in order.payments.all()), NOTHING)
    over = there - (order.total + order.cash_rounding + difference)
    by_points = paid_by_points(order)[0]
    standing = standing_of(order) if over > 0 and by_points > 0 else None
    if standing is None:
        return PointsPart()
    part = part_in_points(by_points, there, over, order.currency)
    return PointsPart(part, points_back(standing.burnt, by_points, part)) if part else PointsPart()


def _opposite(order: Order, change: OrderChange) -> PointsPart:
    if change.applied_at is None:
        return PointsPart()
    rows = dict(order.payments.filter(method=METHOD, received_at=change.applied_at).values_list("pk", "amount"))
    moved = CreditEntry.objects.filter(account__kind=POINTS, reference_id__in=rows)
    points = moved.aggregate(sum=Sum("amount"))["sum"] or NOTHING
    lots = list(CreditEntry.objects.filter(account__kind=POINTS, reference_type=DONE, reference_id=change.pk))
    gone = sum((expired_of(lot) for lot in lots if lot.kind == Kind.EARN), NOTHING)
    return PointsPart(sum(rows.values(), NOTHING), -points, -sum((lot.amount for lot in lots), NOTHING) + gone)


def settle_points_of_change(
    order: Order, change: OrderChange, part: PointsPart, payments: Sequence[Payment], *, undo: bool, actor: Actor
) -> None:
    """Book what points have in a change, in its transaction, after its payments and before stock is moved.

    Raises:
        NotEnoughCredit: points that are to be taken again were spent.
    """
    if order.customer_id is None:
        return
    earned = part.earned
    if earned is None:
        earned = earned_on(money_in(payments), policy().points_per_unit)
    if not (part.points or earned):
        return
    account = account_for(order.customer_id, POINTS).pk
    lock_accounts({account})
    # What points have in a change by themselves names no account; what somebody paid with points does, and is charged.
    row = next((x for x in payments if x.method == METHOD and x.account_id is None), None)
    cause = {"reference_type": UNDONE if undo else DONE, "reference_id": change.pk}
    if part.points > 0 and row is not None:
        day = day_of_points(order)
        give(account, part.points, reference_type="payment", reference_id=row.pk, expires_on=day, actor=actor)
    if part.points < 0 and row is not None:
        take(account, -part.points, reference_type="payment", reference_id=row.pk, actor=actor)
    if earned > 0:
        day = day_of_points(order) if undo else day_of_points(order, earned_on_day=business_today())
        give(account, earned, kind=Kind.EARN, expires_on=day, actor=actor, **cause)  # type: ignore[arg-type]
    if earned < 0:
        expire_account(account, actor=actor)
        take(account, -earned, kind=Kind.REVERSE, may_refuse=False, actor=actor, **cause)  # type: ignore[arg-type]
