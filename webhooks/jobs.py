"""Background work of webhooks."""

from typing import Any
from uuid import UUID

from core.actors import Actor
from core.jobs.registry import Progress, job
from webhooks.permissions import VIEW_WEBHOOKS
from webhooks.services.telling import MAIL, mail_owner


@job(MAIL, permission=VIEW_WEBHOOKS, queue="fast")
def mail(*, actor: Actor, progress: Progress, endpoint_id: str, user_id: str, what: str, key: str) -> dict[str, Any]:
    """Mail one of those who manage webhooks that an endpoint fails or was turned off."""
    return {"sent": mail_owner(endpoint_id=UUID(endpoint_id), user_id=UUID(user_id), what=what, key=key)}
