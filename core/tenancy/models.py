"""Which shops there are and under which names they answer. Lives in the public schema only."""

from datetime import time
from typing import ClassVar
from uuid import UUID

from django.db import connection, models
from django_tenants.models import DomainMixin, TenantMixin

from core.ids import uuid7


def schema_name_of(tenant_id: UUID) -> str:
    """``t_`` and 16 hex digits of the identifier: never text a user chose."""
    return f"t_{tenant_id.hex[-16:]}"


class Tenant(TenantMixin):
    """One retail business. Its people, goods and sales live in the schema ``schema_name``."""

    auto_create_schema = False
    auto_drop_schema = False

    class State(models.TextChoices):
        PREPARING = "preparing"
        ACTIVE = "active"
        SUSPENDED = "suspended"
        DELETING = "deleting"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=16, choices=State, default=State.PREPARING)
    currency = models.CharField(max_length=3, default="EUR")
    country = models.CharField(max_length=2, default="", blank=True)
    locale = models.CharField(max_length=16, default="en-GB")
    time_zone = models.CharField(max_length=64, default="UTC")
    day_starts_at = models.TimeField(default=time(0), help_text="When the business day begins in the shop's zone.")
    prices_include_tax = models.BooleanField(default=True)
    rounding = models.CharField(max_length=16, default="half_up")
    tax_by_document = models.BooleanField(
        default=False, db_default=False, help_text="Tax is rounded once per rate and document, not per line."
    )
    cash_step = models.DecimalField(
        max_digits=9, decimal_places=4, null=True, blank=True, help_text="The smallest coin, where it is not the cent."
    )
    plan = models.CharField(max_length=32, default="open")
    cluster = models.CharField(max_length=32, default="main", help_text="The database cluster that holds the schema.")
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A host name of a tenant, exactly as it stands in the address bar, without the port."""


class SchemaState(models.Model):
    """Which migrations a schema has seen, as one fingerprint: what a start-up and an operator look at."""

    schema_name = models.CharField(max_length=63, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    migrated_at = models.DateTimeField(auto_now=True)

    @classmethod
    def known(cls) -> dict[str, str]:
        """Fingerprint by schema; empty on a database that was never migrated."""
        if cls._meta.db_table not in connection.introspection.table_names():
            return {}
        return dict(cls.objects.values_list("schema_name", "fingerprint"))


class SchemaScript(models.Model):
    """The statements that the migrations of a fingerprint say to an empty schema: one row, of the newest."""

    fingerprint = models.CharField(max_length=64, primary_key=True)
    statements = models.JSONField(help_text="SQL and parameters, in order.")
    written_at = models.DateTimeField(auto_now_add=True)
