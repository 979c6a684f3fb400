"""What happens to the places of a shop."""

from uuid import UUID

from core.events import DomainEvent, event
from core.people.permissions import VIEW_LOCATIONS


@event("location.created", about="location", key="location_id", permission=VIEW_LOCATIONS)
class LocationCreated(DomainEvent):
    """The shop has one more place with a stock of its own."""

    location_id: UUID
    version: int
    code: str
    name: str


@event("location.updated", about="location", key="location_id", permission=VIEW_LOCATIONS)
class LocationUpdated(DomainEvent):
    """A place got another name, zone or rule, was closed or opened again."""

    location_id: UUID
    version: int
    code: str
    is_active: bool
    fields: list[str]


@event("shop.updated", about="shop", key="shop_id", permission=VIEW_LOCATIONS)
class ShopUpdated(DomainEvent):
    """The shop's papers say something else of it (address, tax number, last words); ``fields`` names what changed."""

    shop_id: UUID
    version: int
    fields: list[str]
