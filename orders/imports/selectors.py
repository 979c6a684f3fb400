"""Read imports and what came of them."""

from uuid import UUID

from django.db.models import QuerySet

from core.actors import Actor
from core.errors import NotFound
from core.jobs.models import Job
from orders.models import ImportRun
from orders.permissions import IMPORT_HISTORY


def import_runs(*, actor: Actor) -> QuerySet[ImportRun]:
    """The imports into the locations of the actor, the newest first, without their long reports."""
    return _visible(actor).defer("notes", "conflicts", "refused_rows")


def find_import(run_id: UUID, *, actor: Actor) -> ImportRun:
    """One import with its report. Raises `NotFound` also for one of a location where the actor may not import."""
    run = _visible(actor).filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such import.")
    return run


def _visible(actor: Actor) -> QuerySet[ImportRun]:
    places = actor.places(IMPORT_HISTORY)
    rows = ImportRun.objects.select_related("location")
    return rows if places is None else rows.filter(location_id__in=places)


def job_of(run: ImportRun) -> Job | None:
    """The background job of an upload, or None for an import by command."""
    return Job.objects.filter(pk=run.job_id).first() if run.job_id else None
