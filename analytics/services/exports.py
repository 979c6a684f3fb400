"""Take a report away as a file: what the page shows, in full, and who took it."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import transaction

from analytics.metrics import METRICS, TABLES
from analytics.selectors.reports import Report
from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound

Cell = str | int | Decimal | None
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


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
    return _written(_rows(found, table))


def safe(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe in front.

    Numbers stay numbers, also negative ones. Source: OWASP, CSV injection.
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else cell


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


def _written(rows: Iterable[Sequence[Cell]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([format(cell, "f") if isinstance(cell, Decimal) else safe(cell) for cell in row])
    return out.getvalue()
