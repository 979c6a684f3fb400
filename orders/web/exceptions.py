"""What can be doubtful about something sold while the server was away, and the pages where it is put right."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from core.sync.registry import Reason, Way, register_reason
from inventory.permissions import ADJUST_STOCK
from orders.permissions import CHANGE_ORDER, REFUND, VIEW_ORDERS, VIEW_SHIFTS


def _of_order(flag: Any) -> Sequence[Way]:
    if flag.object_type != "order" or flag.object_id is None:
        return ()
    return [
        Way(label="Open the sale", url=reverse("order", args=[flag.object_id]), permission=VIEW_ORDERS),
        Way(label="Change it", url=reverse("order-change", args=[flag.object_id]), permission=CHANGE_ORDER),
        Way(label="Take it back", url=reverse("order-return", args=[flag.object_id]), permission=REFUND),
    ]


def _of_goods(flag: Any) -> Sequence[Way]:
    query = urlencode({"kind": "adjustment", **({"location": flag.location_id} if flag.location_id else {})})
    stock = Way(label="Correct the stock", url=f"{reverse('stock-book')}?{query}", permission=ADJUST_STOCK)
    return [*_of_order(flag), stock]


def _of_drawer(flag: Any) -> Sequence[Way]:
    registers = Way(label="Registers and reports", url=reverse("registers"), permission=VIEW_SHIFTS)
    return [*_of_order(flag)[:1], registers]


for _kind, _title in (
    ("price", "Another price than the shop's"),
    ("price-by-hand", "Price changed without the right"),
    ("discount", "Discount without approval"),
    ("coupon", "Coupon that does not hold"),
    ("rounding", "Rounded in another way"),
    ("not-for-sale", "Not for sale any more"),
    ("expired", "Expired goods without approval"),
    ("set-aside", "Goods set aside for somebody else"),
    ("not-covered", "Card or account did not cover it"),
    ("customer-gone", "Unknown customer"),
    ("receipt-number", "Receipt number printed twice"),
    ("closed-place", "Sold at a closed location"),
    ("customer-taken", "Number or card of another customer"),
    ("parked-twice", "Parked basket taken up twice"),
    ("away-limit", "More than allowed without the server"),
    ("late-return", "Return beyond the rules"),
):
    register_reason(Reason(kind=_kind, title=_title, ways=_of_order))
for _kind, _title in (
    ("closed-shift", "After the shift was closed"),
    ("no-shift", "Without an open shift"),
    ("register-gone", "Unknown register"),
):
    register_reason(Reason(kind=_kind, title=_title, ways=_of_drawer))
for _kind, _title in (("unknown-product", "Unknown article"), ("lot", "Unknown lot")):
    register_reason(Reason(kind=_kind, title=_title, ways=_of_goods))
