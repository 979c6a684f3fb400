"""What happens to goods and stock."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from core.events import DomainEvent, event
from inventory.permissions import VIEW_COST, VIEW_PRODUCTS, VIEW_STOCK


@event("product.created", about="product", key="product_id", permission=VIEW_PRODUCTS)
class ProductCreated(DomainEvent):
    """A product came into the catalogue. ``prices`` are the unit prices of its variants by their SKU."""

    product_id: UUID
    version: int
    name: str
    skus: list[str]
    prices: dict[str, Decimal]
    is_active: bool


@event("product.updated", about="product", key="product_id", permission=VIEW_PRODUCTS)
class ProductUpdated(DomainEvent):
    """A product or one of its variants changed; all but ``fields`` is as it stands now, ``prices`` by SKU."""

    product_id: UUID
    version: int
    name: str
    skus: list[str]
    fields: list[str]
    prices: dict[str, Decimal]
    is_active: bool


@event("product.deleted", about="product", key="product_id", permission=VIEW_PRODUCTS)
class ProductDeleted(DomainEvent):
    """A product without any history is gone. One that has a history is `product.updated`: not for sale any more."""

    product_id: UUID
    version: int
    name: str
    skus: list[str]


@event("category.created", about="category", key="category_id", permission=VIEW_PRODUCTS)
class CategoryCreated(DomainEvent):
    """A category was added."""

    category_id: UUID
    version: int
    name: str
    parent_id: UUID | None


@event("category.updated", about="category", key="category_id", permission=VIEW_PRODUCTS)
class CategoryUpdated(DomainEvent):
    """A category was renamed, moved or put into another order; what is below it moved along."""

    category_id: UUID
    version: int
    name: str
    parent_id: UUID | None
    fields: list[str]


@event("category.deleted", about="category", key="category_id", permission=VIEW_PRODUCTS)
class CategoryDeleted(DomainEvent):
    """A category is gone; its products, categories and fields stand in `moved_to` now."""

    category_id: UUID
    version: int
    name: str
    moved_to: UUID | None
    products: int


@event("brand.created", about="brand", key="brand_id", permission=VIEW_PRODUCTS)
class BrandCreated(DomainEvent):
    """A brand was added."""

    brand_id: UUID
    version: int
    name: str


@event("brand.updated", about="brand", key="brand_id", permission=VIEW_PRODUCTS)
class BrandUpdated(DomainEvent):
    """A brand was renamed."""

    brand_id: UUID
    version: int
    name: str
    fields: list[str]


@event("brand.deleted", about="brand", key="brand_id", permission=VIEW_PRODUCTS)
class BrandDeleted(DomainEvent):
    """A brand is gone; its products are of `moved_to` now."""

    brand_id: UUID
    version: int
    name: str
    moved_to: UUID | None
    products: int


@event("tax_class.created", about="tax_class", key="tax_class_id", permission=VIEW_PRODUCTS)
class TaxClassCreated(DomainEvent):
    """A tax class was added; `rate` is per cent, of all its parts together."""

    tax_class_id: UUID
    version: int
    name: str
    rate: Decimal


@event("tax_class.updated", about="tax_class", key="tax_class_id", permission=VIEW_PRODUCTS)
class TaxClassUpdated(DomainEvent):
    """A tax class was renamed or its rate changed, for what is sold from now on."""

    tax_class_id: UUID
    version: int
    name: str
    rate: Decimal
    fields: list[str]


@event("tax_class.deleted", about="tax_class", key="tax_class_id", permission=VIEW_PRODUCTS)
class TaxClassDeleted(DomainEvent):
    """A tax class is gone; its variants are of `moved_to` now."""

    tax_class_id: UUID
    version: int
    name: str
    moved_to: UUID | None
    variants: int


@event("attribute.created", about="attribute", key="attribute_id", permission=VIEW_PRODUCTS)
class AttributeCreated(DomainEvent):
    """A field of products was defined."""

    attribute_id: UUID
    version: int
    name: str
    code: str


@event("attribute.updated", about="attribute", key="attribute_id", permission=VIEW_PRODUCTS)
class AttributeUpdated(DomainEvent):
    """The definition of a field of products changed."""

    attribute_id: UUID
    version: int
    name: str
    code: str
    fields: list[str]


@event("attribute.deleted", about="attribute", key="attribute_id", permission=VIEW_PRODUCTS)
class AttributeDeleted(DomainEvent):
    """A field of products is gone, and its value in so many products."""

    attribute_id: UUID
    version: int
    name: str
    code: str
    products: int


@event("code_rule.changed", about="code_rule", key="rule_id", permission=VIEW_PRODUCTS)
class CodeRuleChanged(DomainEvent):
    """A rule for codes that carry a weight, a price or a number was created, updated or deleted: `what` says which.

    `price_does` is `charge` where the price inside is what the customer pays, else `show`.
    """

    rule_id: UUID
    version: int
    name: str
    pattern: str
    what: str
    price_does: str = "show"


@event("stock.changed", about="variant", key="variant_id", permission=VIEW_STOCK)
class StockChanged(DomainEvent):
    """The stock of a variant at a location moved by ``delta``; the other quantities are what is there now."""

    variant_id: UUID
    version: int
    location_id: UUID
    sku: str
    delta: Decimal
    on_hand: Decimal
    reserved: Decimal
    damaged: Decimal
    in_transit: Decimal
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


@event("stock.reserved", about="stock_reservation", key="reservation_id", permission=VIEW_STOCK)
class StockReserved(DomainEvent):
    """Goods were set aside for somebody, or for longer. `reserved` and `on_hand` are those of the variant there."""

    reservation_id: UUID
    version: int
    variant_id: UUID
    location_id: UUID
    sku: str
    quantity: Decimal
    expires_at: datetime
    on_hand: Decimal
    reserved: Decimal


@event("stock.released", about="stock_reservation", key="reservation_id", permission=VIEW_STOCK)
class StockReleased(DomainEvent):
    """Goods are free again: `because` is `released` or `expired`. What was sold is told by `stock.changed`."""

    reservation_id: UUID
    version: int
    variant_id: UUID
    location_id: UUID
    sku: str
    quantity: Decimal
    because: str
    on_hand: Decimal
    reserved: Decimal


@event("stock.limits_changed", about="variant", key="variant_id", permission=VIEW_STOCK)
class StockLimitsChanged(DomainEvent):
    """Somebody said from when on a variant is low, or too many, at a location. No stock moved by this."""

    variant_id: UUID
    version: int
    location_id: UUID
    sku: str
    low_at: Decimal | None
    over_at: Decimal | None


@event("stock.revalued", about="variant", key="variant_id", permission=VIEW_COST)
class StockRevalued(DomainEvent):
    """A cost became known late: `held` raised the value of goods still there, `expense` is for those that are gone."""

    variant_id: UUID
    version: int
    location_id: UUID
    sku: str
    document_id: UUID
    amount: Decimal
    held: Decimal
    expense: Decimal
    unit_cost: Decimal


@event("lot.blocked", about="lot", key="lot_id", permission=VIEW_STOCK)
class LotBlocked(DomainEvent):
    """A lot must not be sold from now on."""

    lot_id: UUID
    version: int
    variant_id: UUID
    sku: str
    code: str
    note: str


@event("lot.unblocked", about="lot", key="lot_id", permission=VIEW_STOCK)
class LotUnblocked(DomainEvent):
    """A lot may be sold again."""

    lot_id: UUID
    version: int
    variant_id: UUID
    sku: str
    code: str
    note: str


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


@event("stock.over", about="variant", key="variant_id", permission=VIEW_STOCK)
class StockOver(DomainEvent):
    """The stock of a variant at a location rose above what somebody wants to have there: once per crossing."""

    variant_id: UUID
    version: int
    location_id: UUID
    sku: str
    on_hand: Decimal
    over_at: Decimal


@event("stock.expiring", about="variant", key="variant_id", permission=VIEW_STOCK)
class StockExpiring(DomainEvent):
    """A lot on the shelf of a location expires soon, or has expired: once per lot and location."""

    variant_id: UUID
    version: int
    location_id: UUID
    sku: str
    lot_id: UUID
    lot: str
    expires_on: date
    on_hand: Decimal


@event("stock.dead", about="variant", key="variant_id", permission=VIEW_STOCK)
class StockDead(DomainEvent):
    """Nothing of a variant was sold at a location for ``days`` although there is some: once, until it sells again."""

    variant_id: UUID
    version: int
    location_id: UUID
    sku: str
    on_hand: Decimal
    days: int


@event("stock_policy.changed", about="stock_policy", key="policy_id", permission=VIEW_STOCK)
class StockPolicyChanged(DomainEvent):
    """How the shop handles its stock is decided anew; ``fields`` names what is different."""

    policy_id: int
    version: int
    fields: list[str]
