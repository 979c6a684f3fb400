"""Baskets that a till put aside and took up again while it was away: the record follows."""

from uuid import UUID

from django.db import transaction

from core.sync.facts import by_author
from core.sync.registry import Doubt, Item, Outcome
from orders.errors import AlreadyTaken
from orders.models import Order
from orders.services.parking import discard, resume


def take_up(cart_id: UUID, take_id: UUID | None, item: Item) -> Outcome:
    """A till took up what it had parked itself; ``take_id`` None: it was thrown away there. A repeat changes nothing.

    Where another till was faster, after the basket had reached the server, both have it: that is said.

    Raises:
        NotFound: there is no such basket. What `resume` raises otherwise.
    """
    doubts: list[Doubt] = []
    by = ""
    try:
        with transaction.atomic():
            if take_id is None:
                is_new, doubts = by_author(item, lambda actor: discard(cart_id, actor=actor))
            else:
                kept, doubts = by_author(item, lambda actor: resume(cart_id, take_id=take_id, actor=actor))
                is_new = kept.is_new
    except AlreadyTaken as refusal:
        by, is_new = str(refusal.details.get("by") or "somebody else"), True
    order = Order.objects.get(pk=cart_id)
    if by and take_id is not None:
        said = f"{item.device_name} took this basket up without the server, and so did {by}. Was it sold twice?"
        doubts = [Doubt(kind="parked-twice", sentence=said, at_risk=order.total)]
    return Outcome(
        object_type="order",
        object_id=order.pk,
        label=order.number,
        location_id=order.location_id,
        answer={"cart": str(order.pk), "number": order.number},
        doubts=doubts,
        is_new=is_new,
    )
