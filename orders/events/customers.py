"""What happens to customers."""

from uuid import UUID

from core.events import DomainEvent, event
from orders.permissions import VIEW_CUSTOMERS


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


@event("customer.told_apart", about="customer", key="customer_id", permission=VIEW_CUSTOMERS)
class CustomersToldApart(DomainEvent):
    """Two customers who look like one were said to be two (``is_apart``), or that was taken back."""

    customer_id: UUID
    version: int
    other: UUID
    is_apart: bool


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
