"""What the workers do for push messages: serve who rang, ring for what was forgotten."""

from datetime import UTC, datetime

from celery import shared_task

from core.tenancy.context import use_tenant
from core.tenancy.models import Tenant
from core.tenancy.rounds import for_shops
from core.tenancy.selectors import tenant_by_schema
from realtime.push.bell import VISITS, ring_if_owed
from realtime.push.server import serve


@shared_task
def push(schema: str) -> None:
    """Send one portion of what a shop owes; for the rest it waits at the end of the queue, behind the other shops."""
    tenant = tenant_by_schema(schema)
    if tenant is None:
        return
    with use_tenant(tenant):
        serve()
        ring_if_owed(schema)


@shared_task
def sweep_push() -> None:
    """Ring for what is owed: the rings that were lost, the leases that ended, the browsers that have rested."""
    for_shops(VISITS.turn(datetime.now(UTC)), _ring)


def _ring(tenant: Tenant) -> None:
    ring_if_owed(tenant.schema_name)
