"""Walks of the services of devices, for tests/test_writes_are_told.py; and devices for other tests."""

import secrets
from collections.abc import Callable
from typing import Any

from core.actors import Actor
from core.devices.models import Device
from core.devices.services import enrolment, fleet, numbers
from core.ids import uuid7
from core.testing import Shop

MODULES = (enrolment, fleet, numbers)
VISITOR = Actor(kind="system", id=None, label="visitor", address="127.0.0.9", client="A browser")


def new_token() -> str:
    """A secret as browsers get one."""
    return secrets.token_urlsafe(32)


def invited(shop: Shop, *, name: str = "Till 1", prefix: str = "T1", role: str | None = None) -> str:
    """The code of an open invitation."""
    _, code = enrolment.begin_enrolment(
        enrolment_id=uuid7(), name=name, prefix=prefix, location_id=shop.location.pk, role=role, actor=shop.actor()
    )
    return code


def a_device(shop: Shop, *, token: str = "", prefix: str = "T1", role: str | None = None) -> Device:
    """A device of the shop at hand."""
    code = invited(shop, prefix=prefix, role=role)
    return enrolment.enrol_device(code=code, token=token or new_token(), visitor=VISITOR)


QUIET = {
    "enrol_device": "told by the device itself: see tests/test_devices.py",
    "note_use": "when somebody was last heard of is no fact of the shop",
    "report": "what a device says of itself; turns are told by the device",
    "tell_silent": "the hours decide, not a person; `device.silent` tells it",
    "tell_gaps": "the minutes decide, not a person; `device.gap_found` tells it",
    "note_numbers": "a part of what takes the work of devices; gaps are told",
}
PARTS = {"look_up_code", "find_role", "tidy_name", "wrong_name"}
TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "begin_enrolment": (lambda s: None, lambda s, _: invited(s), ("create", "enrolment"), []),
    "update_device": (
        a_device,
        lambda s, device: fleet.update_device(device.pk, {"name": "Front"}, actor=s.actor()),
        ("change", "device"),
        ["device.updated"],
    ),
    "revoke_device": (
        a_device,
        lambda s, device: fleet.revoke_device(device.pk, actor=s.actor()),
        ("change", "device"),
        ["device.revoked"],
    ),
}
