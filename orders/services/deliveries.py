"""Where the goods of an open order go: changed as long as none of them is packed or has left."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, NotFound, StaleVersion
from core.outbox.services import emit_all
from core.retry import with_locks
from orders.lifecycle import must_be_open
from orders.models import Fulfilment, Order
from orders.permissions import TAKE_ORDERS, VIEW_ORDERS
from orders.selectors.axes import bump, updated
from orders.services.placing import check_delivery


def change_delivery(order_id: UUID, delivery: Mapping[str, str], *, version: int, actor: Actor) -> tuple[Order, bool]:
    """Send an open order elsewhere, or let it be collected. Answers the order and whether this call changed it.

    Raises:
        NotFound: there is no such order here.
        Forbidden: the actor takes no orders here.
        Invalid: a delivery needs more than is named; each is named.
        StaleVersion: the order was changed since ``version``.
        Conflict: it is not open, or a part of it is packed or has left.
    """
    check_delivery(delivery)
    return with_locks(lambda: _change(order_id, dict(delivery), version, actor))


@transaction.atomic(durable=True)
def _change(order_id: UUID, delivery: dict[str, str], version: int, actor: Actor) -> tuple[Order, bool]:
    rows = Order.objects.select_for_update(of=("self",), no_key=True).select_related("location")
    order = rows.filter(pk=order_id).first()
    if order is None or not actor.may(VIEW_ORDERS, at=order.location_id):
        raise NotFound("There is no such order.")
    actor.require(TAKE_ORDERS, at=order.location_id)
    if order.delivery == delivery:
        return order, False
    if order.version != version:
        raise StaleVersion(details={"current": {"version": order.version, "state": order.state}})
    must_be_open(order)
    if order.fulfilments.exclude(state=Fulfilment.State.CANCELLED).exists():
        raise Conflict("A part of it is packed or has left. Take the parcel back first.")
    before, order.delivery = order.delivery or {}, delivery
    order.save(update_fields=["delivery"])
    bump(order)
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={
            name: (before.get(name), delivery.get(name))
            for name in sorted(before.keys() | delivery.keys())
            if before.get(name) != delivery.get(name)
        },
    )
    emit_all([updated(order)], actor=actor)
    return order, True
