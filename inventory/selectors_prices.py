"""Read price lists, and how prices came to be what they are."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from core.errors import NotFound
from inventory.models import PriceChange, PriceList, PriceListItem

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


def price_changes(*, variant_id: UUID | None = None, product_id: UUID | None = None) -> QuerySet[PriceChange]:
    """Who changed which price when and why, newest first."""
    rows = PriceChange.objects.select_related("variant__product")
    if variant_id is not None:
        rows = rows.filter(variant=variant_id)
    if product_id is not None:
        rows = rows.filter(variant__product=product_id)
    return rows
