"""Checked lines on their way: they wait in a temporary table of this session, where nothing of the shop sees them.

Whatever the size of the file, this process holds one batch of rows. The database does the grouping.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from django.db import connection

from core.jobs.registry import Progress
from core.locations.models import Location
from core.locations.selectors import business_date, zone_of
from core.tenancy.context import current_tenant
from orders.imports.errors import RefusedRows, UnreadableFile
from orders.imports.formats.base import BadCell, Clock, Format
from orders.imports.reading import Source

NAMESPACE = UUID("5e1b6a0e-7c1f-4f0e-9a51-3d1f7f3c6d11")
BATCH = 5_000
LISTED = 1_000
SHOWN_CHARACTERS = 80

MAKE = """
    CREATE TEMPORARY TABLE import_line (
        line_no bigint PRIMARY KEY, order_id uuid NOT NULL, number text NOT NULL, nature text NOT NULL,
        code text NOT NULL, description text NOT NULL, quantity numeric(14,3) NOT NULL,
        unit_price numeric(14,4) NOT NULL, occurred_at timestamptz NOT NULL, business_date date NOT NULL,
        customer text NOT NULL, country text NOT NULL
    )
"""
DROP = "DROP TABLE IF EXISTS pg_temp.import_line"
COPY = "COPY pg_temp.import_line FROM STDIN"
Staged = tuple[int, UUID, str, str, str, str, Any, Any, datetime, date, str, str]


@dataclass(slots=True)
class Refusals:
    """Rows that break a rule: all are counted, the first are listed."""

    count: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, number: int, problem: BadCell) -> None:
        self.count += 1
        if len(self.rows) < LISTED:
            value = problem.value.replace("\0", "\u2400")  # PostgreSQL keeps no NUL
            shown = value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…"
            self.rows.append({"row": number, "column": problem.column, "value": shown, "reason": problem.reason})


def namespace_of(file_format: Format) -> UUID:
    """The namespace of everything one shop imports in one format: the same content gets the same identifiers."""
    return uuid5(NAMESPACE, f"{current_tenant().pk}/{file_format.name}")


@contextmanager
def staged(source: Source, file_format: Format, location: Location, tell: Progress) -> Iterator[int]:
    """Check every row and keep the good ones in ``pg_temp.import_line``; gives their number.

    Raises:
        RefusedRows: some rows are wrong. All of them were looked at first.
        UnreadableFile: there are no rows, or the file breaks off.
    """
    with connection.cursor() as cursor:
        cursor.execute(DROP)
        cursor.execute(MAKE)
    try:
        yield _fill(source, file_format, location, tell)
    finally:
        if not connection.needs_rollback and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(DROP)


def _fill(source: Source, file_format: Format, location: Location, tell: Progress) -> int:
    refusals, count = Refusals(), 0
    batch: list[Staged] = []
    for number, line in _lines(source, file_format, location, refusals):
        count += 1
        if refusals.count:
            batch.clear()  # nothing will land: the rest is read for its mistakes only
        batch.append(line)
        if len(batch) >= BATCH:
            _copy(batch)
            tell(number, source.line_breaks * 2, f"Checked {number:,} rows")
    if refusals.count:
        raise RefusedRows(refusals.rows, refusals.count)
    if not count:
        raise UnreadableFile("There is a header but no rows below it.")
    _copy(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pg_temp.import_line")
    return count


def _lines(source: Source, file_format: Format, location: Location, refusals: Refusals) -> Iterator[tuple[int, Staged]]:
    parse, width = file_format.parser(source.places, _clock(location)), source.width
    namespace = namespace_of(file_format)
    order_id = lru_cache(1_000)(lambda number: uuid5(namespace, f"order/{number}"))
    for number, cells in source.rows():
        try:
            line = parse(cells if len(cells) == width else _squared(cells, width))
        except BadCell as problem:
            refusals.add(number, problem)
        else:
            yield number, (number, order_id(line.number), *line)


def _squared(cells: list[str], width: int) -> list[str]:
    """A row without the separators that some programs leave at its end. Raises `BadCell` for a ragged one."""
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != width:
        raise BadCell("(row)", ", ".join(cells), f"It has {len(cells)} cells, the header has {width}.")
    return cells


def _clock(location: Location) -> Clock:
    zone = zone_of(location)
    return Clock(
        instant=lambda wall: wall.replace(tzinfo=zone).astimezone(UTC), day=lambda at: business_date(at, location)
    )


def _copy(batch: list[Staged]) -> None:
    if batch:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for line in batch:
                copy.write_row(line)
        batch.clear()
