"""Many rows at once: COPY, ten times quicker than inserts, and what the planner must know afterwards."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Stream rows into a model's table in the transaction at hand; answers how many.

    ``columns`` are database columns; the others get the table's defaults, so identity keys may be left out.
    Values are Python values as psycopg adapts them.
    """
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    count = 0
    with connection.cursor() as cursor, cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def analyze(*models: type[Model]) -> None:
    """Let the planner see what a bulk load changed: until autovacuum comes round, it would plan for empty tables."""
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")
