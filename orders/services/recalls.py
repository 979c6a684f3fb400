"""Take a recall away as a file: it holds what people bought and how to reach them, so the audit log says who did."""

from collections.abc import Sequence

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.spreadsheets import Cell
from inventory.models import Lot
from orders.permissions import VIEW_CUSTOMERS, VIEW_ORDERS
from orders.selectors.recall import recall_of

HEAD = ("Receipt", "Sold at", "Location", "Sold", "Came back", "Still out", "Customer", "E-mail", "Phone")


@transaction.atomic
def export_recall(lot: Lot, *, actor: Actor) -> list[Sequence[Cell]]:
    """Every sale of the lot under `HEAD`, newest first; customers only for those who may see them.

    Raises `Forbidden`.
    """
    actor.require(VIEW_ORDERS)
    found = recall_of(lot.pk, actor=actor)
    rows = found.rows(list(found.orders.order_by("-occurred_at", "pk")))
    record(
        AuditEntry.Action.EXPORT,
        actor=actor,
        object_type="recall",
        object_id=lot.pk,
        object_label=f"{lot.variant.sku} {lot.code}, {len(rows)} sales",
    )
    knows = actor.may(VIEW_CUSTOMERS)
    made: list[Sequence[Cell]] = []
    for row in rows:
        buyer = row.order.customer if knows else None
        who = (str(buyer), buyer.email, buyer.phone) if buyer else ("", "", "")
        when = row.order.occurred_at.isoformat(timespec="seconds")
        made.append((row.order.number, when, str(row.order.location), row.sold, row.back, row.out, *who))
    return made
