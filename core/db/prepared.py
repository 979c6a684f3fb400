"""Statements that every sale runs: PostgreSQL plans them once per connection, not once per sale."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

Row = TypeVar("Row", bound=models.Model)


class _PreparingCursor(Cursor[Any]):
    """Sends values apart from the text, and keeps the text prepared in its connection (the newest hundred)."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{"prepare": True, **options})


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """As ``connection.cursor()``, for the few statements that are run all the time and whose planning costs more than
    they do.

    The text must be the same each time, and must say the type of a value where that cannot be told from its place
    (``%s::uuid[]``). Another shop's schema on the same connection has it planned anew by itself.
    """
    with connection.cursor() as cursor:
        with cursor.cursor:
            cursor.cursor = _PreparingCursor(connection.connection)
        yield cursor


def find_row(model: type[Row], **values: Any) -> Row | None:
    """The first row whose attributes have these values (none of them null), without the ORM's composing of SQL.

    For look-ups that every sale pays for, in tables without JSON.
    """
    names = tuple(field.attname for field in model._meta.concrete_fields)
    with prepared_cursor() as cursor:
        cursor.execute(_look_up(model, tuple(values)), list(values.values()))
        row = cursor.fetchone()
    return None if row is None else model.from_db(connection.alias, names, row)


@cache
def _look_up(model: type[models.Model], names: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    columns = {field.attname: quote(str(field.column)) for field in model._meta.concrete_fields}
    conditions = " AND ".join(f"{columns[name]} = %s" for name in names)
    return f"SELECT {', '.join(columns.values())} FROM {quote(model._meta.db_table)} WHERE {conditions} LIMIT 1"  # noqa: S608
