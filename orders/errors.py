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


class CouponRefused(DomainError):
    """A coupon does not hold for this sale; ``details["coupons"]`` names each such one with the reason."""

    code, status, title = "coupon-refused", 409, "A coupon cannot be used"


class PriceChanged(DomainError):
    """The total is not what the seller saw; ``details`` holds both."""

    code, status, title = "price-changed", 409, "A price changed in the meantime"


class CustomerMerged(DomainError):
    """The customer is another one now; ``details["merged_into"]`` names it."""

    code, status, title = "customer-merged", 409, "This customer was merged into another"


class CustomerAnonymised(DomainError):
    """The person's data are gone for good; nothing can be added."""

    code, status, title = "customer-anonymised", 409, "This customer was anonymised"


class GiftCardRefused(DomainError):
    """This gift card cannot be used: its code is unknown or damaged, or the card is blocked."""

    code, status, title = "gift-card-refused", 422, "This gift card cannot be used"


class GiftCardUsed(DomainError):
    """A gift card that was sold can be undone only as it was sold; ``cards`` are those that were spent or changed."""

    code, status, title = "gift-card-used", 409, "This gift card was used since it was sold"


class NoReceiptRefused(DomainError):
    """This shop takes nothing back without a receipt."""

    code, status, title = "no-receipt", 409, "This shop takes nothing back without a receipt"


class TooManyAttempts(DomainError):
    """Too many codes were tried from here; ``retry_after_seconds`` says when to come back."""

    code, status, title = "too-many-attempts", 429, "Too many codes were tried. Please wait a few minutes"


class NotEnoughCredit(DomainError):
    """A gift card or an account holds less than is to be taken; ``available`` says how much."""

    code, status, title = "not-enough-credit", 409, "There is not enough left on it"


class NoOpenShift(DomainError):
    """The register has no open shift, and none was running when this happened."""

    code, status, title = "no-open-shift", 409, "Open a shift at this register first"


class ShiftIsClosed(DomainError):
    """The shift is closed; its drawer was counted."""

    code, status, title = "shift-closed", 409, "This shift is closed"


class ShiftIsOpen(DomainError):
    """The register has an open shift; ``shift`` is its id."""

    code, status, title = "shift-open", 409, "This register has an open shift"


class ReasonRequired(DomainError):
    """The drawer does not hold what is expected. The count is noted; close again with a reason, or count again."""

    code, status, title = "reason-required", 409, "The count differs: say why"


class MailNotSetUp(DomainError):
    """This installation cannot send e-mail: no ``MAIL_URL`` is set."""

    code, status, title = "mail-not-set-up", 409, "E-mail is not set up here. Ask whoever runs this installation"
