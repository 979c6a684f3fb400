"""PostgreSQL as our schema wants it: constraints answer at once, and every CHECK has a name.

Deferred foreign keys turn an ``IntegrityError`` into an internal error at commit on a sharded database, and unnamed
inline CHECKs cannot be added there (CITUS rules 5 and 6). Both cost nothing on plain PostgreSQL.
"""

from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.base import *  # noqa: F403  django-tenants imports names from here
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.postgresql.schema import DatabaseSchemaEditor


class ImmediateOperations(DatabaseOperations):
    """Foreign keys are checked when the row is written."""

    def deferrable_sql(self) -> str:
        return " DEFERRABLE INITIALLY IMMEDIATE"


class NamedChecksEditor(DatabaseSchemaEditor):
    """Adds a column's CHECK as a named constraint of its own."""

    def add_field(self, model: Any, field: Any) -> None:
        check = None if field.many_to_many else field.db_parameters(self.connection).get("check")
        if not check:
            super().add_field(model, field)
            return
        field.db_check = lambda connection: None
        try:
            super().add_field(model, field)
        finally:
            del field.db_check
        name = self._create_index_name(  # type: ignore[attr-defined]
            model._meta.db_table, [field.column], suffix="_check"
        )
        self.execute(self._create_check_sql(model, name, check))  # type: ignore[attr-defined]


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[no-redef]
    ops_class = ImmediateOperations
    SchemaEditorClass = NamedChecksEditor
