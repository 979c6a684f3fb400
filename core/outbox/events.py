"""What happens to the stream itself."""

from uuid import UUID

from core.events import DomainEvent, event
from core.people.permissions import VIEW_EVENTS


@event("stream.restarted", about="stream", key="epoch", permission=VIEW_EVENTS)
class StreamRestarted(DomainEvent):
    """The shop's history was replaced, from a backup for instance: what was heard before may never have been.

    Read the state anew. ``epoch`` is the new one, ``before`` the one it follows on; ``parked`` deliveries of webhooks
    were given up, and may be sent again by hand.
    """

    epoch: UUID
    version: int
    before: UUID
    reason: str
    parked: int
