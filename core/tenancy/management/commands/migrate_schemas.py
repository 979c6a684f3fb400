"""The framework's command, run in maintenance mode because it moves through the schemas by itself."""

from typing import Any

from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

from core.tenancy.context import maintenance


class Command(MigrateSchemasCommand):  # type: ignore[misc]
    def handle(self, *args: Any, **options: Any) -> Any:
        with maintenance():
            return super().handle(*args, **options)
