"""How the inventory refuses."""

from core.errors import DomainError


class OutOfStock(DomainError):
    """Not enough is available; ``details["short"]`` lists every such line with what was wanted and what there is."""

    code, status, title = "out-of-stock", 409, "There is not enough in stock"


class UnknownCode(DomainError):
    """Nothing in this shop carries the scanned code."""

    code, status, title = "unknown-code", 404, "Nothing carries this code"
