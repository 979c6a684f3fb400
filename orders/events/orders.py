"""What happens to orders and their payments."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from core.events import DomainEvent, Money, event
from orders.permissions import IMPORT_HISTORY, VIEW_ORDERS


@event("order.created", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderCreated(DomainEvent):
    """An order was placed."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    channel: str
    currency: str
    total: Money


@event("order.bought", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderBought(DomainEvent):
    """Goods were bought from a customer; ``total`` is negative: money that goes out. ``held_until``: not sold before.

    ``ticket`` is shared with the sale that was made with it, if there is one.
    """

    order_id: UUID
    version: int
    number: str
    ticket: UUID | None
    customer_id: UUID
    location_id: UUID
    currency: str
    total: Money
    lines: int
    held_until: datetime | None
    business_date: date


@event("order.completed", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderCompleted(DomainEvent):
    """A sale is finished: goods handed over and paid."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    channel: str
    currency: str
    total: Money
    tax_total: Money
    items: Decimal
    lines: int
    business_date: date


@event("payment.received", about="payment", key="payment_id", permission=VIEW_ORDERS)
class PaymentReceived(DomainEvent):
    """Money came in for an order."""

    payment_id: UUID
    version: int
    order_id: UUID
    location_id: UUID
    method: str
    currency: str
    amount: Money


@event("payment.failed", about="payment_attempt", key="attempt_id", permission=VIEW_ORDERS)
class PaymentFailed(DomainEvent):
    """An attempt to pay an open order did not succeed: a card was declined, a transfer returned. No money moved.

    ``number`` is the order's. The order stands as before; a payment that succeeds later has an identifier of its own.
    """

    attempt_id: UUID
    version: int
    order_id: UUID
    number: str
    location_id: UUID
    method: str
    currency: str
    amount: Money
    reason: str


@event("order.updated", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderUpdated(DomainEvent):
    """An order stands elsewhere than before: paid, handed over, returned, changed or cancelled.

    ``paid`` is ``unpaid``, ``partly``, ``paid``, ``overpaid`` or ``refunded`` (all that came in went back);
    ``handed_over`` and ``returned`` are ``none``, ``partly`` or ``all``. All are read from the order's rows.
    """

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    state: str
    paid: str
    handed_over: str
    returned: str
    currency: str
    total: Money


@event("order.promised", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderPromised(DomainEvent):
    """An open order was promised for a time, or (``promised_at`` is null) for none any more.

    By then its goods are ready to be collected, or with the customer.
    """

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    promised_at: datetime | None


@event("order.fulfilled", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderFulfilled(DomainEvent):
    """Goods of an order left: sent off (``state`` is ``shipped``) or handed over (``done``).

    ``items`` is how many units of goods went with this fulfilment.
    """

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    fulfilment_id: UUID
    kind: str
    state: str
    tracking: str
    items: Decimal


@event("order.cancelled", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderCancelled(DomainEvent):
    """An order of which nothing had left was given up: goods set aside are free again, its payments went back."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    currency: str
    total: Money
    reason: str


@event("order.refunded", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderRefunded(DomainEvent):
    """Goods came back. ``order_id`` is the refund, a document of its own; its amounts and ``items`` are negative."""

    order_id: UUID
    version: int
    number: str
    refund_of: UUID | None
    location_id: UUID
    currency: str
    total: Money
    tax_total: Money
    items: Decimal
    lines: int
    business_date: date


@event("order.voided", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderVoided(DomainEvent):
    """A completed sale never was: ``total`` is what no longer counts for ``business_date``."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    currency: str
    total: Money
    reason: str
    business_date: date


@event("payment.refunded", about="payment", key="payment_id", permission=VIEW_ORDERS)
class PaymentRefunded(DomainEvent):
    """Money went back for a refund or a void: a payment of its own, its ``amount`` negative."""

    payment_id: UUID
    version: int
    order_id: UUID
    location_id: UUID
    method: str
    currency: str
    amount: Money


@event("order.parked", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderParked(DomainEvent):
    """A cart was put aside at a location, for whichever till takes it up. Nothing is booked."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    label: str
    currency: str
    total: Money
    lines: int


@event("order.resumed", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderResumed(DomainEvent):
    """A parked cart was taken up by one till; no other one can have it."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    label: str


@event("order.discarded", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderDiscarded(DomainEvent):
    """A parked cart was thrown away."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    label: str


@event("import.finished", about="import", key="import_id", permission=IMPORT_HISTORY)
class ImportFinished(DomainEvent):
    """A history import has landed; reports and forecasts of its days are different now."""

    import_id: UUID
    version: int
    location_id: UUID
    format: Literal["uci-online-retail"]
    orders: int
    lines: int
    revenue: Decimal
    first_day: date | None
    last_day: date | None
