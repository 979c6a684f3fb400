"""Background work of the orders app."""

from typing import Any
from uuid import UUID

from core.actors import Actor
from core.jobs.heartbeat import Heartbeat
from core.jobs.registry import Progress, job
from orders.imports.services import JOB, run_uploaded, tidy_imports
from orders.permissions import IMPORT_HISTORY


@job(JOB, permission=IMPORT_HISTORY, queue="slow")
def import_history(*, actor: Actor, progress: Progress, run_id: str) -> dict[str, Any]:
    """Import an uploaded file. Landing is one long transaction, so progress and lease go by a heartbeat."""
    with Heartbeat(progress) as tell:
        run = run_uploaded(UUID(run_id), actor=actor, tell=tell)
    return {"run_id": run.pk, "documents": run.documents_added, "lines": run.lines_added, "sum": run.sum_added}


@job("orders.tidy_imports", permission=IMPORT_HISTORY, queue="fast", nightly=True)
def tidy(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Remove files of uploads whose job gave up."""
    return {"tidied": tidy_imports()}
