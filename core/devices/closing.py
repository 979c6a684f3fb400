"""What of devices keeps a place open."""

from uuid import UUID

from core.devices.models import Device


def devices_there(location_id: UUID) -> str:
    """The devices that work at a place: to be moved or revoked first, or their sales would have nowhere to go."""
    found = list(Device.objects.filter(location=location_id, revoked_at=None).values_list("name", flat=True)[:4])
    if not found:
        return ""
    names = ", ".join(found[:3]) + (" and others" if len(found) > 3 else "")
    return f"{names} stand there: move or revoke the devices first"
