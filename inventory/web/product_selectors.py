"""What the tabs of a product's page read: as many queries for one variant as for two thousand."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from core.actors import Actor
from core.audit.selectors import changes_in_words, entries
from core.web.cursors import Window, window_of
from inventory.customer_groups import customer_groups
from inventory.models import PriceListItem, Product, StockLevel, Variant
from inventory.permissions import VIEW_COST, VIEW_STOCK
from inventory.selectors.blind import without_blind
from inventory.selectors.prices import price_changes
from inventory.web.selectors import at_places

BY_PLACE = ("position", "id")
COSTS = ("unit cost", "average cost")


def variants_page(product: Product, query: Mapping[str, str], chosen: Mapping[str, str] | None = None) -> Window:
    """Fifty of a product's variants with tax and codes; ``chosen`` are values of its options."""
    rows = product.variants.select_related("tax_class").prefetch_related("codes")
    if chosen:
        rows = rows.filter(options__contains=dict(chosen))
    return window_of(rows, by=BY_PLACE, query=query)


def levels_page(product: Product, query: Mapping[str, str], *, actor: Actor) -> Window:
    """Fifty of the product's stock levels, in the places the actor may see."""
    rows: QuerySet[Any] = StockLevel.objects.filter(variant__product=product).select_related("variant", "location")
    rows = without_blind(at_places(rows, actor.places(VIEW_STOCK)), actor=actor)
    rows = rows.annotate(place=F("variant__position"), at=F("location__code"))
    return window_of(rows, by=("place", "variant_id", "at", "location_id"), query=query)


def listed_prices(variants: Collection[Variant]) -> dict[UUID, list[dict[str, Any]]]:
    """Prices on lists in use that hold now or later, by variant: two queries."""
    lists = PriceListItem.objects.filter(variant__in=[row.pk for row in variants], price_list__is_active=True)
    lists = lists.filter(Q(price_list__ends_at=None) | Q(price_list__ends_at__gt=datetime.now(UTC)))
    lists = lists.select_related("price_list__location")
    groups = customer_groups()
    found: dict[UUID, list[dict[str, Any]]] = {}
    for item in lists.order_by("variant_id", "-price_list__priority", "unit_price", "from_quantity", "pk"):
        wanted = item.price_list.customer_group_id
        found.setdefault(item.variant_id, []).append({"item": item, "group": groups.get(wanted) if wanted else None})
    return found


def changed_prices(product: Product, query: Mapping[str, str]) -> Window:
    """The newest twenty changes of the product's prices."""
    return window_of(price_changes(product_id=product.pk), by=("-id",), query=query, size=20)


def past_of(product: Product, query: Mapping[str, str], *, actor: Actor) -> dict[str, Any]:
    """Fifty entries of the audit log about the product; costs only for those who may see them."""
    window = window_of(entries(object_type="product", object_id=str(product.pk)), by=("-id",), query=query)
    with_cost = actor.may(VIEW_COST)
    rows = [
        {
            "entry": entry,
            "changes": [one for one in changes_in_words(entry) if with_cost or not one.name.endswith(COSTS)],
        }
        for entry in window.rows
    ]
    return {"window": window, "rows": rows}
