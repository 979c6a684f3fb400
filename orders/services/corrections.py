"""Sales of a till that was away put right by one tap: the difference goes back, an unknown article gets its name.

Both are changes of the order (`orders.services.changes`): its lines are rewritten, and nothing of its history is lost.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.errors import Conflict, NotFound
from core.events import plain
from inventory.models import Variant
from orders.models import Order, OrderChange, OrderLine, Payment, Shift
from orders.services.changes import Settlement, check_changeable, confirm_change, keep_proposal, order_to_change
from orders.services.charged import OWN
from orders.services.refund_limits import is_beyond_limits, let_back
from orders.services.rewriting import restored

Lines = Callable[[Order, Sequence[OrderLine]], list[OrderLine]]


@transaction.atomic
def refund_difference(
    order_id: UUID,
    *,
    change_id: UUID,
    prices: Sequence[Mapping[str, Any]],
    register_id: UUID | None = None,
    approval_id: UUID | None = None,
    actor: Actor,
) -> OrderChange:
    """Give back what a customer was charged beyond ``prices`` (`own_prices`), by the ways they paid.

    Cash goes through ``register_id``, or else the sale's own drawer where that is open. A repeat changes nothing.

    Raises:
        NotFound, Forbidden: there is no such order, or the actor may not change it.
        Conflict: it cannot be changed any more, is not what was charged then, or nothing is to be given back.
        Invalid: the cash needs a drawer, and none is named.
        ApprovalNeeded, ApprovalRefused: it is late, or more than the shop lets everybody give back.
    """

    def cheaper(order: Order, lines: Sequence[OrderLine]) -> list[OrderLine]:
        own = {one["position"]: one for one in prices}
        return [_at(line, own[line.position]) if line.position in own else line for line in lines]

    order, change = _proposed(order_id, change_id, cheaper, [{"kind": "difference"}], "Charged too much", actor)
    if change.state == OrderChange.State.APPLIED:
        return change
    due = -change.difference
    if due <= 0:
        raise Conflict("Nothing is to be given back.")
    place = order.location
    if is_beyond_limits(order, place, due):
        let_back(order, due, document_id=order.pk, at=place.pk, approval_id=approval_id, actor=actor)
    how = Settlement(register_id=register_id or _own_drawer(order), approval_id=approval_id, needs_drawer=True)
    return confirm_change(change_id, order_id=order_id, version=order.version, settlement=how, actor=actor)[0]


@transaction.atomic
def name_article(
    order_id: UUID, *, position: int, variant_id: UUID, change_id: UUID, left_at: datetime, actor: Actor
) -> OrderChange:
    """Say which article a line sold that named none: it stands on the line, and its units left the shelf ``left_at``.

    What was charged stays. A repeat changes nothing.

    Raises:
        NotFound, Forbidden: there is no such order or article, or the actor may not change the order.
        Conflict: it cannot be changed any more, or the line names an article by now.
        SerialRefused: goods with serial numbers; name the piece by a change of the order.
    """
    variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
    if variant is None:
        raise NotFound("There is no such article.")

    def named(order: Order, lines: Sequence[OrderLine]) -> list[OrderLine]:
        if not any(line.position == position and line.variant_id is None for line in lines):
            raise Conflict("This line names an article.")
        return [_as(line, variant) if line.position == position else line for line in lines]

    what = {"kind": "article", "position": position, "variant_id": plain(variant_id)}
    order, change = _proposed(order_id, change_id, named, [what], "Article found", actor)
    if change.state == OrderChange.State.APPLIED:
        return change
    how = Settlement(left_at=left_at)
    return confirm_change(change_id, order_id=order_id, version=order.version, settlement=how, actor=actor)[0]


def _proposed(
    order_id: UUID, change_id: UUID, rewrite: Lines, actions: list[dict[str, Any]], reason: str, actor: Actor
) -> tuple[Order, OrderChange]:
    """The order, locked, and the proposal of its new lines; one that stands is answered as it is."""
    rows = Order.objects.select_for_update(of=("self",), no_key=True).filter(pk=order_id)
    order = order_to_change(rows, actor)
    stored = OrderChange.objects.filter(pk=change_id, order=order).first()
    if stored is not None:
        return order, stored
    check_changeable(order)
    before = list(order.lines.all())
    after = rewrite(order, [copy(line) for line in before])
    change, _ = keep_proposal(
        order,
        before,
        after,
        change_id=change_id,
        digest=fingerprint([order_id, actions, reason]),
        actions=actions,
        reason=reason,
        actor=actor,
    )
    return order, change


def _at(line: OrderLine, own: Mapping[str, Any]) -> OrderLine:
    """A line at the shop's own price. Raises `Conflict` where it is not the line of that moment any more."""
    if line.quantity != Decimal(own["quantity"]) or not any(step["step"] == "charged" for step in line.trace):
        raise Conflict("The sale was changed since. Look at it, and change it there.")
    as_kept = restored({name: own[name] for name in OWN})
    for name in OWN:
        setattr(line, name, getattr(as_kept, name))
    return line


def _as(line: OrderLine, variant: Variant) -> OrderLine:
    line.variant, line.sku = variant, variant.sku[:64]
    line.list_price, line.unit_cost = variant.unit_price, variant.unit_cost
    line.is_stocked = variant.is_stocked
    return line


def _own_drawer(order: Order) -> UUID | None:
    """The drawer that cash of this order goes through without asking: its own if it is open, else the only open one."""
    if not order.payments.filter(method=Payment.Method.CASH).exists():
        return None
    running = Shift.objects.filter(register__location=order.location_id, state=Shift.State.OPEN)
    drawers = list(running.values_list("register_id", flat=True))
    if order.register_id in drawers:
        return order.register_id
    return drawers[0] if len(drawers) == 1 else None
