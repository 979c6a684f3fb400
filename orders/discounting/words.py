"""Why a discount or a coupon did nothing, in words a customer can be told."""

from typing import NamedTuple


class Reason(NamedTuple):
    """A stable code; sums and numbers where it has them; the rule that stood in the way."""

    code: str
    need: int = 0
    have: int = 0
    other: str = ""


WORDS = {
    "unknown": "There is no such coupon.",
    "inactive": "This coupon is not in use any more.",
    "expired": "This coupon has expired.",
    "used-up": "This coupon has been used as often as it may be.",
    "used-by-customer": "This customer has used this coupon as often as one customer may.",
    "needs-customer": "This coupon is for known customers: choose the customer first.",
    "twice": "Another coupon for the same discount is used already.",
    "coupon": "It needs a coupon.",
    "not-yet": "It has not begun yet.",
    "ended": "It has ended.",
    "place": "It is not for this location.",
    "channel": "It is not for sales of this kind.",
    "customer": "It is for certain customers only.",
    "goods": "It is not for these goods.",
    "least-total": "It begins at {need}; these goods come to {have}.",
    "least-quantity": "It begins at {need} units; these are {have}.",
    "better": "It does not go together with “{other}”, which was better.",
    "nothing": "There is nothing left that it could reduce.",
}


def in_words(code: str, *, need: str = "", have: str = "", other: str = "") -> str:
    """A reason as a sentence; amounts and names as they are to be read."""
    return WORDS[code].format(need=need, have=have, other=other)
