"""How selling refuses."""

from core.errors import DomainError


class WrongPayment(DomainError):
    """The payments do not add up to the total."""

    code, status, title = "wrong-payment", 422, "The payments do not cover the total"


class PriceChanged(DomainError):
    """The total is not what the seller saw; ``details`` holds both."""

    code, status, title = "price-changed", 409, "A price changed in the meantime"
