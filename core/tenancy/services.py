"""Make and delete shops."""

import re
import zoneinfo
from collections.abc import Callable
from datetime import time
from hashlib import sha256

from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import quote_schema_name

from core.errors import Conflict, refuse
from core.ids import uuid7
from core.tenancy.cache import delete_schema
from core.tenancy.context import maintenance, use_public
from core.tenancy.files import delete_folder
from core.tenancy.models import Domain, SchemaState, Tenant, schema_name_of
from core.tenancy.schemas import fill_schema
from core.tenancy.selectors import forget_hosts
from core.tenancy.state import PUBLIC

HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def create_tenant(
    *,
    name: str,
    host: str,
    currency: str = "EUR",
    country: str = "",
    locale: str = "en-GB",
    time_zone: str = "UTC",
    day_starts_at: time = time(0),
    prices_include_tax: bool = True,
    is_demo: bool = False,
) -> Tenant:
    """Make a shop with its schema, ready to be used, or nothing at all.

    A failure half-way removes what was made. Not for a web request: it takes seconds.

    Raises:
        Invalid: the host name, currency or time zone is none.
        Conflict: the host name is taken.
    """
    host = host.strip().lower()
    problems = []
    if not HOST.match(host):
        problems.append({"pointer": "/host", "code": "host", "detail": f"{host!r} is not a host name."})
    if not re.fullmatch(r"[A-Z]{3}", currency):
        problems.append(
            {"pointer": "/currency", "code": "currency", "detail": f"{currency!r} is not an ISO 4217 code."}
        )
    if time_zone not in zoneinfo.available_timezones():
        problems.append({"pointer": "/time_zone", "code": "time-zone", "detail": f"{time_zone!r} is not a time zone."})
    refuse(*problems)

    tenant_id = uuid7()
    tenant = Tenant(
        id=tenant_id,
        schema_name=schema_name_of(tenant_id),
        name=name,
        currency=currency,
        country=country,
        locale=locale,
        time_zone=time_zone,
        day_starts_at=day_starts_at,
        prices_include_tax=prices_include_tax,
        is_demo=is_demo,
    )
    with use_public():
        try:
            with transaction.atomic():
                tenant.save()
                Domain.objects.create(domain=host, tenant=tenant, is_primary=True)
        except IntegrityError as taken:
            raise Conflict(_taken(host)) from taken
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA {quote_schema_name(tenant.schema_name)}")
            wanted = fingerprint()
            fill_schema(tenant.schema_name, fingerprint=wanted, migrate=migrate)
            _remember(tenant.schema_name, wanted)
        except BaseException:
            delete_tenant(tenant)
            raise
        tenant.state = Tenant.State.ACTIVE
        tenant.save(update_fields=["state"])
    forget_hosts()
    return tenant


def _taken(host: str) -> str:
    """Who has a host name. The process that made a shop may have been killed: then nobody but a person knows."""
    if Tenant.objects.filter(domains__domain=host, state=Tenant.State.PREPARING).exists():
        return (
            f"The host name {host} belongs to a shop that is being made. If nobody is making it any more, "
            f"`manage.py delete_tenant {host} --yes` removes what is there of it."
        )
    return f"The host name {host} belongs to another shop."


def migrate(schema: str | None = None) -> None:
    """Bring the public schema (None) or one shop's schema to the newest shape; nothing to do is cheap."""
    with maintenance():
        if schema is None:
            call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        else:
            call_command("migrate_schemas", tenant=True, schema_name=schema, interactive=False, verbosity=0)
        connection.set_schema_to_public()  # type: ignore[attr-defined]


def migrate_everything(*, tell: Callable[[str], None]) -> int:
    """Bring the public schema and every shop's to the newest shape; answers how many needed it.

    A schema whose fingerprint is up to date costs nothing, so a thousand shops are checked in a moment. One that
    fails does not keep the others waiting: it is told, and raised at the end. A shop whose making was interrupted
    has half a schema or none; it is not in use, and whoever started to make it deletes it.
    """
    wanted = fingerprint()
    with use_public():
        known = SchemaState.known()
    changed, failed = 0, []
    if known.get(PUBLIC) != wanted:
        migrate(None)
        _remember(PUBLIC, wanted)
        changed += 1
    with use_public():
        unused = [Tenant.State.PREPARING, Tenant.State.DELETING]
        schemas = list(Tenant.objects.exclude(state__in=unused).values_list("schema_name", flat=True))
    for schema in schemas:
        if known.get(schema) == wanted:
            continue
        try:
            migrate(schema)
        except Exception as problem:
            tell(f"{schema}: {problem}")
            failed.append(schema)
            continue
        _remember(schema, wanted)
        changed += 1
    if failed:
        raise Conflict(f"{len(failed)} schemas could not be brought up to date: {', '.join(failed[:5])}.")
    return changed


def fingerprint() -> str:
    """A hash of all migrations there are: a schema with this fingerprint needs none."""
    names = sorted(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations)
    return sha256("\n".join(names).encode()).hexdigest()


def _remember(schema: str, wanted: str) -> None:
    with use_public():
        SchemaState.objects.update_or_create(schema_name=schema, defaults={"fingerprint": wanted})


def delete_tenant(tenant: Tenant) -> None:
    """Remove a shop with everything that is its own: schema, host names, row, cache entries and files.

    Repeating it after an interruption finishes the work.
    """
    if tenant.schema_name == PUBLIC:
        raise Conflict("The public schema is no shop.")
    with use_public():
        Tenant.objects.filter(pk=tenant.pk).update(state=Tenant.State.DELETING)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {quote_schema_name(tenant.schema_name)} CASCADE")
        delete_schema(tenant.schema_name)
        delete_folder(tenant)
        with transaction.atomic():
            SchemaState.objects.filter(schema_name=tenant.schema_name).delete()
            Domain.objects.filter(tenant=tenant).delete()
            Tenant.objects.filter(pk=tenant.pk).delete()
    forget_hosts()
