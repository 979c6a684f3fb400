"""What happens to drawers, gift cards and credit."""

from datetime import date
from uuid import UUID

from core.events import DomainEvent, Money, event
from orders.permissions import VIEW_CREDIT, VIEW_SHIFTS


@event("register.changed", about="register", key="register_id", permission=VIEW_SHIFTS)
class RegisterChanged(DomainEvent):
    """A register was made, renamed, or taken in or out of use."""

    register_id: UUID
    version: int
    location_id: UUID
    name: str
    is_active: bool


@event("shift.opened", about="shift", key="shift_id", permission=VIEW_SHIFTS)
class ShiftOpened(DomainEvent):
    """A drawer was opened with a float."""

    shift_id: UUID
    version: int
    register_id: UUID
    location_id: UUID
    number: int
    currency: str
    opening_float: Money
    business_date: date


@event("shift.closed", about="shift", key="shift_id", permission=VIEW_SHIFTS)
class ShiftClosed(DomainEvent):
    """A drawer was counted and its shift closed; ``difference`` is counted less expected."""

    shift_id: UUID
    version: int
    register_id: UUID
    location_id: UUID
    number: int
    currency: str
    documents: int
    expected: Money
    counted: Money
    difference: Money
    reason: str


@event("shift.amended", about="shift", key="shift_id", permission=VIEW_SHIFTS)
class ShiftAmended(DomainEvent):
    """A document reached a shift after its close: ``total`` and ``cash`` are what it adds to the report."""

    shift_id: UUID
    version: int
    register_id: UUID
    location_id: UUID
    number: int
    amendment: int
    order_id: UUID
    currency: str
    total: Money
    cash: Money


@event("cash.moved", about="shift", key="shift_id", permission=VIEW_SHIFTS)
class CashMoved(DomainEvent):
    """Cash was put into a drawer, or (negative) taken out, for something that is no sale.

    ``amendment``: the shift was closed already, and its report has this one more; null for one that is open.
    """

    shift_id: UUID
    version: int
    movement_id: UUID
    register_id: UUID
    location_id: UUID
    currency: str
    amount: Money
    reason: str
    amendment: int | None


@event("gift_card.issued", about="gift_card", key="card_id", permission=VIEW_CREDIT)
class GiftCardIssued(DomainEvent):
    """A gift card was sold (``order_id``) or given. Its code is told to nobody but whoever issued it."""

    card_id: UUID
    version: int
    account_id: UUID
    order_id: UUID | None
    currency: str
    amount: Money
    expires_on: date | None


@event("gift_card.changed", about="gift_card", key="card_id", permission=VIEW_CREDIT)
class GiftCardChanged(DomainEvent):
    """A gift card was blocked, or may be used again."""

    card_id: UUID
    version: int
    account_id: UUID
    state: str


@event("credit.changed", about="credit_account", key="account_id", permission=VIEW_CREDIT)
class CreditChanged(DomainEvent):
    """What the shop owes on a gift card or to a customer is another sum; ``cause`` is the kind of its ledger's entry.

    ``kind`` is ``giftcard``, ``credit`` or ``points``; ``currency`` is empty for points.
    """

    account_id: UUID
    version: int
    kind: str
    customer_id: UUID | None
    cause: str
    amount: Money
    balance: Money
    currency: str
    reference_type: str
    reference_id: UUID
