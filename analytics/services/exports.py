"""Take a report away as a file: what the page shows, in full, and who took it."""

from collections.abc import Iterable, Sequence

from django.db import transaction

from analytics.metrics import METRICS, TABLES
from analytics.selectors.reports import Report
from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound
from core.spreadsheets import Cell, as_csv


@transaction.atomic(durable=True)
def export_report(found: Report, *, table: str, actor: Actor) -> str:
    """A table of the report as CSV (RFC 4180, exact decimals with a point), with its row in the audit log.

    Raises `NotFound` for a table there is not, `Forbidden` for one the actor may not see.
    """
    if table not in TABLES:
        raise NotFound(f"There is no table {table}. There are: {', '.join(TABLES)}.")
    actor.require(TABLES[table])
    record(
        AuditEntry.Action.EXPORT,
        actor=actor,
        object_type="report",
        object_id=f"{found.period.start}/{found.period.end}",
        object_label=f"{table} of {found.period.label}" + (f", {found.location}" if found.location else ""),
    )
    return as_csv(_rows(found, table))


def _rows(found: Report, table: str) -> Iterable[Sequence[Cell]]:
    if table == "products":
        yield ["SKU", "Product", "Revenue", "Quantity"]
        both = {row.sku: row for row in (*found.by_revenue, *found.by_quantity)}
        for row in both.values():
            yield [row.sku, row.name, row.revenue, row.quantity]
        return
    parts = found.channels if table == "channels" else found.hours or found.days
    names = [name for name, figure in found.figures.items() if figure.metric.source == "documents"]
    first = "Channel" if table == "channels" else "Hour" if found.hours else "Day"
    yield [first, *(METRICS[name].label for name in names)]
    for part in parts:
        yield [part.label, *(part.figures[name] for name in names)]
    yield ["Total", *(found.figures[name].value for name in names)]
