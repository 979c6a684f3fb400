"""The one registry of figures: what each is called, how it is reckoned, and who may see it.

Pages, API, exports and the board read it; nobody writes a second definition. Every plain metric adds up over days,
locations and channels; ratios are made of sums at the end, never averaged. Only completed documents count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.db.models import Aggregate, Count, DecimalField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import Coalesce

from analytics.permissions import VIEW_REPORTS
from inventory.permissions import VIEW_COST
from orders.metrics_base import EARNED, ITEMS, ORDERS, REVENUE, SALES, total_of
from orders.models import Order

Unit = Literal["money", "count", "quantity", "ratio"]
Source = Literal["documents", "lines"]
Value = Decimal | int | None
FOUR_PLACES = Decimal("0.0001")

REFUND = Q(kind=Order.Kind.REFUND)


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. ``expression`` is over rows of ``source``; ``parts`` are the two metrics a quotient divides."""

    name: str
    label: str
    formula: str
    unit: Unit
    permission: str = VIEW_REPORTS
    source: Source = "documents"
    expression: Aggregate | Coalesce | None = None
    parts: tuple[()] | tuple[str, str] = ()
    lower_is_better: bool = False


_COST = ExpressionWrapper(F("quantity") * F("unit_cost"), output_field=DecimalField(max_digits=24, decimal_places=7))
_COST_KNOWN = Q(unit_cost__isnull=False)

_ALL = (
    Metric(
        "revenue",
        "Revenue",
        "Sum of the totals of all completed documents without the gift cards sold; refunds are negative. Tax is"
        " included as it was charged.",
        "money",
        expression=REVENUE,
    ),
    Metric(
        "orders",
        "Orders",
        "Number of completed sales; refunds and adjustments are not orders.",
        "count",
        expression=ORDERS,
    ),
    Metric(
        "average_order",
        "Average order",
        "Sales divided by orders: the mean total of a completed sale before any refund.",
        "money",
        parts=("sales", "orders"),
    ),
    Metric(
        "items",
        "Items",
        "Units of goods sold less units that came back; fees and services are not goods.",
        "quantity",
        expression=ITEMS,
    ),
    Metric(
        "sales",
        "Sales",
        "Sum of the totals of completed sales without the gift cards sold, before refunds and adjustments.",
        "money",
        expression=SALES,
    ),
    Metric(
        "refunded",
        "Refunded",
        "Sum of the totals of completed refunds without gift cards that came back, as a negative amount.",
        "money",
        expression=total_of(EARNED, REFUND),
    ),
    Metric(
        "refunds",
        "Refunds",
        "Number of completed refunds.",
        "count",
        expression=Count("pk", filter=REFUND),
        lower_is_better=True,
    ),
    Metric(
        "refunded_without_receipt",
        "Refunded without a receipt",
        "The part of what was refunded whose sale nobody knows, as a negative amount.",
        "money",
        expression=total_of(EARNED, REFUND & Q(is_without_receipt=True)),
    ),
    Metric(
        "documents",
        "Documents",
        "Number of all completed documents: sales, refunds and adjustments.",
        "count",
        expression=Count("pk"),
    ),
    Metric(
        "lines",
        "Lines",
        "Number of lines of all completed documents.",
        "count",
        expression=Coalesce(Sum("line_count"), 0),
    ),
    Metric(
        "discounts",
        "Discounts",
        "Sum of the discounts of all completed documents.",
        "money",
        expression=total_of("discount_total"),
        lower_is_better=True,
    ),
    Metric("tax", "Tax", "Sum of the tax of all completed documents.", "money", expression=total_of("tax_total")),
    Metric(
        "net_revenue",
        "Net revenue",
        "Revenue without tax: the sum of the subtotals of all completed documents without the gift cards sold.",
        "money",
        expression=total_of(F("subtotal") - F("apart_total")),
    ),
    Metric(
        "gift_cards_sold",
        "Gift cards sold",
        "What was paid for gift cards, less those that came back untouched. Owed until they are spent: no revenue.",
        "money",
        expression=total_of("apart_total"),
    ),
    Metric(
        "net_with_cost",
        "Net revenue with known cost",
        "Sum of the net amounts of the lines whose unit cost was known at the sale.",
        "money",
        permission=VIEW_COST,
        source="lines",
        expression=total_of("net", _COST_KNOWN),
    ),
    Metric(
        "gross_profit",
        "Gross profit",
        "Net amounts less unit cost times quantity, over the lines whose unit cost was known at the sale.",
        "money",
        permission=VIEW_COST,
        source="lines",
        expression=Coalesce(
            Sum("net", filter=_COST_KNOWN) - Sum(_COST, filter=_COST_KNOWN),
            Decimal(0),
            output_field=DecimalField(max_digits=24, decimal_places=4),
        ),
    ),
    Metric(
        "margin",
        "Gross margin",
        "Gross profit divided by the net revenue with known cost.",
        "ratio",
        permission=VIEW_COST,
        source="lines",
        parts=("gross_profit", "net_with_cost"),
    ),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}

TABLES: dict[str, str] = {"days": VIEW_REPORTS, "products": VIEW_REPORTS, "channels": VIEW_REPORTS}
"""The tables of the report that can be taken away as a file, with their permissions."""


def plain_metrics(source: Source) -> dict[str, Aggregate | Coalesce]:
    """The expressions of all metrics that add up, for one ``annotate`` or ``aggregate`` over ``source``."""
    return {
        metric.name: metric.expression
        for metric in METRICS.values()
        if metric.source == source and metric.expression is not None
    }


def derived(sums: Mapping[str, Value]) -> dict[str, Value]:
    """The sums with their ratios: four places, None where there is nothing to divide by."""
    found = dict(sums)
    for metric in METRICS.values():
        if metric.parts and all(part in sums for part in metric.parts):
            above, below = (sums[part] for part in metric.parts)
            found[metric.name] = (Decimal(above or 0) / Decimal(below)).quantize(FOUR_PLACES) if below else None
    return found
