"""Take the stock of a day away as a file; the audit log says who did."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Invalid
from core.locations.models import Location
from core.money import round_money
from core.spreadsheets import Cell
from core.tenancy.context import current_tenant
from inventory.permissions import VIEW_COST, VIEW_STOCK
from inventory.selectors.stock import kept_by, levels_like
from inventory.selectors.value import stock_of

MOST_ROWS = 100_000
HEAD = ("SKU", "Article", "Location", "Day", "On hand", "Damaged", "On its way")


@transaction.atomic
def export_stock_then(
    day: date, instant: datetime, *, place: Location | None, words: str, actor: Actor
) -> list[Sequence[Cell]]:
    """Head and rows of what was kept at an instant, the end of ``day``, by SKU; with its value for who may see costs.

    Raises `Forbidden`, and `Invalid` where it would be more than `MOST_ROWS`.
    """
    actor.require(VIEW_STOCK, at=place.pk if place else None)
    rows = kept_by(levels_like(actor=actor, location_id=place.pk if place else None, words=words), instant)
    levels = list(rows.order_by("variant__sku", "location_id")[: MOST_ROWS + 1])
    if len(levels) > MOST_ROWS:
        raise Invalid(f"This is more than {MOST_ROWS} rows. Choose a location, or search for a part of it.")
    then = stock_of(levels, instant)
    with_value, currency = actor.may(VIEW_COST), current_tenant().currency
    table: list[Sequence[Cell]] = [(*HEAD, f"Value ({currency})") if with_value else HEAD]
    for level in levels:
        held = then[level.variant_id, level.location_id]
        row = (level.variant.sku, level.variant.title, str(level.location), day.isoformat())
        units = (held.on_hand, held.damaged, held.in_transit)
        table.append((*row, *units, round_money(held.value, currency)) if with_value else (*row, *units))
    record(
        AuditEntry.Action.EXPORT,
        actor=actor,
        object_type="stock",
        object_id=place.pk if place else day.isoformat(),
        object_label=f"{day.isoformat()}, {place or 'all locations'}, {len(levels)} rows",
    )
    return table
