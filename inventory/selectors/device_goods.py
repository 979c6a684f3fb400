"""What a device keeps of the goods for sale at its place, so that it can scan, find and price them by itself.

Costs, margins and whatever follows from them are no part of it: a device can be lost.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from core.actors import Actor
from inventory.models import Variant
from inventory.selectors.blind import hidden_among
from inventory.selectors.pictures import picture_url

NOBODY = Actor(kind="system", id=None, label="a device")
"""A device is used by many: it is told no stock that anybody who uses it must not see."""

GOODS = """
    SELECT variant.id::text, variant.product_id::text, variant.sku, product.name, variant.name, variant.options::json,
           variant.tracking, variant.unit, variant.tax_class_id::text, trim_scale(variant.unit_price)::text,
           variant.is_stocked, trim_scale(coalesce(level.on_hand, 0))::text, trim_scale(level.low_at)::text,
           product.category_id::text, product.brand_id::text, variant.position,
        (SELECT json_agg(json_build_array(code, trim_scale(pack_quantity)::text) ORDER BY code)
         FROM inventory_scancode WHERE variant_id = variant.id AND kind = 'variant'),
        (SELECT json_agg(json_build_array(list.id, trim_scale(item.from_quantity)::text,
                                          trim_scale(item.unit_price)::text) ORDER BY list.id, item.from_quantity)
         FROM inventory_pricelistitem AS item JOIN inventory_pricelist AS list ON list.id = item.price_list_id
         WHERE item.variant_id = variant.id AND (list.location_id IS NULL OR list.location_id = %(location)s)
           AND (list.ends_at IS NULL OR list.ends_at > %(at)s)),
        (SELECT sha256 FROM inventory_productpicture WHERE product_id = product.id
         ORDER BY (variant_id IS NOT DISTINCT FROM variant.id) DESC, position, created_at, id LIMIT 1)
    FROM inventory_variant AS variant
    JOIN inventory_product AS product ON product.id = variant.product_id
    LEFT JOIN inventory_stocklevel AS level ON level.variant_id = variant.id AND level.location_id = %(location)s
    WHERE variant.id = ANY(%(ids)s::uuid[]) AND variant.is_active AND product.is_active
    ORDER BY variant.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a device is. ``shows_stock``: who asks may see the stock there."""

    location_id: UUID
    shows_stock: bool = True


def for_sale_anywhere() -> QuerySet[Variant]:
    """The variants that are sold."""
    return Variant.objects.filter(is_active=True, product__is_active=True)


def goods(ids: Collection[UUID], place: Place, *, at: datetime | None = None) -> list[dict[str, Any]]:
    """Those of the variants that are sold, as a device keeps them: two statements for any number of them.

    A row says what is not usual and leaves out the rest: ``name`` of the product, ``variant`` what tells it from its
    siblings, ``price`` its own, ``lists`` its prices ``[list, from quantity, price]`` on every list that holds at the
    place now or later, ``codes`` ``[code, units]`` as the registry keeps them, ``on_hand`` at the place (left out
    where it is not stocked, or is being counted blind), ``low`` the level at which it is low.
    """
    if not ids:
        return []
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"ids": list(ids), "location": place.location_id, "at": at or datetime.now(UTC)}
        cursor.execute(GOODS, values)
        found = cursor.fetchall()
    hidden = hidden_among(ids, place.location_id, actor=NOBODY) if place.shows_stock else set()
    veiled = {str(pk) for pk in hidden}
    return [_row(one, shows_stock=place.shows_stock and one[0] not in veiled) for one in found]


def _row(found: tuple[Any, ...], *, shows_stock: bool) -> dict[str, Any]:
    (pk, product, sku, name, variant, options, tracking, unit, tax, price, is_stocked, on_hand, low, category, brand,
     position, codes, lists, picture) = found  # fmt: skip
    row: dict[str, Any] = {"id": pk, "product": product, "sku": sku, "name": name, "price": price}
    unusual: Mapping[str, Any] = {
        "variant": variant,
        "options": options,
        "tracking": "" if tracking == Variant.Tracking.NONE else tracking,
        "unit": unit,
        "tax": tax,
        "category": category,
        "brand": brand,
        "position": position,
        "codes": codes,
        "lists": lists,
        "picture": picture and picture_url(picture),
        "is_service": not is_stocked,
        "on_hand": on_hand if is_stocked and shows_stock else None,
        "low": low if is_stocked and shows_stock else None,
    }
    return row | {key: value for key, value in unusual.items() if value}
