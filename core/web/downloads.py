"""Tables to take away."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from core.spreadsheets import CSV, XLSX, Cell, as_csv, as_xlsx


def table_file(rows: Iterable[Sequence[Cell]], *, name: str, title: str, kind: str | None) -> HttpResponse:
    """Rows as a file to save, ``name`` without its ending: a workbook where ``kind`` is xlsx, else CSV.

    The CSV begins with a byte order mark: without it spreadsheets take its letters for those of another alphabet.
    """
    is_book = kind == "xlsx"
    content = as_xlsx(rows, title=title) if is_book else as_csv(rows).encode("utf-8-sig")
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{"xlsx" if is_book else "csv"}"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(content, content_type=XLSX if is_book else CSV, headers=headers)
