"""Tables as files that spreadsheets open: text that looks like a formula stays text, numbers stay exact."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

Cell = str | int | Decimal | None
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
CSV, XLSX = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe in front.

    Numbers stay numbers, also negative ones. Source: OWASP, CSV injection.
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else cell


def as_csv(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV (RFC 4180), exact decimals with a point."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([format(cell, "f") if isinstance(cell, Decimal) else safe(cell) for cell in row])
    return out.getvalue()


def as_xlsx(rows: Iterable[Sequence[Cell]], *, title: str) -> bytes:
    """Rows as a workbook of one sheet; text is text whatever it begins with."""
    from openpyxl import Workbook  # noqa: PLC0415  slow to import, rarely wanted
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    def typed(cell: Cell) -> Any:
        made: Any = WriteOnlyCell(sheet, value=cell)  # type: ignore[arg-type]  # it takes decimals
        if isinstance(cell, str):
            made.data_type = "s"
        return made

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for row in rows:
        sheet.append([typed(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
