"""The background work of analytics."""

from typing import Any
from uuid import UUID

from analytics.models import ForecastRun
from analytics.permissions import RUN_FORECASTS
from analytics.services.forecasts import make_forecasts
from core.actors import Actor
from core.jobs.registry import Progress, job


@job(ForecastRun.JOB, permission=RUN_FORECASTS, queue="slow", nightly=True)
def forecast(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """New forecasts for every product with enough history; its run has the id of the job."""
    return make_forecasts(run_id=UUID(actor.request_id), actor=actor, progress=progress)
