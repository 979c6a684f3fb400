"""Write rows of several tables with one statement.

A sale writes its order, lines, payments and audit entry together, then its events: one round trip each instead of one
per table, and none of the ORM's SQL per field. The types come from the tables (``jsonb_populate_recordset``), the SQL
is made once per set of models.
"""

import json
from collections.abc import Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import connection, models

from core.db.prepared import prepared_cursor
from core.events import plain


def insert_together(*groups: Sequence[models.Model]) -> None:
    """Insert the rows of each group (all of one model) in order, with one statement for all groups.

    Identity keys are given by the database and not read back. Constraints hold at the end of the statement, so a later
    group may point to an earlier one. Raises what the database raises (``IntegrityError``); then nothing is written.
    """
    filled = [group for group in groups if group]
    if not filled:
        return
    values = [json.dumps([_values(row) for row in group], default=_plain) for group in filled]
    with prepared_cursor() as cursor:
        cursor.execute(_statement(tuple(type(group[0]) for group in filled)), values)


class _Shape:
    """How rows of a model are read: its columns, their values, and the fields that set theirs as they are written."""

    def __init__(self, model: type[models.Model]) -> None:
        identity = (models.AutoField, models.BigAutoField)
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, identity)]
        self.columns = [str(field.column) for field in fields]
        self.read = attrgetter(*(field.attname for field in fields))
        self.stamped = [field for field in fields if type(field).pre_save is not models.Field.pre_save]


_shape = cache(_Shape)


def _values(row: models.Model) -> dict[str, Any]:
    shape = _shape(type(row))
    for field in shape.stamped:
        field.pre_save(row, add=True)
    return dict(zip(shape.columns, shape.read(row), strict=True))


def _plain(value: Any) -> Any:
    """What JSON does not know."""
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    told = plain(value)
    if told is value:
        raise TypeError(f"{value!r} cannot be written as JSON")
    return told


@cache
def _statement(kinds: tuple[type[models.Model], ...]) -> str:
    inserts = [_insert(kind) for kind in kinds]
    steps = "".join(f"step_{place} AS ({insert}), " for place, insert in enumerate(inserts[:-1]))
    return f"WITH {steps.removesuffix(', ')} {inserts[-1]}" if steps else inserts[-1]


def _insert(model: type[models.Model]) -> str:
    """The rows keep the order of the list, and with it the order of their identity keys."""
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(column) for column in _shape(model).columns)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM "  # noqa: S608  names of our own models
        f"ROWS FROM (jsonb_populate_recordset(NULL::{table}, %s::jsonb)) WITH ORDINALITY ORDER BY ordinality"
    )
