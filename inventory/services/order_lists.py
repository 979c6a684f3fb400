"""Take the list of what to order away as a file; the audit log says who did."""

from collections.abc import Sequence

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.locations.models import Location
from core.spreadsheets import Cell
from inventory.permissions import VIEW_STOCK
from inventory.selectors.cover import order_list
from inventory.services.policy import stock_policy

MOST_ROWS = 100_000
HEAD = ("SKU", "Article", "Available", "On its way", "Sold recently", "Lasts days", "Order")


@transaction.atomic
def export_rows(place: Location, *, actor: Actor) -> list[Sequence[Cell]]:
    """The rows under `HEAD`, what runs out first first. Raises `Forbidden`."""
    actor.require(VIEW_STOCK, at=place.pk)
    found = order_list(place, stock_policy(), actor=actor, most=MOST_ROWS)
    record(
        AuditEntry.Action.EXPORT,
        actor=actor,
        object_type="order_list",
        object_id=place.pk,
        object_label=f"{place}, {found.count} articles",
    )
    return [
        (row.sku, row.title, row.available, row.in_transit, row.sold, row.lasts_days, row.needed) for row in found.rows
    ]
