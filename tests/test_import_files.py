"""Broken files: each is refused in one clear sentence with row, column, value and reason, and changes nothing."""

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from core.testing import Shop
from inventory.models import ScanCode
from orders.imports import reading
from orders.imports.errors import RefusedRows, UnreadableFile
from orders.imports.formats.base import BadCell, Clock
from orders.imports.formats.uci_online_retail import COLUMNS, UCI_ONLINE_RETAIL, is_service, parser
from orders.imports.reading import inspect
from orders.models import ImportRun, Order, OrderLine
from tests.import_samples import HEADER, Row, line, run_import, write


def zipped(content: bytes = b"a,b\n1,2\n") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("sales.csv", content)
    return packed.getvalue()


def workbook() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.append(list(HEADER))  # type: ignore[union-attr]
    book.save(content)
    return content.getvalue()


GOOD = ",".join(HEADER) + "\n" + ",".join(line()) + "\n"
BROKEN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "The file is empty: 0 bytes."),
    "nothing, packed": (gzip.compress(b""), "The packed file is empty"),
    "blank lines": (b"\n\n\n", "The first row is empty"),
    "a header alone": ((",".join(HEADER) + "\n").encode(), "There is a header but no rows below it."),
    "a zip": (zipped(), "This is a ZIP archive or an Excel workbook (XLSX)."),
    "an empty zip": (b"PK\x05\x06" + bytes(18), "This is an empty ZIP archive."),
    "a workbook": (workbook(), "This is a ZIP archive or an Excel workbook (XLSX)."),
    "a zip, packed": (gzip.compress(zipped()), "This is a ZIP archive"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "This is an old Excel workbook (XLS)."),
    "a PDF": (b"%PDF-1.7\n", "This is a PDF."),
    "UTF-16": (GOOD.encode("utf-16"), "This text is in UTF-16."),
    "no encoding": (GOOD.encode() + b"536366,1,\x81\x8d\xff,1,2011-01-01 10:00,1,,\n", "Line 3 is neither UTF-8 nor"),
    "other columns": (
        b"id,name,price\n1,Tea,2\n",
        "InvoiceNo, StockCode, Description, Quantity, InvoiceDate, CustomerID",
    ),
    "a column short": (
        GOOD.replace("Quantity", "Qty").encode(),
        "Quantity is missing. The first row holds: InvoiceNo,",
    ),
    "a column twice": (
        GOOD.replace("Country", "Quantity").encode(),
        "The column Quantity stands there more than once.",
    ),
    "cut off": (gzip.compress(GOOD.encode() * 500, 9)[:-20], "The packed file is damaged or cut off"),
    "damaged": (gzip.compress(GOOD.encode())[:20] + b"\xff" * 40, "The packed file is damaged or cut off"),
    "a quote without end": (GOOD.encode() + b'1,2,"' + b"x" * 200_000, "cannot be read as CSV"),
    "random bytes": (bytes(range(1, 256)) * 40, "Line 2 is neither UTF-8 nor Windows-1252 text."),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_file_of_this_format_is_one_clear_sentence(acme: Shop, tmp_path: Path, name: str) -> None:
    content, sentence = BROKEN[name]
    path = tmp_path / "sales.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as refusal:
        run_import(acme, path)
    assert sentence in refusal.value.detail
    assert not Order.objects.exists()
    run = ImportRun.objects.get()
    assert (run.state, run.error, run.lines_added) == ("refused", refusal.value.detail, 0)


def test_an_absent_file_is_one_clear_sentence(acme: Shop, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"absent.csv: No such file or directory."):
        run_import(acme, tmp_path / "absent.csv")


BAD_CELLS: list[tuple[Row, str, str, str]] = [
    (line(quantity="six"), "Quantity", "six", "Not a number."),
    (line(quantity=""), "Quantity", "", "A number is missing."),
    (line(quantity="0"), "Quantity", "0", "A line of no units says nothing."),
    (line(quantity="1E+05"), "Quantity", "1E+05", "A spreadsheet shortened this number"),
    (line(quantity="NaN"), "Quantity", "NaN", "Not a number."),
    (line(quantity="١٢"), "Quantity", "١٢", "Not a number."),
    (line(quantity="1_000"), "Quantity", "1_000", "Not a number."),
    (line(quantity="1" * 39), "Quantity", "1" * 39, "This number is too large."),
    (line(quantity="1.2345"), "Quantity", "1.2345", "More than 3 digits after the point."),
    (line(price="2,55"), "UnitPrice", "2,55", "Not a number."),
    (line(price="£2.55"), "UnitPrice", "£2.55", "Not a number."),
    (line(price="2.55555"), "UnitPrice", "2.55555", "More than 4 digits after the point."),
    (line(price="999999999999"), "UnitPrice", "999999999999", "This number is too large."),
    (line(quantity="1.125", price="0.3333"), "Quantity x UnitPrice", "1.125 x 0.3333", "More than 4 digits"),
    (line(quantity="999999999", price="999999999"), "Quantity x UnitPrice", "999999999 x 999999999", "too large"),
    (line(at="yesterday"), "InvoiceDate", "yesterday", "Not a time."),
    (line(at="2010-02-30 08:26:00"), "InvoiceDate", "2010-02-30 08:26:00", "Not a time."),
    (line(at="2010-12-01"), "InvoiceDate", "2010-12-01", "The time of day is missing."),
    (line(at="2010-12-01 08:26:00+02:00"), "InvoiceDate", "2010-12-01 08:26:00+02:00", "without a zone"),
    (line(at="2999-12-01 08:26:00"), "InvoiceDate", "2999-12-01 08:26:00", "Not between 1970 and today."),
    (line(number=" "), "InvoiceNo", "", "An invoice number is missing."),
    (line(code=""), "StockCode", "", "A stock code is missing."),
    (line(number="1" * 41), "InvoiceNo", "1" * 41, "Longer than 40 characters."),
    (line(code="x" * 65), "StockCode", "x" * 65, "Longer than 64 characters."),
    (line(name="x" * 201), "Description", "x" * 80 + "…", "Longer than 200 characters."),
    (line(name="a\0b"), "Description", "a␀b", "Contains a NUL character."),
    (line(quantity="\0"), "Quantity", "␀", "Not a number."),
    (line(country="x" * 61), "Country", "x" * 61, "Longer than 60 characters."),
    (line()[:7], "(row)", ", ".join(line()[:7]), "It has 7 cells, the header has 8."),
    ((*line(), "more"), "(row)", ", ".join((*line(), "more")), "It has 9 cells, the header has 8."),
]


@pytest.mark.parametrize(("row", "column", "value", "reason"), BAD_CELLS)
def test_a_bad_cell_is_told_with_row_column_value_and_reason(
    acme: Shop, tmp_path: Path, row: Row, column: str, value: str, reason: str
) -> None:
    with pytest.raises(RefusedRows) as refusal:
        run_import(acme, write(tmp_path / "a.csv", [line("1"), row, line("3")]))
    (told,) = refusal.value.rows
    shown = value if len(value) <= 80 else value[:80] + "…"
    assert (told["row"], told["column"], told["value"]) == (3, column, shown)
    assert reason in told["reason"]
    assert not Order.objects.exists() and not OrderLine.objects.exists()
    run = ImportRun.objects.get()
    assert (run.state, run.refused_count, run.refused_rows) == ("refused", 1, [told])


def test_every_bad_row_is_counted_and_the_first_thousand_are_listed(acme: Shop, tmp_path: Path) -> None:
    rows = [line(str(n), quantity="x" if n % 2 else "1") for n in range(3_000)]
    with pytest.raises(RefusedRows) as refusal:
        run_import(acme, write(tmp_path / "a.csv", rows))
    assert (refusal.value.count, len(refusal.value.rows)) == (1_500, 1_000)
    assert refusal.value.detail.startswith(
        "1,500 rows are wrong, so nothing was imported. The first: row 3, Quantity 'x'"
    )
    assert not Order.objects.exists()


def test_a_file_that_unpacks_without_end_is_stopped_early(
    acme: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_UNPACKED_BYTES", 3 * 1024 * 1024)
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb") as packed:
        packed.write(GOOD.encode())
        for _ in range(64):
            packed.write(bytes(1024 * 1024))
    assert path.stat().st_size < 100_000
    with pytest.raises(UnreadableFile, match="larger than 3 MB unpacked"):
        run_import(acme, path)
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("encoding", "delimiter", "told"),
    [
        ("utf-8", ",", "Encoding UTF-8; these"),
        ("utf-8-sig", ";", "UTF-8, separated by semicolons"),
        ("cp1252", "\t", "Windows-1252"),
    ],
)
def test_encodings_and_separators_of_real_exports_are_read_and_told(
    acme: Shop, tmp_path: Path, encoding: str, delimiter: str, told: str
) -> None:
    header = [*(name.upper() for name in HEADER), "Till"]
    rows = [[*line(name="CAFÉ £5 – “SET”", customer="12346"), "7"], [], [*line("2"), "7", "", ""]]
    run = run_import(acme, write(tmp_path / "a.csv", rows, header=header, encoding=encoding, delimiter=delimiter))
    assert OrderLine.objects.earliest("id").name == "CAFÉ £5 – “SET”"
    assert told in run.notes[0]["text"] and "left out: Till" in run.notes[0]["text"]
    assert run.lines_added == 2


def test_text_that_is_a_formula_elsewhere_is_text_here(acme: Shop, tmp_path: Path) -> None:
    run_import(
        acme, write(tmp_path / "a.csv", [line(code="=1+1", name="=HYPERLINK(0)"), line(code="'; DROP", name="%s")])
    )
    assert list(OrderLine.objects.order_by("id").values_list("code", "name")) == [
        ("=1+1", "=HYPERLINK(0)"),
        ("'; DROP", "%s"),
    ]
    assert ScanCode.objects.filter(code="=1+1").exists()


def parsing() -> Callable[[Row], object]:
    clock = Clock(instant=lambda wall: wall.replace(tzinfo=UTC), day=lambda at: at.date())
    return parser({name: place for place, name in enumerate(COLUMNS)}, clock)


def test_both_ways_of_writing_a_time_mean_the_same() -> None:
    parse = parsing()
    spreadsheet, data_set = parse(line(at="12/1/2010 8:26")), parse(line(at="2010-12-01 08:26:00"))
    assert spreadsheet == data_set
    assert spreadsheet.occurred_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)  # type: ignore[attr-defined]
    assert spreadsheet.business_date == date(2010, 12, 1)  # type: ignore[attr-defined]
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    with pytest.raises(BadCell):
        parse(line(at=tomorrow.strftime("%Y-%m-%d %H:%M:%S")))


@pytest.mark.parametrize(
    "code", ["POST", "DOT", "M", "m", "D", "S", "B", "C2", "CRUK", "PADS", "BANK CHARGES", "gift_0001_50"]
)
def test_fees_and_vouchers_are_no_goods(code: str) -> None:
    assert is_service(code)


@pytest.mark.parametrize("code", ["22467", "85123A", "DCGS0003", "DCGSSBOY", "MUG", "POSTER", "SHIRT-M"])
def test_goods_are_goods(code: str) -> None:
    assert not is_service(code)


def test_a_look_at_a_file_tells_its_size_hash_and_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", [line(), line("2")])
    source = inspect(path, UCI_ONLINE_RETAIL)
    assert (source.size, source.encoding, source.width, source.line_breaks) == (path.stat().st_size, "utf-8-sig", 8, 3)
    assert source.unpacked_size == len(gzip.decompress(path.read_bytes()))
    assert [number for number, _ in source.rows()] == [2, 3]
