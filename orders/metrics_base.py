"""What the plain figures of selling are, as expressions over `Order` rows: the formulas every count of money shares.

Documents carry their lines' sums, refunds negative, so a plain sum over completed documents is the truth.
"""

from decimal import Decimal

from django.db.models import Count, DecimalField, Q, Sum
from django.db.models.functions import Coalesce

from orders.models import Order

COMPLETED = Q(state=Order.State.COMPLETED)
SALE = Q(kind=Order.Kind.SALE)


def total_of(field: str, where: Q | None = None) -> Coalesce:
    """The exact sum of an amount or quantity, zero over no rows."""
    return Coalesce(Sum(field, filter=where), Decimal(0), output_field=DecimalField(max_digits=24, decimal_places=4))


REVENUE = total_of("total")
"""Totals of all completed documents; refunds are negative."""

SALES = total_of("total", SALE)
"""Totals of completed sales, before refunds and adjustments; divided by ``ORDERS`` it is the average order."""

ORDERS = Count("pk", filter=SALE)
"""Completed sales; refunds and adjustments are not orders."""

ITEMS = total_of("items")
"""Units of goods sold less units that came back."""
