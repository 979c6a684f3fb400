"""By when an open order is promised: what can be promised, and how it is told."""

from datetime import datetime, timedelta

from core.errors import fault, refuse
from orders.events import OrderPromised
from orders.models import Order

LONGEST = timedelta(days=731)
SLACK = timedelta(minutes=5)
"""The clock of whoever promises may be behind ours."""


def check_promise(promised_at: datetime | None, *, now: datetime) -> None:
    """Raise `Invalid` for a time that is over, or too far away; None promises nothing."""
    if promised_at is not None and not now - SLACK <= promised_at <= now + LONGEST:
        refuse(fault("/promised_at", "time", "A time from now on, within two years."))


def told_promise(order: Order) -> OrderPromised:
    """What is told when an order is promised for a time, or for another one."""
    return OrderPromised(
        order_id=order.pk,
        version=order.version,
        number=order.number,
        location_id=order.location_id,
        promised_at=order.promised_at,
    )
