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


@event("order.parked", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderParked(DomainEvent):
    """A cart was put aside at a location, for whichever till takes it up. Nothing is booked."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    label: str
    currency: str
    total: Decimal
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


@event("approval.given", about="approval", key="approval_id", permission=VIEW_ORDERS)
class ApprovalGiven(DomainEvent):
    """Somebody let somebody do one act beyond their role; it lasts some minutes."""

    approval_id: UUID
    version: int
    needs: str
    location_id: UUID
    approved_by: UUID
    approved_by_label: str
    requested_by: UUID | None
    requested_by_label: str


@event("policy.changed", about="policy", key="policy_id", permission=VIEW_ORDERS)
class PolicyChanged(DomainEvent):
    """The limits of selling and refunding are other ones; ``fields`` names them."""

    policy_id: int
    version: int
    fields: list[str]


@event("customer.created", about="customer", key="customer_id", permission=VIEW_CUSTOMERS)
class CustomerCreated(DomainEvent):
    """Somebody became known to the shop. Names and addresses stay out of the stream; ask the API for them."""

    customer_id: UUID
    version: int
    number: str


@event("customer.updated", about="customer", key="customer_id", permission=VIEW_CUSTOMERS)
class CustomerUpdated(DomainEvent):
    """Something about a customer changed: ``fields`` says what, never the values."""

    customer_id: UUID
    version: int
    number: str
    fields: list[str]


@event("customer.merged", about="customer", key="customer_id", permission=VIEW_CUSTOMERS)
class CustomerMerged(DomainEvent):
    """Two customers were found to be one; what belonged to the gone one belongs to this one now."""

    customer_id: UUID
    version: int
    gone_id: UUID
    gone_version: int
    merge_id: UUID


@event("customer.unmerged", about="customer", key="customer_id", permission=VIEW_CUSTOMERS)
class CustomerUnmerged(DomainEvent):
    """A merge was taken back: the other customer stands again, with what had moved."""

    customer_id: UUID
    version: int
    gone_id: UUID
    gone_version: int
    merge_id: UUID


@event("customer.anonymised", about="customer", key="customer_id", permission=VIEW_CUSTOMERS)
class CustomerAnonymised(DomainEvent):
    """A person's data were removed for good: whoever keeps a copy removes it, too."""

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
