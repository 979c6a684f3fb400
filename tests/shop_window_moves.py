"""What a full shop has between its locations."""

from decimal import Decimal

from core.ids import uuid7
from core.locations.models import Location
from core.testing import Shop, stock
from inventory.models import Count, StockLevel, Transfer
from inventory.services.count_entries import EntryDraft, add_entries
from inventory.services.counts import CountDraft, open_count, review_count
from inventory.services.lines import GoodsLine
from inventory.services.shipping import ship_transfer
from inventory.services.transfers import TransferDraft, create_transfer


def send(shop: Shop, basket: dict[str, str]) -> Transfer:
    """A transfer on its way to a second location."""
    for sku in basket:  # what was sold too much before
        there_is = StockLevel.objects.get(variant__sku=sku, location=shop.location)
        stock(there_is.variant, shop.location, str(60 + there_is.reserved - there_is.on_hand))
    there, _ = Location.objects.get_or_create(code="NORTH", defaults={"name": "Warehouse in the north"})
    draft = TransferDraft(
        transfer_id=uuid7(),
        source_id=shop.location.pk,
        destination_id=there.pk,
        lines=[GoodsLine(variant_id=shop.variant(sku).pk, quantity=Decimal(n)) for sku, n in basket.items()],
        note="With the morning van",
    )
    return ship_transfer(create_transfer(draft, actor=shop.actor()).transfer.pk, actor=shop.actor())


def counted(shop: Shop, seen: dict[str, str]) -> Count:
    """A stocktake that waits for approval, with differences."""
    draft = CountDraft(
        count_id=uuid7(), location_id=shop.location.pk, name="Everything in the front room", recount_above=Decimal(50)
    )
    count = open_count(draft, actor=shop.actor()).count
    entries = [
        EntryDraft(entry_id=uuid7(), variant_id=shop.variant(sku).pk, quantity=Decimal(n)) for sku, n in seen.items()
    ]
    add_entries(count.pk, entries, actor=shop.actor())
    return review_count(count.pk, actor=shop.actor())
