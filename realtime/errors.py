"""How live updates refuse."""

from core.errors import DomainError


class LiveUnavailable(DomainError):
    """Redis is away, so no ticket can be kept. Everything else of the shop goes on."""

    code, status, title = "live-unavailable", 503, "Live updates are not available right now"
