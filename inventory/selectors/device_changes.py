"""Which goods the numbered events name: those a device must be told of anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from inventory.models import Count, PriceChange, PriceListItem, Variant
from inventory.selectors.counts import in_scope

OF_PRODUCTS = ("product.created", "product.updated", "product.deleted")
OF_STOCK = ("stock.changed", "stock.limits_changed")
OF_COUNTS = ("count.opened", "count.closed")
MOVED = {
    "category.deleted": "product__category",
    "brand.deleted": "product__brand",
    "tax_class.deleted": "tax_class",
}
"""What is gone, and the field in which its goods name what took its place."""

TOLD = (*OF_PRODUCTS, *OF_STOCK, *OF_COUNTS, *MOVED, "price_list.changed")
"""The events that say that some goods are different; what is different in tables is seen by comparing them."""


@dataclass(slots=True)
class Named:
    """What some events name. ``products``: all of these is told anew; ``variants``: these are, beside them."""

    products: set[UUID] = field(default_factory=set)
    variants: set[UUID] = field(default_factory=set)


def named_by(events: Iterable[Mapping[str, Any]], *, location_id: UUID) -> Named:
    """The goods that are or may be different at a location after these events (envelopes, in any order)."""
    made, here = Named(), str(location_id)
    moved = Q(pk__in=[])
    lists: set[tuple[UUID, int]] = set()
    counts: set[UUID] = set()
    for event in events:
        kind, data = event["type"], event["data"]
        if kind in OF_PRODUCTS:
            made.products.add(UUID(data["product_id"]))
        elif kind in OF_STOCK and data["location_id"] == here:
            made.variants.add(UUID(data["variant_id"]))
        elif kind in OF_COUNTS and data["location_id"] == here:
            counts.add(UUID(data["count_id"]))
        elif kind in MOVED and data["moved_to"]:
            moved |= Q(**{MOVED[kind]: data["moved_to"]})
        elif kind == "price_list.changed":
            lists.add((UUID(data["price_list_id"]), int(data["version"])))
    made.variants.update(Variant.objects.filter(moved).values_list("pk", flat=True))
    made.variants.update(_priced_by(lists))
    for count in Count.objects.filter(pk__in=counts, is_blind=True):
        made.variants.update(in_scope(count).values_list("pk", flat=True))
    return made


def _priced_by(lists: Iterable[tuple[UUID, int]]) -> set[UUID]:
    """The variants whose prices a change of a list is about: those it names, all on it where the list itself changed.

    A list that begins to hold somewhere, or ends there, brings all its prices along.
    """
    found: set[UUID] = set()
    for price_list, version in lists:
        changes = PriceChange.objects.filter(price_list=price_list, list_version=version)
        named = set(changes.values_list("variant", flat=True))
        found |= named or set(PriceListItem.objects.filter(price_list=price_list).values_list("variant", flat=True))
    return found


def variants_of(named: Named) -> set[UUID]:
    """All variants that are named, those of named products among them."""
    of_products = Variant.objects.filter(product__in=named.products).values_list("pk", flat=True)
    return named.variants | set(of_products)
