"""Returns and customers of a till that was away: what happened is booked, what it lacked is said."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import IntegrityError, transaction

from core.errors import Conflict
from core.money import plain_amount
from core.sync.facts import by_author
from core.sync.registry import Doubt, Item, Outcome
from orders.errors import ApprovalNeeded, ApprovalRefused, NoOpenShift, PriceChanged
from orders.models import Order, ShiftAmendment
from orders.services.away_limits import beyond_away
from orders.services.customers import Agreement, Known, create_customer
from orders.services.late_cash import cash_of, waits_for_shift, while_shut
from orders.services.returns import Refunded, Return, return_goods


def take_return(wanted: Return, item: Item, *, receipt_number: str = "", paid_out_because: str = "") -> Outcome:
    """Book goods that came back, as of when they did, in the transaction of the item.

    Of a sale that the server has by now (the till sends in order). What it comes to is computed here; a till that gave
    back another amount than it shows, or more than is left of the sale, is kept for a person; who settles it takes the
    amount as it was, ``paid_out_because`` of what.

    Raises:
        NotFound, Invalid, WrongPayment and what else `return_goods` raises to somebody who may do everything.
    """
    doubts: list[Doubt] = []
    stated = replace(wanted, occurred_at=item.occurred_at, paid_out_because=paid_out_because)
    if paid_out_because:
        stated = replace(stated, expected_total=None)
    try:
        with transaction.atomic():
            done, more = _returned(stated, item)
    except NoOpenShift:
        done, more = _returned(replace(stated, may_wait_for_shift=True), item)
        cash = cash_of(done.payments)
        doubts.append(waits_for_shift(cash, register_id=wanted.register_id, currency=done.order.currency))
    except PriceChanged as refusal:
        doubts.append(Doubt(kind="price", sentence=f"Of a return: {refusal.detail}"))
        done, more = _returned(replace(stated, expected_total=None), item)
    order = done.order
    if receipt_number and not order.receipt_number:
        doubts += _numbered(order, receipt_number)
    late = [replace(one, kind="late-return", at_risk=-order.total) for one in more]
    late += beyond_away({"away_return": -order.total})
    if order.shift_id and ShiftAmendment.objects.filter(order_id=order.pk).exists():
        said = "Its shift was closed before it came; the report has an amendment."
        late.append(Doubt(kind="closed-shift", sentence=said, at_risk=-order.total))
    elif (doubt := while_shut(order, cash_of(done.payments))) is not None:
        late.append(doubt)
    return Outcome(
        object_type="order",
        object_id=order.pk,
        label=order.number,
        location_id=order.location_id,
        answer={
            "order": str(order.pk),
            "number": order.number,
            "receipt_number": order.receipt_number,
            "total": plain_amount(order.total, order.currency),
        },
        doubts=[*doubts, *late] if done.is_new else [],
        is_new=done.is_new,
        total=abs(order.total),
    )


def _numbered(order: Order, number: str) -> list[Doubt]:
    """Keep the number that was printed for the customer; one that another paper has is told."""
    try:
        with transaction.atomic():
            Order.objects.filter(pk=order.pk).update(receipt_number=number)
    except IntegrityError:
        said = f"Receipt number {number} was printed for something else, too."
        return [Doubt(kind="receipt-number", sentence=said)]
    order.receipt_number = number
    return []


def _returned(wanted: Return, item: Item) -> tuple[Refunded, list[Doubt]]:
    return by_author(item, lambda actor: return_goods(wanted, actor=actor), wanting=(ApprovalNeeded, ApprovalRefused))


def take_customer(
    customer_id: UUID,
    item: Item,
    *,
    values: dict[str, str],
    groups: Sequence[UUID] = (),
    codes: Sequence[str] = (),
    agreements: Sequence[Agreement] = (),
) -> tuple[Known, list[Doubt]]:
    """Add somebody whom a till met while it was away. A number or a card that another has by now is left away.

    Raises what `create_customer` raises to somebody who may do everything.
    """

    def add(values: dict[str, str], codes: Sequence[str]) -> tuple[Known, list[Doubt]]:
        return by_author(
            item,
            lambda actor: create_customer(
                actor=actor,
                customer_id=customer_id,
                values=values,
                groups=groups,
                codes=codes,
                agreements=agreements,
            ),
        )

    try:
        with transaction.atomic():
            return add(values, codes)
    except Conflict as refusal:
        known, doubts = add({name: value for name, value in values.items() if name != "number"}, ())
        return known, [*doubts, Doubt(kind="customer-taken", sentence=f"{known.customer}: {refusal.detail}")]
