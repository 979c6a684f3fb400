"""Read fulfilments: what is to be packed, and what is on its way."""

from uuid import UUID

from django.db.models import QuerySet

from core.actors import Actor
from core.errors import NotFound
from orders.models import Fulfilment
from orders.permissions import VIEW_ORDERS


def fulfilments(
    *, actor: Actor, location: UUID | None = None, state: str | None = None, order: UUID | None = None
) -> QuerySet[Fulfilment]:
    """Fulfilments of the locations where the actor sees orders, with their lines."""
    rows = Fulfilment.objects.select_related("order").prefetch_related("lines__line")
    places = actor.places(VIEW_ORDERS)
    if places is not None:
        rows = rows.filter(order__location_id__in=places)
    wanted = {"order__location_id": location, "state": state, "order_id": order}
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def find_fulfilment(fulfilment_id: UUID, *, actor: Actor) -> Fulfilment:
    """One fulfilment. Raises `NotFound` also for one of a location the actor may not see."""
    found = fulfilments(actor=actor).filter(pk=fulfilment_id).first()
    if found is None:
        raise NotFound("There is no such fulfilment.")
    return found
