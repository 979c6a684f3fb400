"""How the exceptions inbox refuses."""

from core.errors import DomainError


class StillUnfit(DomainError):
    """What a device sent can still not be booked; ``details["because"]`` says why."""

    code, status, title = "still-unfit", 409, "It can still not be booked"
