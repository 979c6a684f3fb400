"""How the exceptions inbox refuses."""

from core.errors import DomainError


class OtherDevice(DomainError):
    """A browser was let in anew and does not know it yet: its items carry the numbers of the device it was."""

    code, status, title = "other-device", 409, "These items are numbered for another device"


class StillUnfit(DomainError):
    """What a device sent can still not be booked; ``details["because"]`` says why."""

    code, status, title = "still-unfit", 409, "It can still not be booked"
