"""What the workers do for jobs: run one, hint the forgotten ones, plan the night's."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from celery import shared_task
from django.db import transaction

from core.actors import SYSTEM
from core.jobs.registry import KINDS, kind_called
from core.jobs.services import VISITS, due_jobs, enqueue, hint, next_moment, perform
from core.locations.selectors import business_today, zone_of
from core.tenancy.context import use_tenant
from core.tenancy.models import Tenant
from core.tenancy.rounds import Visits, for_shops
from core.tenancy.selectors import tenant_by_schema

NIGHT_HOUR = 3
NIGHTS = Visits("nights", most=250)
"""Every ten minutes: a thousand shops of one time zone are planned within forty minutes of their night."""


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
    """Hint again every job whose message or worker was lost.

    Visits the shops that have unfinished jobs when these are due, and a slice of all others.
    """
    for_shops(VISITS.turn(datetime.now(UTC)), _hint_due)


def _hint_due(tenant: Tenant) -> None:
    for job in due_jobs():
        hint(tenant.schema_name, job.pk, kind_called(job.kind).queue)
    moment = next_moment()
    if moment is not None:
        VISITS.note(tenant.schema_name, moment)


@shared_task
def plan_nightly_work() -> None:
    """Plan every nightly kind once per business day, in the small hours of each shop. Repeating plans nothing twice.

    Visits the shops whose night begins, and a slice of all others, whose note may be lost.
    """
    for_shops(NIGHTS.turn(datetime.now(UTC)), _plan_night)


def _plan_night(tenant: Tenant) -> None:
    here = datetime.now(UTC).astimezone(zone_of())
    is_night_over = here.hour >= NIGHT_HOUR
    if is_night_over:
        _plan()
    begins = datetime.combine(here.date() + timedelta(days=is_night_over), time(NIGHT_HOUR), tzinfo=here.tzinfo)
    NIGHTS.note(tenant.schema_name, begins)


def _plan() -> None:
    day = business_today() - timedelta(days=1)
    with transaction.atomic():
        for kind in KINDS.values():
            if kind.nightly:
                enqueue(kind.name, actor=SYSTEM, dedupe_key=f"nightly:{day}")
