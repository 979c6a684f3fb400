"""What happens to products, their prices, codes and what they are sorted by."""

from decimal import Decimal
from uuid import UUID

from core.events import DomainEvent, event
from inventory.permissions import VIEW_PRODUCTS


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


@event("price_list.changed", about="price_list", key="price_list_id", permission=VIEW_PRODUCTS)
class PriceListChanged(DomainEvent):
    """A price list was made, or it or prices on it changed; ask the API for the prices."""

    price_list_id: UUID
    version: int
    name: str
    is_active: bool
