"""An open order is completed by whatever comes last: its money or its goods."""

from datetime import datetime

from core.actors import Actor
from core.events import DomainEvent
from core.locations.selectors import business_date
from orders.events import OrderCompleted
from orders.models import Order
from orders.selectors.axes import axes_of, updated
from orders.services.points import earn_when_completed


def finish(order: Order, now: datetime, *, actor: Actor) -> list[DomainEvent]:
    """Complete an open order that is paid and handed over; answers what is told of where it stands now.

    A part of services that hold the order's row and have written a new version of it. It counts for the business day
    on which it is completed, and earns its points then.
    """
    where = axes_of(Order.objects.get(pk=order.pk))
    if order.state != Order.State.OPEN or where.paid != "paid" or where.handed_over != "all":
        return [updated(order)]
    order.state, order.business_date = Order.State.COMPLETED, business_date(now, order.location)
    order.save(update_fields=["state", "business_date"])
    completed = OrderCompleted(
        order_id=order.pk,
        version=order.version,
        number=order.number,
        location_id=order.location_id,
        channel=order.channel,
        currency=order.currency,
        total=order.total,
        tax_total=order.tax_total,
        items=order.items,
        lines=order.line_count,
        business_date=order.business_date,
    )
    return [updated(order), completed, *earn_when_completed(order, actor=actor)]
