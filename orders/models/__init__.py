"""What was sold, to whom, for what money, by topic. Rows change through `orders.services` alone (docs/model.md)."""

from orders.models.amounts import AMOUNT
from orders.models.approvals import Approval, ApprovalPin, ApprovalRequest, SellingPolicy
from orders.models.cash import CashMovement, Register, Shift, ShiftAmendment
from orders.models.credit import CreditAccount, CreditEntry, GiftCard
from orders.models.customers import Consent, Customer, CustomerDistinction, CustomerGroup, CustomerMerge
from orders.models.discounts import Coupon, CouponUse, Discount
from orders.models.imports import ImportRun
from orders.models.orders import FailedPayment, Fulfilment, FulfilmentLine, Order, OrderChange, OrderLine, Payment

__all__ = [
    "AMOUNT",
    "Approval",
    "ApprovalPin",
    "ApprovalRequest",
    "CashMovement",
    "Consent",
    "Coupon",
    "CouponUse",
    "CreditAccount",
    "CreditEntry",
    "Customer",
    "CustomerDistinction",
    "CustomerGroup",
    "CustomerMerge",
    "Discount",
    "FailedPayment",
    "Fulfilment",
    "FulfilmentLine",
    "GiftCard",
    "ImportRun",
    "Order",
    "OrderChange",
    "OrderLine",
    "Payment",
    "Register",
    "SellingPolicy",
    "Shift",
    "ShiftAmendment",
]
