"""A recall: from a lot to every receipt it was sold on, and to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from core.actors import Actor
from orders.models import Order
from orders.permissions import VIEW_ORDERS

# Goods leave by a sale, a fulfilment or a change of an order, and come back by a refund, which names its sale.
SALES = """
    WITH step AS (
        SELECT coalesce(sent.order_id, changed.order_id, movement.reference_id) AS order_id, part.delta
        FROM inventory_movementlot AS part
        JOIN inventory_stockmovement AS movement ON movement.id = part.movement_id
        LEFT JOIN orders_fulfilment AS sent
          ON movement.reference_type = 'fulfilment' AND sent.id = movement.reference_id
        LEFT JOIN orders_orderchange AS changed
          ON movement.reference_type IN ('order_change', 'change_undone') AND changed.id = movement.reference_id
        WHERE part.lot_id = %(lot)s
          AND movement.reference_type IN ('order', 'fulfilment', 'order_change', 'change_undone')
    )
    SELECT coalesce(document.refund_of_id, document.id),
           coalesce(-sum(step.delta) FILTER (WHERE step.delta < 0), 0),
           coalesce(sum(step.delta) FILTER (WHERE step.delta > 0), 0)
    FROM step JOIN orders_order AS document ON document.id = step.order_id
    GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A sale that took of the lot: how many units, and how many of them came back."""

    order: Order
    sold: Decimal
    back: Decimal

    @property
    def out(self) -> Decimal:
        """What is still with the customer."""
        return self.sold - self.back


@dataclass(frozen=True, slots=True)
class Recall:
    """Every sale of a lot that the actor may see. ``orders`` is for pages of ``("-occurred_at", "id")``."""

    units: dict[UUID, tuple[Decimal, Decimal]]
    orders: QuerySet[Order]

    @property
    def out(self) -> Decimal:
        """Units that are still with customers."""
        return sum((sold - back for sold, back in self.units.values()), Decimal(0))

    def rows(self, orders: Sequence[Order]) -> list[Recalled]:
        return [Recalled(order, *self.units[order.pk]) for order in orders]


def recall_of(lot_id: UUID, *, actor: Actor) -> Recall:
    """Whom a lot went to, in two statements, however many movements there are."""
    with connection.cursor() as cursor:
        cursor.execute(SALES, {"lot": lot_id})
        units = {order: (sold, back) for order, sold, back in cursor.fetchall()}
    orders = Order.objects.filter(pk__in=list(units)).select_related("customer", "location")
    places = actor.places(VIEW_ORDERS)
    if places is not None:
        orders = orders.filter(location__in=places)
        visible = set(orders.values_list("pk", flat=True))
        units = {order: both for order, both in units.items() if order in visible}
    return Recall(units, orders)
