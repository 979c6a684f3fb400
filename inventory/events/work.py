"""What happens to transfers and stocktakes."""

from decimal import Decimal
from uuid import UUID

from core.events import DomainEvent, event
from inventory.permissions import VIEW_STOCK


@event("transfer.created", about="transfer", key="transfer_id", permission=VIEW_STOCK)
class TransferCreated(DomainEvent):
    """Somebody drafted a transfer of goods to another location. Nothing has moved."""

    transfer_id: UUID
    version: int
    number: str
    location_id: UUID
    destination_id: UUID
    lines: int


@event("transfer.shipped", about="transfer", key="transfer_id", permission=VIEW_STOCK)
class TransferShipped(DomainEvent):
    """The goods of a transfer left ``location_id`` and are on their way to ``destination_id``."""

    transfer_id: UUID
    version: int
    number: str
    location_id: UUID
    destination_id: UUID
    lines: int


@event("transfer.received", about="transfer", key="transfer_id", permission=VIEW_STOCK)
class TransferReceived(DomainEvent):
    """Goods of a transfer arrived at ``location_id``: all of them or a part. Quantities are units of all lines."""

    transfer_id: UUID
    version: int
    number: str
    location_id: UUID
    source_id: UUID
    receipt_id: UUID
    received: Decimal
    damaged: Decimal
    unannounced: Decimal


@event("transfer.closed", about="transfer", key="transfer_id", permission=VIEW_STOCK)
class TransferClosed(DomainEvent):
    """Nothing of a transfer is on its way any more. ``missing`` units were lost, ``damaged`` arrived unfit to sell."""

    transfer_id: UUID
    version: int
    number: str
    location_id: UUID
    source_id: UUID
    damaged: Decimal
    missing: Decimal


@event("transfer.cancelled", about="transfer", key="transfer_id", permission=VIEW_STOCK)
class TransferCancelled(DomainEvent):
    """A draft was given up, or the goods on their way went back to ``location_id``: ``returned`` units."""

    transfer_id: UUID
    version: int
    number: str
    location_id: UUID
    destination_id: UUID
    returned: Decimal


@event("count.opened", about="count", key="count_id", permission=VIEW_STOCK)
class CountOpened(DomainEvent):
    """Somebody began a stocktake at ``location_id``. The shop goes on selling."""

    count_id: UUID
    version: int
    number: str
    location_id: UUID
    is_blind: bool


@event("count.closed", about="count", key="count_id", permission=VIEW_STOCK)
class CountClosed(DomainEvent):
    """A stocktake was booked (``is_booked``) or given up. ``variances`` is how many articles were not as recorded."""

    count_id: UUID
    version: int
    number: str
    location_id: UUID
    is_booked: bool
    articles: int
    variances: int
