"""Why a socket ends: the codes a client can act on (docs/events.md)."""

from enum import IntEnum


class Close(IntEnum):
    """Application codes stand above 4000, beside three of the WebSocket standard."""

    TOO_BIG = 1009
    TROUBLE = 1011
    RESTART = 1012
    BAD_REQUEST = 4400
    NOT_ALLOWED = 4401
    NO_SUCH_SHOP = 4404
    TOO_SLOW = 4408
    TOO_MANY = 4409
