"""What a person may do on a device: what they hold, and no more than the device's role does, where it stands."""

from collections.abc import Iterable
from dataclasses import replace

from core.actors import Actor
from core.devices.models import Device
from core.people.permissions import PERMISSIONS


def within(actor: Actor, device: Device | None) -> Actor:
    """The actor as they are on a device. One without a role holds nobody back."""
    if device is None or device.role is None:
        return actor
    allowed, here = set(device.role.holds), frozenset({device.location_id})
    kept: dict[str, frozenset | None] = {}  # type: ignore[type-arg]
    held_back = set()
    for code, places in actor.permissions.items():
        left = here if places is None else here & places
        if code not in allowed:
            held_back.add(code)
        elif not PERMISSIONS[code].by_location:
            kept[code] = places
        else:
            kept[code] = left
            if left != places:
                held_back.add(code)
    why = (
        f"This device, {device}, does no more than the role {device.role} includes, and only where it stands."
        " Your own role may include this: use another device, or ask who manages the devices of the shop."
    )
    return replace(actor, permissions=kept, held_back=frozenset(held_back), held_back_why=why)


def devices_of_log_ins(sessions: Iterable[str]) -> dict[str, Device]:
    """The device that each of these log-ins is bound to; log-ins of other browsers are left out."""
    asked = set(sessions) - {""}
    rows = Device.objects.select_related("role").filter(session_key__in=asked) if asked else ()
    return {row.session_key: row for row in rows}
