"""What happens to goods and stock."""

from decimal import Decimal
from uuid import UUID

from core.events import DomainEvent, event
from inventory.permissions import VIEW_PRODUCTS, VIEW_STOCK


@event("product.created", about="product", key="product_id", permission=VIEW_PRODUCTS)
class ProductCreated(DomainEvent):
    """A product came into the catalogue."""

    product_id: UUID
    version: int
    name: str
    skus: list[str]


@event("product.updated", about="product", key="product_id", permission=VIEW_PRODUCTS)
class ProductUpdated(DomainEvent):
    """A product or one of its variants changed."""

    product_id: UUID
    version: int
    name: str
    skus: list[str]
    fields: list[str]


@event("stock.changed", about="variant", key="variant_id", permission=VIEW_STOCK)
class StockChanged(DomainEvent):
    """The stock of a variant at a location moved."""

    variant_id: UUID
    version: int
    location_id: UUID
    sku: str
    delta: Decimal
    on_hand: Decimal
    reserved: Decimal
    cause: str
    reference_type: str
    reference_id: UUID


@event("stock.exception_settled", about="stock_exception", key="exception_id", permission=VIEW_STOCK)
class StockExceptionSettled(DomainEvent):
    """Somebody looked at what the record said could not be, and settled it. No stock moved by this."""

    exception_id: UUID
    version: int
    variant_id: UUID
    location_id: UUID
    sku: str
    kind: str


@event("stock.low", about="variant", key="variant_id", permission=VIEW_STOCK)
class StockLow(DomainEvent):
    """The stock of a variant at a location fell to its warning level or below: once per crossing."""

    variant_id: UUID
    version: int
    location_id: UUID
    sku: str
    on_hand: Decimal
    low_at: Decimal


@event("stock.out", about="variant", key="variant_id", permission=VIEW_STOCK)
class StockOut(DomainEvent):
    """The last unit of a variant at a location is gone: once per crossing."""

    variant_id: UUID
    version: int
    location_id: UUID
    sku: str
    on_hand: Decimal


@event("price_list.changed", about="price_list", key="price_list_id", permission=VIEW_PRODUCTS)
class PriceListChanged(DomainEvent):
    """A price list was made, or it or prices on it changed; ask the API for the prices."""

    price_list_id: UUID
    version: int
    name: str
    is_active: bool
