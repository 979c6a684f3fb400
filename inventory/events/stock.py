"""What happens to stock: levels, lots, goods set aside, alerts."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from core.events import DomainEvent, event
from inventory.permissions import VIEW_COST, VIEW_STOCK


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
