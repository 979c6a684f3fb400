"""Who does something: a person, a device, a key or the system itself. Travels as an argument to every service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from core.errors import Forbidden

ActorKind = Literal["user", "api_key", "device", "system"]
EVERYWHERE: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One acting party with what it may do and where.

    ``permissions`` maps a permission to the locations it holds for; ``None`` means everywhere. ``address`` and
    ``client`` are what the audit log keeps of where the request came from. ``held_back`` are permissions that the
    person holds and the device at hand does not allow (everywhere), for the reason in ``held_back_why``.
    """

    kind: ActorKind
    id: UUID | None
    label: str
    permissions: Mapping[str, frozenset[UUID] | None] = field(default_factory=dict)
    all_permissions: bool = False
    address: str = ""
    client: str = ""
    request_id: str = ""
    held_back: frozenset[str] = frozenset()
    held_back_why: str = ""

    def may(self, permission: str, *, at: UUID | None = None) -> bool:
        """Whether the actor holds ``permission``, at location ``at`` if one is named, else anywhere at all."""
        if self.all_permissions:
            return True
        if permission not in self.permissions:
            return False
        places = self.permissions[permission]
        return places is None or (bool(places) if at is None else at in places)

    def require(self, permission: str, *, at: UUID | None = None) -> None:
        """Raise `Forbidden` unless `may`."""
        if not self.may(permission, at=at):
            raise Forbidden(self.why_not(permission), details={"permission": permission})

    def why_not(self, permission: str) -> str:
        """Words for a person whom only the device keeps from something; "" for everybody else."""
        return self.held_back_why if permission in self.held_back else ""

    def places(self, permission: str) -> frozenset[UUID] | None:
        """The locations the permission holds for; ``None`` means all of them. Raises `Forbidden` without it."""
        self.require(permission)
        return None if self.all_permissions else self.permissions[permission]

    def as_json(self) -> dict[str, str | None]:
        return {"kind": self.kind, "id": str(self.id) if self.id else None, "label": self.label}


SYSTEM = Actor(kind="system", id=None, label="Retail SaaS", all_permissions=True)
