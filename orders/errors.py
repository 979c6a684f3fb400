"""How selling refuses."""

from core.errors import DomainError, Forbidden


class ApprovalNeeded(Forbidden):
    """Somebody who holds ``permission`` must approve it; ``details`` say what is to be asked for."""

    code, status, title = "approval-needed", 403, "Somebody must approve this"


class ApprovalRefused(DomainError):
    """The approval is not for this act, by somebody else, too old, or used already."""

    code, status, title = "approval-refused", 409, "This approval does not cover it"


class WrongPin(DomainError):
    """The person has no PIN, or another one, or may not approve this."""

    code, status, title = "wrong-pin", 422, "The PIN is wrong, or this person cannot approve it"


class AlreadyTaken(DomainError):
    """Somebody else has it: the cart was taken up, or thrown away; ``details`` say by whom and when."""

    code, status, title = "already-taken", 409, "Somebody else has taken it up"


class WrongPayment(DomainError):
    """The payments do not add up to the total."""

    code, status, title = "wrong-payment", 422, "The payments do not cover the total"


class PriceChanged(DomainError):
    """The total is not what the seller saw; ``details`` holds both."""

    code, status, title = "price-changed", 409, "A price changed in the meantime"


class CustomerMerged(DomainError):
    """The customer is another one now; ``details["merged_into"]`` names it."""

    code, status, title = "customer-merged", 409, "This customer was merged into another"


class CustomerAnonymised(DomainError):
    """The person's data are gone for good; nothing can be added."""

    code, status, title = "customer-anonymised", 409, "This customer was anonymised"
