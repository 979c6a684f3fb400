"""Background work of the notifications."""

from datetime import date
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.jobs.registry import Progress, job
from core.people.permissions import VIEW_JOBS
from realtime.notices.mails import MAIL_ONE, mail_one, plan_mails
from realtime.notices.services import forget_notices


@job("notifications.plan_mails", permission=VIEW_JOBS, queue="fast", nightly=True)
def plan(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Ask for the mail of everybody who wants one a day."""
    return {"planned": plan_mails()}


@job(MAIL_ONE, permission=VIEW_JOBS, queue="fast")
def mail(*, actor: Actor, progress: Progress, user_id: str, day: str) -> dict[str, Any]:
    """Mail one person what is new to them."""
    return {"sent": mail_one(UUID(user_id), date.fromisoformat(day))}


@job("notifications.forget", permission=VIEW_JOBS, queue="fast", nightly=True)
def forget(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Remove what is older than 90 days."""
    return {"forgotten": forget_notices()}
