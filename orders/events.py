"""What happens to orders and money."""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from core.events import DomainEvent, event
from orders.permissions import IMPORT_HISTORY, VIEW_CUSTOMERS, VIEW_ORDERS


@event("order.created", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderCreated(DomainEvent):
    """An order was placed."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    channel: str
    currency: str
    total: Decimal


@event("order.completed", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderCompleted(DomainEvent):
    """A sale is finished: goods handed over and paid."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    channel: str
    currency: str
    total: Decimal
    tax_total: Decimal
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
    amount: Decimal


@event("customer.created", about="customer", key="customer_id", permission=VIEW_CUSTOMERS)
class CustomerCreated(DomainEvent):
    """Somebody became known to the shop. Names and addresses stay out of the stream; ask the API for them."""

    customer_id: UUID
    version: int
    number: str


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
