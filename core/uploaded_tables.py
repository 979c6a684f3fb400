"""Tables that people upload: CSV or XLSX of unknown quality, read as rows of text: the way back of `spreadsheets`."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from core.errors import DomainError
from core.money import plain_decimal
from core.spreadsheets import DANGEROUS

MOST_BYTES = 20 * 2**20
MOST_UNPACKED = 200 * 2**20
MOST_COLUMNS = 60
LONGEST_CELL = 1_000
DELIMITERS = (",", ";", "\t")
ZIP = b"PK\x03\x04"


class UnreadableTable(DomainError):
    """The file is no table with the columns that are needed; the words say what to do."""

    code, status, title = "unreadable-file", 422, "The file cannot be read"


@dataclass(frozen=True, slots=True)
class Row:
    """A row with the number that a spreadsheet shows beside it, and a text per wanted column ("" where empty)."""

    number: int
    cells: Mapping[str, str]


def content_of(upload: "UploadedFile[bytes]") -> bytes:
    """What was uploaded. Raises `UnreadableTable` before more is read than any table has."""
    if (upload.size or 0) > MOST_BYTES:
        raise UnreadableTable(f"The file is larger than {MOST_BYTES // 2**20} MB.")
    return bytes(upload.read())


def read_table(
    content: bytes, *, columns: Mapping[str, Sequence[str]], needed: Sequence[str], most_rows: int
) -> list[Row]:
    """The rows below the header, in the order of the file; rows without any text are left out.

    ``columns`` names each wanted column with the headers it may have, in small letters; others are ignored. An
    apostrophe that `core.spreadsheets.safe` put in front of a text is taken away again.

    Raises:
        UnreadableTable: empty, too large, of another kind, damaged, without a needed column, or with too many rows.
    """
    if not content:
        raise UnreadableTable("The file is empty: 0 bytes.")
    try:
        rows = _of_book(content, most_rows) if content.startswith(ZIP) else _of_text(content, columns)
        header = [cell.strip().lower() for cell in next(rows, [])]
        places = _places(header, columns, needed)
        return _read(rows, places, most_rows)
    except csv.Error as problem:
        raise UnreadableTable(f"This cannot be read as CSV: {problem}.") from problem


def _read(rows: Iterable[Sequence[str]], places: Mapping[str, int], most_rows: int) -> list[Row]:
    found: list[Row] = []
    for number, cells in enumerate(rows, start=2):
        if not any(cells):
            continue
        if len(found) >= most_rows:
            raise UnreadableTable(f"More than {most_rows:,} rows. Split the file.")
        row = {name: _plain(cells[place]) if place < len(cells) else "" for name, place in places.items()}
        found.append(Row(number, row))
    return found


def _places(header: Sequence[str], columns: Mapping[str, Sequence[str]], needed: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for name, known in columns.items():
        hits = [place for place, cell in enumerate(header) if cell in known]
        if len(hits) > 1:
            raise UnreadableTable(f"The column {header[hits[0]]} stands there more than once.")
        if hits:
            places[name] = hits[0]
    if missing := [columns[name][0] for name in needed if name not in places]:
        seen = ", ".join(cell[:40] for cell in header[:20]) or "nothing"
        raise UnreadableTable(
            f"The first row must name the columns; {' and '.join(missing)}"
            f" {'is' if len(missing) == 1 else 'are'} missing. It holds: {seen}."
        )
    return places


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(DANGEROUS) else text


def _of_text(content: bytes, columns: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as problem:
            raise UnreadableTable("This is neither CSV in UTF-8 nor an Excel workbook (XLSX).") from problem
    if "\0" in text:
        raise UnreadableTable("This is neither CSV in UTF-8 nor an Excel workbook (XLSX).")
    first = text.split("\n", 1)[0].strip("\r")
    known = {name for names in columns.values() for name in names}

    def fits(delimiter: str) -> int:
        cells = next(csv.reader([first[:10_000]], delimiter=delimiter), [])
        return sum(cell.strip().lower() in known for cell in cells)

    csv.field_size_limit(100_000)
    return csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=fits))


def _of_book(content: bytes, most_rows: int) -> Iterator[list[str]]:
    """The first sheet of a workbook, row by row: a cell far out makes no table as wide as a football field."""
    from openpyxl import load_workbook  # noqa: PLC0415  slow to import, rarely wanted

    _refuse_bombs(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for row in sheet.iter_rows(max_row=most_rows + 2, max_col=MOST_COLUMNS, values_only=True):
            yield [_text_of(value) for value in row]
    except UnreadableTable:
        raise
    except Exception as problem:  # what a broken workbook makes of a parser is anything
        raise UnreadableTable("This workbook is damaged. Save it anew as XLSX, or as CSV.") from problem


def _refuse_bombs(content: bytes) -> None:
    """Unpack everything once, counting: what a file says of its own size is no proof."""
    size = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                with archive.open(member) as part:
                    while chunk := part.read(2**20):
                        size += len(chunk)
                        if size > MOST_UNPACKED:
                            raise UnreadableTable(f"The workbook is larger than {MOST_UNPACKED // 2**20} MB unpacked.")
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError) as problem:
        raise UnreadableTable("This workbook is damaged or locked. Save it anew as XLSX, or as CSV.") from problem


def _text_of(value: Any) -> str:
    """A cell as somebody would type it: numbers without noise, as many digits as a spreadsheet keeps."""
    if value is None:
        return ""
    if isinstance(value, float):
        return plain_decimal(Decimal(format(value, ".15g")))
    return str(value)[:LONGEST_CELL]
