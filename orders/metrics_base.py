"""What the plain figures of selling are, as expressions over `Order` rows: the formulas every count of money shares.

Documents carry their lines' sums, refunds negative, so a plain sum over completed documents is the truth.
"""

from decimal import Decimal

from django.db.models import Count, DecimalField, F, Q, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from orders.models import Order

COMPLETED = Q(state=Order.State.COMPLETED)
SALE = Q(kind=Order.Kind.SALE)


def total_of(field: str | Combinable, where: Q | None = None) -> Coalesce:
    """The exact sum of an amount or quantity, zero over no rows."""
    return Coalesce(Sum(field, filter=where), Decimal(0), output_field=DecimalField(max_digits=24, decimal_places=4))


EARNED = F("total") - F("apart_total")
"""What of a document is revenue: gift cards that were sold are money the shop owes until they are spent."""

PAYABLE = F("total") + F("cash_rounding") + F("payment_difference")
"""What the payments of a document come to: `Order.payable` of many."""

REVENUE = total_of(EARNED)
"""Totals of all completed documents without the gift cards sold; refunds are negative."""

SALES = total_of(EARNED, SALE)
"""Totals of completed sales without the gift cards sold, before refunds; divided by ``ORDERS`` the average order."""

ORDERS = Count("pk", filter=SALE)
"""Completed sales; refunds and adjustments are not orders."""

ITEMS = total_of("items")
"""Units of goods sold less units that came back."""
