"""From a file of unknown quality to rows of text: what kind of file, how packed, in which encoding, which columns.

Nothing here trusts the file: sizes are counted while unpacking, and every way it can be broken is one sentence.
"""

import csv
import gzip
import io
import zlib
from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

from orders.imports.errors import UnreadableFile
from orders.imports.formats.base import Format

MOST_UNPACKED_BYTES = 400 * 1024 * 1024
LONGEST_CELL = 100_000
CHUNK = 1024 * 1024
ENCODINGS = ("utf-8-sig", "cp1252")
DELIMITERS = (",", ";", "\t")
GZIP = b"\x1f\x8b"
OTHER_KINDS = {
    b"PK\x03\x04": "This is a ZIP archive or an Excel workbook (XLSX). Save the sheet as CSV, or pack it with gzip.",
    b"PK\x05\x06": "This is an empty ZIP archive. Send a CSV file, plain or packed with gzip.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel workbook (XLS). Save the sheet as CSV.",
    b"%PDF": "This is a PDF. Send a CSV file, plain or packed with gzip.",
    b"\xff\xfe": "This text is in UTF-16. Save it as CSV in UTF-8.",
    b"\xfe\xff": "This text is in UTF-16. Save it as CSV in UTF-8.",
    b"7z\xbc\xaf": "This is a 7z archive. Send a CSV file, plain or packed with gzip.",
    b"BZh": "This is packed with bzip2. Send a CSV file, plain or packed with gzip.",
    b"\xfd7zXZ": "This is packed with xz. Send a CSV file, plain or packed with gzip.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read once from end to end: text in a known encoding with the columns we need.

    ``line_breaks`` is an estimate of the number of rows, for progress only.
    """

    path: Path
    size: int
    unpacked_size: int
    sha256: str
    encoding: str
    delimiter: str
    places: Mapping[str, int]
    width: int
    extra_columns: tuple[str, ...]
    line_breaks: int

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row below the header with its number as a spreadsheet counts it. Empty rows are left out.

        Raises:
            UnreadableFile: a cell never ends (an opened quote, most likely).
        """
        with _text(self.path, self.encoding) as text:
            number = 0
            reader = csv.reader(text, delimiter=self.delimiter)
            csv.field_size_limit(LONGEST_CELL)
            try:
                for number, cells in enumerate(reader, start=1):
                    if number > 1 and any(cells):
                        yield number, cells
            except csv.Error as problem:
                raise UnreadableFile(f"Row {number + 1} cannot be read as CSV: {problem}.") from problem


def inspect(path: Path, file_format: Format, beat: Callable[[], None] = lambda: None) -> Source:
    """Read a file once and say what it is. ``beat`` is called after each megabyte.

    Raises:
        UnreadableFile: empty, of another kind, damaged, too large, in no encoding we know, or with other columns.
    """
    digest, line_breaks, unpacked = sha256(), 0, 0
    decoders = {name: getincrementaldecoder(name)() for name in ENCODINGS}
    check_kind(path)
    for chunk in _packed(path):
        digest.update(chunk)
    for chunk in _unpacked(path):
        unpacked += len(chunk)
        line_breaks += chunk.count(b"\n")
        for name in list(decoders):
            try:
                decoders[name].decode(chunk)
            except UnicodeDecodeError as problem:
                del decoders[name]
                if not decoders:
                    before = line_breaks - chunk.count(b"\n") + chunk[: problem.start].count(b"\n")
                    raise UnreadableFile(
                        f"Line {before + 1} is neither UTF-8 nor Windows-1252 text. Save the file as CSV in UTF-8."
                    ) from problem
        beat()
    encoding = _ended_well(decoders)
    delimiter, places, header = _columns(path, encoding, file_format)
    known = set(places.values())
    return Source(
        path=path,
        size=path.stat().st_size,
        unpacked_size=unpacked,
        sha256=digest.hexdigest(),
        encoding=encoding,
        delimiter=delimiter,
        places=places,
        width=len(header),
        extra_columns=tuple(name for place, name in enumerate(header) if place not in known and name.strip()),
        line_breaks=line_breaks,
    )


def check_kind(path: Path) -> None:
    """Refuse at a glance what is no text: nothing at all, archives, workbooks. Cheap enough for a web request."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as problem:
        raise UnreadableFile(f"{path.name}: {problem.strerror}.") from problem
    if not start:
        raise UnreadableFile("The file is empty: 0 bytes.")
    _refuse_other_kinds(start)
    if start.startswith(GZIP):
        for chunk in _unpacked(path):
            _refuse_other_kinds(chunk[:8])
            return
        raise UnreadableFile("The packed file is empty: it holds 0 bytes.")


def check_columns(path: Path, file_format: Format) -> None:
    """Refuse a file with other columns, by its first row alone. In an unknown encoding headers still read as ASCII."""
    check_kind(path)
    _columns(path, "latin-1", file_format)


def _refuse_other_kinds(start: bytes) -> None:
    for mark, sentence in OTHER_KINDS.items():
        if start.startswith(mark):
            raise UnreadableFile(sentence)


def _ended_well(decoders: dict[str, IncrementalDecoder]) -> str:
    """The first encoding in which all of the file, its last character included, is text."""
    for name, decoder in decoders.items():
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise UnreadableFile("The file ends in the middle of a character. It may have been cut off.")


def _packed(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _unpacked(path: Path) -> Iterator[bytes]:
    """The file's content piece by piece, gunzipped if need be; stops a bomb before it goes off."""
    with _opened(path) as file:
        size = 0
        try:
            while chunk := file.read(CHUNK):
                size += len(chunk)
                if size > MOST_UNPACKED_BYTES:
                    most = MOST_UNPACKED_BYTES // 1024 // 1024
                    raise UnreadableFile(f"The file is larger than {most} MB unpacked. Split it by months.")
                yield chunk
        except (gzip.BadGzipFile, zlib.error, EOFError) as problem:
            raise UnreadableFile(f"The packed file is damaged or cut off ({problem}).") from problem


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        is_packed = file.read(2) == GZIP
    return cast(BinaryIO, gzip.open(path, "rb") if is_packed else path.open("rb"))


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    with _opened(path) as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        yield text


def _columns(path: Path, encoding: str, file_format: Format) -> tuple[str, dict[str, int], list[str]]:
    """Which separator, where our columns stand, and the whole header."""
    with _text(path, encoding) as text:
        try:
            first = text.readline(LONGEST_CELL)
        except (gzip.BadGzipFile, zlib.error, EOFError) as problem:
            raise UnreadableFile(f"The packed file is damaged or cut off ({problem}).") from problem
    first = first.lstrip("\ufeff").removeprefix("\xef\xbb\xbf").strip("\r\n")
    if not first.strip():
        raise UnreadableFile("The first row is empty; it must hold the names of the columns.")
    best: tuple[str, dict[str, int], list[str]] | None = None
    for delimiter in DELIMITERS:
        try:
            header = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter))]
        except csv.Error:
            continue
        names = [name.lower() for name in header]
        places = {
            column: names.index(found)
            for column, known in file_format.columns.items()
            if (found := next((name for name in known if name in names), None))
        }
        if best is None or len(places) > len(best[1]):
            best = (delimiter, places, header)
        for column, known in file_format.columns.items():
            if sum(names.count(name) for name in known) > 1:
                raise UnreadableFile(f"The column {column} stands there more than once.")
    if best is None:
        raise UnreadableFile("The first row cannot be read as names of columns.")
    missing = [column for column in file_format.columns if column not in best[1]]
    if missing:
        seen = ", ".join(name[:40] for name in best[2][:20])
        raise UnreadableFile(
            f"The columns are not those of {file_format.label}: {', '.join(missing)}"
            f" {'is' if len(missing) == 1 else 'are'} missing. The first row holds: {seen}."
        )
    return best
