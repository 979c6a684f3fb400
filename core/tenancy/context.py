"""Whose shop is it: chosen once per door (request, socket, task, command) and checked at every query.

Only these context managers switch the schema. They keep a context variable beside the connection's own setting, and
`core.tenancy.guard` refuses a query when the two differ: a forgotten tenant is an error, never a leak.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import connection
from django_tenants.postgresql_backend.base import FakeTenant

from core.tenancy import state
from core.tenancy.models import Tenant
from core.tenancy.state import PUBLIC

_tenant: ContextVar[Tenant | None] = ContextVar("tenant", default=None)
_maintenance: ContextVar[bool] = ContextVar("tenant_maintenance", default=False)

P = ParamSpec("P")
R = TypeVar("R")


class NoTenant(RuntimeError):
    """Tenant work was asked for outside any tenant."""


def current_tenant() -> Tenant:
    """The shop this context was opened for. Raises `NoTenant` outside one."""
    tenant = _tenant.get()
    if tenant is None:
        raise NoTenant("there is no tenant here: open one with use_tenant(tenant)")
    return tenant


def in_maintenance() -> bool:
    return _maintenance.get()


@contextmanager
def use_tenant(tenant: Tenant) -> Iterator[Tenant]:
    """Work in one shop's schema; restores what was before, whatever happens."""
    with _switched(tenant.schema_name, tenant, tenant):
        yield tenant


@contextmanager
def use_public() -> Iterator[None]:
    """Work in the public schema, for instance to look a tenant up."""
    with _switched(PUBLIC, None, FakeTenant(schema_name=PUBLIC)):
        yield


@contextmanager
def _switched(schema: str, tenant: Tenant | None, setting: Any) -> Iterator[None]:
    before = connection.tenant  # type: ignore[attr-defined]
    names = state.schema.set(schema)
    tenants = _tenant.set(tenant)
    if connection.schema_name != schema:  # type: ignore[attr-defined]
        connection.set_tenant(setting)  # type: ignore[attr-defined]
    else:
        connection.tenant = setting  # type: ignore[attr-defined]
    try:
        yield
    finally:
        state.schema.reset(names)
        _tenant.reset(tenants)
        if before is None or before.schema_name != connection.schema_name:  # type: ignore[attr-defined]
            connection.set_tenant(before or FakeTenant(schema_name=PUBLIC))  # type: ignore[attr-defined]
        else:
            connection.tenant = before  # type: ignore[attr-defined]


@contextmanager
def maintenance() -> Iterator[None]:
    """For migrations only: the framework moves through the schemas itself, the guard looks on."""
    token = _maintenance.set(True)
    try:
        yield
    finally:
        _maintenance.reset(token)


def tenant_sync(call: Callable[P, R]) -> Callable[..., Any]:
    """Make a database call awaitable; the first argument of the result is the tenant it works for.

    The tenant is set inside the same synchronous call, because a thread's connection remembers the last one.
    """

    @wraps(call)
    def inside(tenant: Tenant, *args: P.args, **kwargs: P.kwargs) -> R:
        with use_tenant(tenant):
            return call(*args, **kwargs)

    return database_sync_to_async(inside, thread_sensitive=False)  # type: ignore[no-any-return]
