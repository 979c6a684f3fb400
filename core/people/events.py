"""What happens to the people and the keys of a shop. No names, addresses or secrets: who may see them asks for them."""

from uuid import UUID

from core.events import DomainEvent, event
from core.people.permissions import VIEW_TEAM


@event("person.created", about="person", key="person_id", permission=VIEW_TEAM)
class PersonCreated(DomainEvent):
    """Somebody was added to the team."""

    person_id: UUID
    version: int
    role: str


@event("person.updated", about="person", key="person_id", permission=VIEW_TEAM)
class PersonUpdated(DomainEvent):
    """Somebody got another role, name or password, was kept out, or was let in again."""

    person_id: UUID
    version: int
    fields: list[str]


@event("api_key.created", about="api_key", key="key_id", permission=VIEW_TEAM)
class KeyCreated(DomainEvent):
    """A machine got a key."""

    key_id: UUID
    version: int
    permissions: list[str]


@event("api_key.revoked", about="api_key", key="key_id", permission=VIEW_TEAM)
class KeyRevoked(DomainEvent):
    """A key opens nothing any more."""

    key_id: UUID
    version: int
