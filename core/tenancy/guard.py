"""Every query is checked: the connection's schema must be the one this context was opened for."""

from collections.abc import Callable
from typing import Any

from django.db.backends.signals import connection_created

from core.tenancy.context import in_maintenance
from core.tenancy.state import PUBLIC, current_schema


class WrongTenant(RuntimeError):
    """A query was about to run in a schema that its context was not opened for."""


def check_schema(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Execute wrapper: refuse a query whose connection points at another shop, or at one nobody opened."""
    actual = context["connection"].schema_name
    expected = current_schema() or PUBLIC
    if actual != expected and not in_maintenance():
        raise WrongTenant(f"a query for {actual!r} ran in a context opened for {expected!r}")
    return execute(sql, params, many, context)


def _install(connection: Any, **kwargs: Any) -> None:
    if check_schema not in connection.execute_wrappers:
        connection.execute_wrappers.append(check_schema)


def watch_connections() -> None:
    """Put the check on every database connection this process will open."""
    connection_created.connect(_install, weak=False, dispatch_uid="tenancy-guard")
