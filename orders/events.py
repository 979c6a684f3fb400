"""What happens to orders and money."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from core.events import DomainEvent, Money, event
from orders.permissions import (
    IMPORT_HISTORY,
    VIEW_CREDIT,
    VIEW_CUSTOMERS,
    VIEW_DISCOUNTS,
    VIEW_ORDERS,
    VIEW_SHIFTS,
)


@event("order.created", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderCreated(DomainEvent):
    """An order was placed."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    channel: str
    currency: str
    total: Money


@event("order.bought", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderBought(DomainEvent):
    """Goods were bought from a customer; ``total`` is negative: money that goes out. ``held_until``: not sold before.

    ``ticket`` is shared with the sale that was made with it, if there is one.
    """

    order_id: UUID
    version: int
    number: str
    ticket: UUID | None
    customer_id: UUID
    location_id: UUID
    currency: str
    total: Money
    lines: int
    held_until: datetime | None
    business_date: date


@event("order.completed", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderCompleted(DomainEvent):
    """A sale is finished: goods handed over and paid."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    channel: str
    currency: str
    total: Money
    tax_total: Money
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
    amount: Money


@event("payment.failed", about="payment_attempt", key="attempt_id", permission=VIEW_ORDERS)
class PaymentFailed(DomainEvent):
    """An attempt to pay an open order did not succeed: a card was declined, a transfer returned. No money moved.

    ``number`` is the order's. The order stands as before; a payment that succeeds later has an identifier of its own.
    """

    attempt_id: UUID
    version: int
    order_id: UUID
    number: str
    location_id: UUID
    method: str
    currency: str
    amount: Money
    reason: str


@event("order.updated", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderUpdated(DomainEvent):
    """An order stands elsewhere than before: paid, handed over, returned, changed or cancelled.

    ``paid`` is ``unpaid``, ``partly``, ``paid``, ``overpaid`` or ``refunded`` (all that came in went back);
    ``handed_over`` and ``returned`` are ``none``, ``partly`` or ``all``. All are read from the order's rows.
    """

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    state: str
    paid: str
    handed_over: str
    returned: str
    currency: str
    total: Money


@event("order.promised", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderPromised(DomainEvent):
    """An open order was promised for a time, or (``promised_at`` is null) for none any more.

    By then its goods are ready to be collected, or with the customer.
    """

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    promised_at: datetime | None


@event("order.fulfilled", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderFulfilled(DomainEvent):
    """Goods of an order left: sent off (``state`` is ``shipped``) or handed over (``done``).

    ``items`` is how many units of goods went with this fulfilment.
    """

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    fulfilment_id: UUID
    kind: str
    state: str
    tracking: str
    items: Decimal


@event("order.cancelled", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderCancelled(DomainEvent):
    """An order of which nothing had left was given up: goods set aside are free again, its payments went back."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    currency: str
    total: Money
    reason: str


@event("order.refunded", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderRefunded(DomainEvent):
    """Goods came back. ``order_id`` is the refund, a document of its own; its amounts and ``items`` are negative."""

    order_id: UUID
    version: int
    number: str
    refund_of: UUID | None
    location_id: UUID
    currency: str
    total: Money
    tax_total: Money
    items: Decimal
    lines: int
    business_date: date


@event("order.voided", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderVoided(DomainEvent):
    """A completed sale never was: ``total`` is what no longer counts for ``business_date``."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    currency: str
    total: Money
    reason: str
    business_date: date


@event("payment.refunded", about="payment", key="payment_id", permission=VIEW_ORDERS)
class PaymentRefunded(DomainEvent):
    """Money went back for a refund or a void: a payment of its own, its ``amount`` negative."""

    payment_id: UUID
    version: int
    order_id: UUID
    location_id: UUID
    method: str
    currency: str
    amount: Money


@event("order.parked", about="order", key="order_id", permission=VIEW_ORDERS)
class OrderParked(DomainEvent):
    """A cart was put aside at a location, for whichever till takes it up. Nothing is booked."""

    order_id: UUID
    version: int
    number: str
    location_id: UUID
    label: str
    currency: str
    total: Money
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


@event("approval.requested", about="approval_request", key="request_id", permission=VIEW_ORDERS)
class ApprovalRequested(DomainEvent):
    """Somebody asks for leave to do one act beyond their role, and waits until ``expires_at`` for an answer.

    ``needs`` is the permission they lack, ``shown`` what they want to do, ``subject`` the order it is about, if there
    is one.
    """

    request_id: UUID
    version: int
    needs: str
    location_id: UUID
    requested_by: UUID
    requested_by_label: str
    shown: str
    subject: UUID | None
    expires_at: datetime


@event("approval.answered", about="approval_request", key="request_id", permission=VIEW_ORDERS)
class ApprovalAnswered(DomainEvent):
    """What was asked is ``allowed`` (`approval.given` tells more), ``refused``, or ``withdrawn`` by the asker."""

    request_id: UUID
    version: int
    needs: str
    location_id: UUID
    requested_by: UUID
    state: str
    answered_by: UUID
    answered_by_label: str


@event("policy.changed", about="policy", key="policy_id", permission=VIEW_ORDERS)
class PolicyChanged(DomainEvent):
    """The limits of selling and refunding are other ones; ``fields`` names them."""

    policy_id: int
    version: int
    fields: list[str]


@event("discount.created", about="discount", key="discount_id", permission=VIEW_DISCOUNTS)
class DiscountCreated(DomainEvent):
    """A discount was made."""

    discount_id: UUID
    version: int
    name: str
    kind: str
    needs_coupon: bool
    is_active: bool


@event("discount.updated", about="discount", key="discount_id", permission=VIEW_DISCOUNTS)
class DiscountUpdated(DomainEvent):
    """A discount was changed, switched on or off."""

    discount_id: UUID
    version: int
    name: str
    kind: str
    needs_coupon: bool
    is_active: bool


@event("coupon.created", about="coupon", key="coupon_id", permission=VIEW_DISCOUNTS)
class CouponCreated(DomainEvent):
    """A coupon code was made."""

    coupon_id: UUID
    version: int
    discount_id: UUID
    code: str
    is_active: bool


@event("coupon.updated", about="coupon", key="coupon_id", permission=VIEW_DISCOUNTS)
class CouponUpdated(DomainEvent):
    """A coupon was changed, switched on or off. Uses are told by the orders they are of."""

    coupon_id: UUID
    version: int
    discount_id: UUID
    code: str
    is_active: bool


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
