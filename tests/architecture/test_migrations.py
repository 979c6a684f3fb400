"""Migrations that a sharded cluster of a thousand shops can run (docs/tenancy.md, rules for schema changes)."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from core.tenancy.context import use_tenant
from core.testing import Shop

OURS = {
    config.label
    for config in apps.get_app_configs()
    if config.name.split(".")[0] in {"core", "inventory", "orders", "analytics", "webhooks", "realtime"}
}
FORBIDDEN_SQL = re.compile(
    r"create\s+(or\s+replace\s+)?(constraint\s+)?trigger|inherits\s*\(|unlogged|create\s+extension|materialized\s+view"
    r"|rename\s+constraint|set\s+statistics|disable\s+trigger|clone_schema",
    re.IGNORECASE,
)


def own_migrations() -> Iterator[tuple[str, migrations.Migration]]:
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        if app in OURS:
            yield f"{app}.{name}", migration


def operations(migration: migrations.Migration) -> list[Any]:
    return list(migration.operations)


ALL = list(own_migrations())


@pytest.mark.parametrize(("name", "migration"), ALL, ids=[name for name, _ in ALL])
class TestEveryMigration:
    def test_is_named_for_what_it_does(self, name: str, migration: migrations.Migration) -> None:
        assert not re.search(r"_auto_|_alter_.*_more|\d{8}_\d{4}", name)

    def test_can_be_taken_back(self, name: str, migration: migrations.Migration) -> None:
        assert [type(o).__name__ for o in operations(migration) if not o.reversible] == []

    def test_writes_sql_one_statement_at_a_time_and_nothing_that_cannot_be_sharded(
        self, name: str, migration: migrations.Migration
    ) -> None:
        for operation in operations(migration):
            if isinstance(operation, migrations.RunSQL):
                for side in (operation.sql, operation.reverse_sql):
                    assert isinstance(side, list | tuple), "RunSQL takes a list, one statement an item"
                    for statement in side:
                        text = statement if isinstance(statement, str) else statement[0]
                        assert ";" not in text.strip().rstrip(";")
                        assert not FORBIDDEN_SQL.search(text)

    def test_keeps_data_apart_from_the_schema(self, name: str, migration: migrations.Migration) -> None:
        kinds = {isinstance(o, migrations.RunPython) for o in operations(migration)}
        assert kinds != {True, False}

    def test_never_makes_a_32_bit_identity_or_changes_the_type_of_a_key(
        self, name: str, migration: migrations.Migration
    ) -> None:
        for operation in operations(migration):
            fields = [f for _, f in operation.fields] if isinstance(operation, migrations.CreateModel) else []
            if isinstance(operation, migrations.AddField | migrations.AlterField):
                fields = [operation.field]
                assert not operation.field.primary_key
            assert not [f for f in fields if type(f) in (models.AutoField, models.SmallAutoField)]

    def test_imports_no_models(self, name: str, migration: migrations.Migration) -> None:
        source = inspect.getsource(inspect.getmodule(type(migration)) or type(migration))
        assert not re.search(r"^from \S+\.models import (?!.*Migration)", source, re.MULTILINE) or "django.db" in source
        assert not re.search(
            r"^(from|import) (core|inventory|orders|analytics|webhooks|realtime)\.[\w.]*models", source, re.MULTILINE
        ) or _only_defaults(source)


def _only_defaults(source: str) -> bool:
    """Initial migrations may name callables of ours as defaults, never a model."""
    return not re.search(r"import .*\b(Order|Variant|Tenant|User|Event|Job)\b", source)


def test_no_trigger_no_deferred_key_and_no_table_without_a_key_in_a_shop(acme: Shop) -> None:
    with use_tenant(acme.tenant), connection.cursor() as cursor:
        schema = acme.tenant.schema_name
        cursor.execute(
            "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT tgisinternal AND c.relnamespace = %s::regnamespace",
            [schema],
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE condeferred AND connamespace = %s::regnamespace", [schema]
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT relname FROM pg_class c WHERE relkind = 'r' AND relnamespace = %s::regnamespace AND NOT EXISTS"
            " (SELECT 1 FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')",
            [schema],
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid"
            " WHERE k.contype = 'f' AND k.connamespace = %s::regnamespace AND c.relnamespace <> k.connamespace",
            [schema],
        )
        assert cursor.fetchall() == []


def test_no_shop_table_exists_in_the_public_schema(db: None) -> None:
    shop_labels = {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
    tables = {m._meta.db_table for m in apps.get_models(include_auto_created=True) if m._meta.app_label in shop_labels}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        public = {row[0] for row in cursor.fetchall()}
    assert tables and not tables & public
