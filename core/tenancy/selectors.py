"""Find a shop: by host name (kept for a moment in the process), by schema, by what an operator typed."""

import time
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from core.errors import NotFound
from core.tenancy.context import use_public
from core.tenancy.models import Domain, Tenant

HOST_CACHE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Known:
    tenant: Tenant | None
    until: float


_hosts: dict[str, _Known] = {}


def tenant_for_host(host: str) -> Tenant | None:
    """The shop that answers at a host name, or None. At most ``HOST_CACHE_SECONDS`` behind the table."""
    now = time.monotonic()
    known = _hosts.get(host)
    if known is None or known.until < now:
        with use_public():
            domain = Domain.objects.select_related("tenant").filter(domain=host).first()
        if len(_hosts) > 10_000:  # a scan over made-up names must not grow the process
            _hosts.clear()
        known = _hosts[host] = _Known(domain.tenant if domain else None, now + HOST_CACHE_SECONDS)
    return known.tenant


def forget_hosts() -> None:
    """Drop this process's host cache, after a change of tenants or domains."""
    _hosts.clear()


def active_tenants() -> list[Tenant]:
    """Every shop whose work goes on."""
    with use_public():
        return list(Tenant.objects.filter(state=Tenant.State.ACTIVE))


def tenant_by_schema(schema: str) -> Tenant | None:
    """The active shop with this schema, or None."""
    with use_public():
        return Tenant.objects.filter(schema_name=schema, state=Tenant.State.ACTIVE).first()


def find_tenant(word: str) -> Tenant:
    """A shop by host name, its first label, schema or UUID, as an operator types it. Raises `NotFound`."""
    with use_public():
        found = Tenant.objects.filter(domains__domain=word).first()
        found = found or Tenant.objects.filter(domains__domain__startswith=f"{word}.").first()
        found = found or Tenant.objects.filter(schema_name=word).first()
        if found is None:
            with suppress(ValueError):
                found = Tenant.objects.filter(pk=UUID(word)).first()
    if found is None:
        raise NotFound(f"There is no shop called {word!r}; `manage.py list_tenants` shows them.")
    return found
