"""What the workers do for jobs: run one, hint the forgotten ones, plan the night's."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from celery import shared_task
from django.db import transaction

from core.actors import SYSTEM
from core.jobs.registry import KINDS
from core.jobs.services import due_jobs, enqueue, hint, perform
from core.locations.selectors import business_today, zone_of
from core.tenancy.context import use_tenant
from core.tenancy.selectors import active_tenants, tenant_by_schema

NIGHT_HOUR = 3


@shared_task
def run_job(schema: str, job_id: str) -> None:
    """Do one job of one shop; a shop that is gone or suspended means there is nothing to do."""
    tenant = tenant_by_schema(schema)
    if tenant is None:
        return
    with use_tenant(tenant):
        perform(UUID(job_id))


@shared_task
def sweep_jobs() -> None:
    """Hint again every job whose message or worker was lost."""
    for tenant in active_tenants():
        with use_tenant(tenant):
            for job in due_jobs():
                hint(tenant.schema_name, job.pk, KINDS[job.kind].queue)


@shared_task
def plan_nightly_work() -> None:
    """Plan every nightly kind once per business day, in the small hours of each shop. Repeating plans nothing twice."""
    nightly = [kind.name for kind in KINDS.values() if kind.nightly]
    for tenant in active_tenants():
        with use_tenant(tenant), transaction.atomic():
            local = datetime.now(UTC).astimezone(zone_of())
            if local.hour < NIGHT_HOUR:
                continue
            day = business_today() - timedelta(days=1)
            for kind in nightly:
                enqueue(kind, actor=SYSTEM, dedupe_key=f"nightly:{day}")
