"""What the stock room shows of an order or its parcel that moved goods: its number and customer."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.urls import reverse

from core.actors import Actor
from inventory.web.causes import Described, describe
from orders.models import Fulfilment, Order
from orders.permissions import VIEW_CUSTOMERS, VIEW_ORDERS


def orders_in_words(ids: Collection[UUID], actor: Actor) -> Mapping[UUID, Described]:
    """Number and customer of some orders, as far as the actor may see them: one query."""
    if not actor.may(VIEW_ORDERS):
        return {}
    rows = Order.objects.filter(pk__in=ids).values_list("pk", "number", "customer__name", "customer__phone")
    seen = slice(None) if actor.may(VIEW_CUSTOMERS) else slice(1)
    return {pk: Described(", ".join(part for part in parts[seen] if part)) for pk, *parts in rows}


def parcels_in_words(ids: Collection[UUID], actor: Actor) -> Mapping[UUID, Described]:
    """The orders that some parcels belong to, in words and with their pages: two queries."""
    if not actor.may(VIEW_ORDERS):
        return {}
    order_of = dict(Fulfilment.objects.filter(pk__in=ids).values_list("pk", "order"))
    told = orders_in_words(set(order_of.values()), actor)
    return {
        pk: Described(told[order].text, reverse("order", args=[order]))
        for pk, order in order_of.items()
        if order in told
    }


describe("order", orders_in_words)
describe("fulfilment", parcels_in_words)
