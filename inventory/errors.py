"""How the inventory refuses."""

from core.errors import DomainError


class OutOfStock(DomainError):
    """Not enough is available; ``details["short"]`` lists every such line with what was wanted and what there is."""

    code, status, title = "out-of-stock", 409, "There is not enough in stock"


class UnknownCode(DomainError):
    """Nothing in this shop carries the scanned code."""

    code, status, title = "unknown-code", 404, "Nothing carries this code"


class ReservationOver(DomainError):
    """The reservation was sold, released or has expired; ``details["reservations"]`` names every such one."""

    code, status, title = "reservation-over", 409, "This reservation is over"


class LotExpired(DomainError):
    """Only expired or blocked lots are left; ``details`` name the variant, and its ``expired`` lots, if there are any:
    these can be let go, blocked ones cannot.
    """

    code, status, title = "lot-expired", 409, "Only expired or blocked lots are left"


class SerialRefused(DomainError):
    """A piece that was named is not here, or not as many were named as are taken: ``serials``, ``pieces``."""

    code, status, title = "serial-not-here", 409, "Name exactly the pieces that are here"


class AmbiguousCode(DomainError):
    """Several lots or pieces carry this text; ``details["targets"]`` names up to ten of them."""

    code, status, title = "ambiguous-code", 409, "Several articles carry this code"


class NonsenseCode(DomainError):
    """The code can be read and says something impossible: ``details["problem"]`` of `inventory.reading.PROBLEMS`."""

    code, status, title = "nonsense-code", 422, "This code says something impossible"
