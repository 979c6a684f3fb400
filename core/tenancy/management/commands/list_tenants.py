from typing import Any

from core.tenancy.commands import PlainCommand
from core.tenancy.context import use_public
from core.tenancy.models import Tenant


class Command(PlainCommand):
    help = "List the shops with their state, schema and host names."

    def handle(self, *args: Any, **options: Any) -> None:
        with use_public():
            tenants = list(Tenant.objects.prefetch_related("domains"))
        if not tenants:
            self.stdout.write("There is no shop yet; `manage.py create_tenant` makes one.")
        for tenant in tenants:
            hosts = ", ".join(domain.domain for domain in tenant.domains.all())  # type: ignore[attr-defined]
            self.stdout.write(f"{tenant.name:30} {tenant.state:10} {tenant.schema_name:20} {hosts}")
