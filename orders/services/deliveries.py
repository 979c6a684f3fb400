"""Where the goods of an open order go, as long as none of them is packed or has left, and by when."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, NotFound, must_be_version
from core.outbox.services import emit_all
from core.retry import with_locks
from orders.lifecycle import must_be_open
from orders.models import Fulfilment, Order
from orders.permissions import TAKE_ORDERS, VIEW_ORDERS
from orders.selectors.axes import bump, updated
from orders.services.placing import check_delivery
from orders.services.promises import check_promise, told_promise


def change_delivery(
    order_id: UUID, delivery: Mapping[str, str], *, promised_at: datetime | None, version: int | None, actor: Actor
) -> tuple[Order, bool]:
    """Send an open order elsewhere, let it be collected, or promise it for another time; both as they shall be.

    Answers the order and whether this call changed it.

    Raises:
        NotFound: there is no such order here.
        Forbidden: the actor takes no orders here.
        Invalid: a delivery needs more than is named, each is named; or nobody can promise this time.
        StaleVersion: the order was changed since ``version``.
        Conflict: it is not open, or it is to go elsewhere and a part of it is packed or has left.
    """
    check_delivery(delivery)
    return with_locks(lambda: _change(order_id, dict(delivery), promised_at, version, actor))


@transaction.atomic(durable=True)
def _change(
    order_id: UUID, delivery: dict[str, str], promised_at: datetime | None, version: int | None, actor: Actor
) -> tuple[Order, bool]:
    rows = Order.objects.select_for_update(of=("self",), no_key=True).select_related("location")
    order = rows.filter(pk=order_id).first()
    if order is None or not actor.may(VIEW_ORDERS, at=order.location_id):
        raise NotFound("There is no such order.")
    actor.require(TAKE_ORDERS, at=order.location_id)
    is_elsewhere, is_promised_anew = order.delivery != delivery, order.promised_at != promised_at
    if not (is_elsewhere or is_promised_anew):
        return order, False
    must_be_version(version, order.version, state=order.state)
    must_be_open(order)
    if is_promised_anew:
        check_promise(promised_at, now=datetime.now(UTC))
    if is_elsewhere and order.fulfilments.exclude(state=Fulfilment.State.CANCELLED).exists():
        raise Conflict("A part of it is packed or has left. Take the parcel back first.")
    before, order.delivery = order.delivery or {}, delivery
    promised, order.promised_at = order.promised_at, promised_at
    order.save(update_fields=["delivery", "promised_at"])
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
        }
        | ({"promised_at": (promised, promised_at)} if is_promised_anew else {}),
    )
    emit_all([updated(order), *([told_promise(order)] if is_promised_anew else [])], actor=actor)
    return order, True
