"""What somebody approves, and what the shop decides about selling."""

from datetime import datetime
from uuid import UUID

from core.events import DomainEvent, event
from orders.permissions import VIEW_DISCOUNTS, VIEW_ORDERS


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
