"""What happens to webhook endpoints themselves."""

from datetime import datetime
from uuid import UUID

from core.events import DomainEvent, event
from webhooks.permissions import VIEW_WEBHOOKS


@event("webhook.failing", about="webhook_endpoint", key="endpoint_id", permission=VIEW_WEBHOOKS)
class WebhookFailing(DomainEvent):
    """No call to an endpoint has succeeded for a day; after five it is turned off. Told once, until one succeeds."""

    endpoint_id: UUID
    version: int
    failing_since: datetime


@event("webhook.disabled", about="webhook_endpoint", key="endpoint_id", permission=VIEW_WEBHOOKS)
class WebhookDisabled(DomainEvent):
    """An endpoint was turned off because its receiver said so or has failed for days."""

    endpoint_id: UUID
    version: int
    reason: str
