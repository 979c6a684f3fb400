"""What nobody asks for again goes away at night: kept answers, jobs long over, old invitations, ended sessions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session

from core.actors import Actor
from core.api.idempotency import KEPT
from core.devices.models import Enrolment
from core.idempotency.models import StoredAnswer
from core.jobs.models import Job
from core.jobs.registry import Progress, job
from core.people.permissions import VIEW_JOBS

JOBS_KEPT = timedelta(days=90)
INVITATIONS_KEPT = timedelta(days=30)


@job("core.tidy", permission=VIEW_JOBS, queue="fast", nightly=True)
def tidy(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Remove what is past its time; answers how many rows of each."""
    now = datetime.now(UTC)
    answers, _ = StoredAnswer.objects.filter(created_at__lt=now - KEPT).delete()
    jobs, _ = Job.objects.filter(finished_at__lt=now - JOBS_KEPT).delete()
    codes, _ = Enrolment.objects.filter(expires_at__lt=now - INVITATIONS_KEPT).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    return {"answers": answers, "jobs": jobs, "invitations": codes, "sessions": sessions}
