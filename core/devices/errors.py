"""How devices are refused."""

from core.errors import DomainError


class EnrolmentOver(DomainError):
    """The code was never made here, is used, or its ten minutes are over."""

    code, status, title = "enrolment-over", 409, "This code does not work (any more)"


class AlreadyADevice(DomainError):
    """The browser is a device of the shop already; ``details`` names it."""

    code, status, title = "already-a-device", 409, "This browser is a device of the shop already"
