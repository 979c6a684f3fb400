"""Read fulfilments: what is to be packed, and what is on its way."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from core.actors import Actor
from core.errors import NotFound
from orders.models import Fulfilment, FulfilmentLine, Order
from orders.permissions import FULFIL, VIEW_ORDERS
from orders.selectors.axes import with_axes

State = Fulfilment.State
LATE_AFTER = timedelta(days=1)
"""How long goods of an order that is promised for no time may wait to leave before a work list calls it late."""
STAGES = ("pack", "packed", "sent")


def fulfilments(
    *, actor: Actor, location: UUID | None = None, state: str | None = None, order: UUID | None = None
) -> QuerySet[Fulfilment]:
    """Fulfilments of the locations where the actor sees orders or packs them, with their lines."""
    rows = Fulfilment.objects.select_related("order").prefetch_related("lines__line")
    held = [actor.places(one) for one in (VIEW_ORDERS, FULFIL) if actor.may(one)] or [actor.places(VIEW_ORDERS)]
    places = [some for some in held if some is not None]
    if len(places) == len(held):
        rows = rows.filter(order__location_id__in=frozenset().union(*places))
    wanted = {"order__location_id": location, "state": state, "order_id": order}
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def find_fulfilment(fulfilment_id: UUID, *, actor: Actor) -> Fulfilment:
    """One fulfilment. Raises `NotFound` also for one of a location the actor may not see."""
    found = fulfilments(actor=actor).filter(pk=fulfilment_id).first()
    if found is None:
        raise NotFound("There is no such fulfilment.")
    return found


def left_of(order: Order) -> dict[int, Decimal]:
    """How much of each line of an order, by its key, is in no fulfilment yet."""
    rows = FulfilmentLine.objects.filter(fulfilment__order=order).exclude(fulfilment__state=State.CANCELLED)
    taken = dict(rows.order_by().values_list("line").annotate(sum=Sum("quantity")))
    return {line.pk: line.quantity - taken.get(line.pk, Decimal(0)) for line in order.lines.all()}


def work_list(
    *,
    actor: Actor,
    stage: str,
    location: UUID | None = None,
    kind: str = "",
    q: str = "",
    due_by: datetime | None = None,
) -> QuerySet[Order]:
    """Orders whose goods are to be packed, wait packed, or are on their way (``stage``), where the actor packs.

    Each has ``to_pack``, the units that are in no fulfilment, and ``due_at``: by when it is promised, or else a day
    after it was placed. ``q`` begins a number or is a part of a name; ``due_by``: only what is due until then.
    """
    under_way = Fulfilment.objects.filter(order=OuterRef("pk"))
    taken = FulfilmentLine.objects.filter(fulfilment__order=OuterRef("pk")).exclude(fulfilment__state=State.CANCELLED)
    sums = taken.order_by().values("fulfilment__order").annotate(sum=Sum("quantity")).values("sum")
    units = Coalesce(Subquery(sums), Value(Decimal(0)), output_field=DecimalField(max_digits=24, decimal_places=3))
    rows = with_axes(Order.objects.filter(kind=Order.Kind.SALE)).annotate(
        to_pack=F("units") - units, due_at=Coalesce("promised_at", F("occurred_at") + LATE_AFTER)
    )
    if stage == "sent":
        rows = rows.filter(pk__in=Fulfilment.objects.filter(state=State.SHIPPED).values("order"))
    else:
        rows = rows.filter(state=Order.State.OPEN)
        state = State.PACKED if stage == "packed" else State.OPEN
        waits = Q(Exists(under_way.filter(state=state)))
        rows = rows.filter(waits if stage == "packed" else waits | Q(to_pack__gt=0))
    places = actor.places(FULFIL)
    if places is not None:
        rows = rows.filter(location_id__in=places)
    if location is not None:
        rows = rows.filter(location_id=location)
    if due_by is not None:
        rows = rows.filter(due_at__lte=due_by)
    if kind:
        rows = rows.filter(delivery__kind=kind)
    if typed := q.strip():
        named = Q(customer__name__icontains=typed) | Q(delivery__name__icontains=typed)
        rows = rows.filter(named | Q(number__startswith=typed.upper()) | Q(number=typed))
    return rows.select_related("location", "customer").defer("request_hash")


def is_late(order: Order, *, now: datetime) -> bool:
    """Whether goods of an open order should have left by now: by what was promised, or else after a day."""
    return order.state == Order.State.OPEN and (order.promised_at or order.occurred_at + LATE_AFTER) < now
