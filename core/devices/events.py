"""What happens to the tills and phones of a shop. Nothing here opens anything: secrets and codes are never told."""

from datetime import datetime
from uuid import UUID

from core.devices.permissions import MANAGE_DEVICES
from core.events import DomainEvent, event


@event("device.enrolled", about="device", key="device_id", permission=MANAGE_DEVICES)
class DeviceEnrolled(DomainEvent):
    """A browser became a device of the shop: it has a secret of its own, a place, and a prefix for its numbers."""

    device_id: UUID
    version: int
    name: str
    prefix: str
    location_id: UUID
    role: str | None


@event("device.updated", about="device", key="device_id", permission=MANAGE_DEVICES)
class DeviceUpdated(DomainEvent):
    """A device got another name, place or role; ``fields`` names what changed."""

    device_id: UUID
    version: int
    location_id: UUID
    fields: list[str]


@event("device.reported", about="device", key="device_id", permission=MANAGE_DEVICES)
class DeviceReported(DomainEvent):
    """A device told something new of itself; ``fields`` names it. Not every figure is told, only turns.

    ``unsent``: it began to hold unsent work, or has sent the last of it. ``app_version``: it runs another version of
    the app. ``storage_persisted``: its browser promised to keep its store, or does not any more.
    """

    device_id: UUID
    version: int
    location_id: UUID
    fields: list[str]
    unsent: int


@event("device.revoked", about="device", key="device_id", permission=MANAGE_DEVICES)
class DeviceRevoked(DomainEvent):
    """A device opens nothing any more. What it still sends is taken and shown to a person.

    ``lost``: nobody knows who has it, as whoever revoked it said.
    """

    device_id: UUID
    version: int
    location_id: UUID
    lost: bool = False


@event("device.silent", about="device", key="device_id", permission=MANAGE_DEVICES)
class DeviceSilent(DomainEvent):
    """A device that held unsent work was not heard of for a while. It is told once until the device comes back."""

    device_id: UUID
    version: int
    location_id: UUID
    name: str
    unsent: int
    since: datetime


@event("device.gap_found", about="device", key="device_id", permission=MANAGE_DEVICES)
class DeviceGapFound(DomainEvent):
    """Later work of a device came, earlier did not, for minutes: the numbers from ``first`` to ``last`` are missing.

    ``counter``: ``items`` (what it did) or ``receipts`` (what it printed).
    """

    device_id: UUID
    version: int
    location_id: UUID
    name: str
    counter: str
    first: int
    last: int


@event("device.gap_closed", about="device", key="device_id", permission=MANAGE_DEVICES)
class DeviceGapClosed(DomainEvent):
    """All that was missing of a device came after all."""

    device_id: UUID
    version: int
    location_id: UUID
