"""How devices are refused."""

from core.errors import DomainError


class EnrolmentOver(DomainError):
    """The code was never made here, is used, or its ten minutes are over."""

    code, status, title = "enrolment-over", 404, "This code does not work (any more)"


class AlreadyADevice(DomainError):
    """The browser is a device of the shop already; ``details`` names it."""

    code, status, title = "already-a-device", 409, "This browser is a device of the shop already"


class DeviceOver(DomainError):
    """The device was revoked, or not used for too long: it opens nothing. What it still holds can be sent."""

    code, status, title = "device-over", 410, "This device was revoked or has expired"


class CannotBeOpened(DomainError):
    """A sealed item is none, was changed, or is of another shop, device or key."""

    code, status, title = "cannot-be-opened", 422, "This cannot be opened here"
