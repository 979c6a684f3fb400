"""Read price lists, and how prices came to be what they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
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


def lowest_prices(ids: Iterable[UUID], *, since: datetime, location_id: UUID) -> dict[UUID, Decimal]:
    """The lowest price of each variant that anybody could have had at a location since an instant.

    Their own prices by the log, and lists that hold for everybody there, from one unit on. Variants of which nothing
    changed and that stand on no such list are left out: their price is today's. Two queries.
    """
    wanted = list(ids)
    for_all = Q(price_list__customer_group_id=None, price_list__channel__in=("", "counter")) & (
        Q(price_list__location=None) | Q(price_list__location=location_id)
    )
    listed = PriceListItem.objects.filter(for_all, variant__in=wanted, from_quantity__lte=1).exclude(
        Q(price_list__ends_at__lte=since)
        | Q(price_list__starts_at__gt=datetime.now(UTC))
        | Q(price_list__is_active=False)
    )
    own = Q(price_list=None, price_list_name="")
    changed = PriceChange.objects.filter(own | for_all, variant__in=wanted, at__gte=since, from_quantity__lte=1)
    found: dict[UUID, Decimal] = {}
    seen = [*listed.values_list("variant_id", "unit_price"), *changed.values_list("variant_id", "before")]
    for variant_id, price in [*seen, *changed.values_list("variant_id", "after")]:
        if price is not None:
            found[variant_id] = min(price, found.get(variant_id, price))
    return found


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
