"""What is taken off by hand: how much it is, and who may."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.actors import Actor
from core.errors import refuse
from core.money import plain_decimal
from core.tenancy.context import current_tenant
from orders.errors import ApprovalNeeded
from orders.models import OrderLine
from orders.permissions import GIVE_DISCOUNT
from orders.selectors.policy import policy
from orders.services.approvals import allowed, approval_for
from orders.services.basket import GivenDiscount, Sale
from orders.services.offers import MOST_COUPONS, Reduced
from orders.tax import gross_amount
from orders.tax.rounding import QUANTITY_PLACES, amount_of, step_of, whole

MOST_MONEY = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class ByHand:
    """What was taken off by hand: the largest part of any line, per cent, and the amount of all."""

    percent: Decimal
    amount: Decimal


def check_stated(sale: Sale) -> None:
    """Raise `Invalid` where a discount by hand cannot be, or too many coupons are shown."""
    errors = []
    given = [(f"/lines/{place}/discount", line.discount) for place, line in enumerate(sale.lines)]
    for pointer, discount in [*given, ("/discount", sale.discount)]:
        if discount is None:
            continue
        most = Decimal(100) if discount.kind == "percent" else MOST_MONEY
        if not 0 < discount.value <= most:
            detail = "More than zero, and at most 100 per cent."
            errors.append({"pointer": f"{pointer}/value", "code": "range", "detail": detail})
    if len(sale.coupons) > MOST_COUPONS:
        errors.append({"pointer": "/coupons", "code": "too-many", "detail": f"At most {MOST_COUPONS} coupons."})
    refuse(*errors)


def check_given(sale: Sale, by_hand: ByHand, actor: Actor) -> bool:
    """Whether what was taken off by hand needs somebody's approval: it is more than the shop allows everybody.

    Raises:
        ApprovalNeeded: it does, and none is named.
    """
    if not by_hand.percent or actor.may(GIVE_DISCOUNT, at=sale.location_id):
        return False
    limit = policy().discount_percent
    if by_hand.percent <= limit:
        return False
    if approval_for(GIVE_DISCOUNT, sale.approval_ids) is None:
        raise ApprovalNeeded(
            f"By hand you may take off {plain_decimal(limit)} %, not {plain_decimal(by_hand.percent)} %.",
            details={
                "permission": GIVE_DISCOUNT,
                "location": str(sale.location_id),
                "subject": None,
                "amount": plain_decimal(by_hand.amount, places=2),
                "allowed_percent": plain_decimal(limit),
                "percent": plain_decimal(by_hand.percent),
            },
        )
    return True


def use_approval(sale: Sale, by_hand: ByHand, *, actor: Actor) -> None:
    """Use the approval of what was taken off by hand, in the transaction of the sale. Raises `ApprovalRefused`."""
    allowed(
        actor,
        GIVE_DISCOUNT,
        at=sale.location_id,
        approval_id=approval_for(GIVE_DISCOUNT, sale.approval_ids),
        act=("order", sale.order_id),
        amount=by_hand.amount,
    )


def by_hand_of(sale: Sale, lines: Sequence[OrderLine], reduced: Reduced) -> ByHand:
    """How much was taken off by hand, and the largest part of any line that it is."""
    taken = (Decimal(step["amount"]) for trace in reduced.traces for step in trace if "by_hand" in step)
    return ByHand(_percent(sale, lines, reduced), -sum(taken, Decimal(0)))


def _percent(sale: Sale, lines: Sequence[OrderLine], reduced: Reduced) -> Decimal:
    """The largest part, per cent, that was taken off any line by hand: on the line, then on the whole order.

    Stated per cents count as they are stated: what rounding to the cent adds is nobody's generosity.
    """
    if sale.discount is None and not any(line.discount for line in sale.lines):
        return Decimal(0)
    tenant = current_tenant()
    step = step_of(tenant.currency, tenant.rounding)  # type: ignore[arg-type]
    before, after_line = [], []
    for line, trace in zip(lines, reduced.traces, strict=True):
        gross = gross_amount(
            whole(line.quantity, QUANTITY_PLACES),
            whole(line.unit_price),
            step=step,
            rounding=tenant.rounding,  # type: ignore[arg-type]
        )
        ruled = sum((Decimal(step["amount"]) for step in trace if "by_hand" not in step), Decimal(0))
        on_line = sum((Decimal(step["amount"]) for step in trace if step.get("by_hand") == "line"), Decimal(0))
        before.append(amount_of(gross) + ruled)
        after_line.append(before[-1] + on_line)
    kept_of_order = 1 - _part(sale.discount, sum(after_line, Decimal(0)))
    kept = [
        (1 - _part(wanted.discount, amount)) * kept_of_order for wanted, amount in zip(sale.lines, before, strict=True)
    ]
    return ((1 - min(kept, default=Decimal(1))) * 100).quantize(Decimal("0.0001"))


def _part(given: GivenDiscount | None, of: Decimal) -> Decimal:
    """What a discount by hand takes of an amount, from 0 to 1."""
    if given is None or not of:
        return Decimal(0)
    return given.value / 100 if given.kind == "percent" else min(Decimal(1), given.value / of)
