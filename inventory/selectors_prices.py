"""Read price lists, and how prices came to be what they are."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from core.errors import NotFound
from inventory.models import LabelPrint, PriceChange, PriceList, PriceListItem, Variant
from inventory.selectors import for_sale

MOST_WORDS = 6


def price_lists() -> QuerySet[PriceList]:
    """All lists with their place and the number of their prices (``prices``)."""
    return PriceList.objects.select_related("location").annotate(prices=Count("items"))


def find_price_list(price_list_id: UUID) -> PriceList:
    """A list. Raises `NotFound`."""
    found = price_lists().filter(pk=price_list_id).first()
    if found is None:
        raise NotFound("There is no such price list.")
    return found


def prices_on(price_list: PriceList, *, words: str = "") -> QuerySet[PriceListItem]:
    """The prices of a list with their variants; every word must stand in the name or begin the SKU."""
    rows = PriceListItem.objects.filter(price_list=price_list).select_related("variant__product")
    for word in words.split()[:MOST_WORDS]:
        rows = rows.filter(Q(variant__sku__istartswith=word) | Q(variant__product__name__icontains=word))
    return rows


@dataclass(frozen=True, slots=True)
class OldLabel:
    """A variant whose label shows another price than the one that holds."""

    variant: Variant
    printed: Decimal
    price: Decimal
    copies: int


def old_labels(*, location_id: UUID | None) -> list[OldLabel]:
    """Labels printed for a location (None: for no certain one) whose price has changed since, by name."""
    prints = list(
        LabelPrint.objects.filter(location=location_id, variant__is_active=True)
        .select_related("variant__product")
        .order_by("variant__product__name", "variant__position", "variant_id")
    )
    goods = for_sale([row.variant_id for row in prints], location_id=location_id)
    return [
        OldLabel(row.variant, row.unit_price, goods[row.variant_id].unit_price, row.copies)
        for row in prints
        if row.variant_id in goods and goods[row.variant_id].unit_price != row.unit_price
    ]


def price_changes(*, variant_id: UUID | None = None, product_id: UUID | None = None) -> QuerySet[PriceChange]:
    """Who changed which price when and why, newest first."""
    rows = PriceChange.objects.select_related("variant__product")
    if variant_id is not None:
        rows = rows.filter(variant=variant_id)
    if product_id is not None:
        rows = rows.filter(variant__product=product_id)
    return rows
