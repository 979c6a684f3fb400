"""Articles that are nearly what somebody typed, for searches that found nothing."""

from uuid import UUID

from django.db.models import Q, QuerySet

from core.db.likeness import SHOWN, is_like, lenient, ranked, words_of
from inventory.models import Brand, Product, Variant

SKU_ALIKE_FROM = 0.5
"""SKUs of a shop resemble each other; one slip in eight signs leaves more than this."""


def products_alike(rows: QuerySet[Product], text: str, *, limit: int = SHOWN) -> list[Product]:
    """Those of the products whose name and brand, or a SKU, are most like the text; best first."""
    words = words_of(text)
    if not words:
        return []
    named = rows
    with lenient():
        for word in words:
            brands = list(Brand.objects.filter(name__alike=word).values_list("pk", flat=True)[:limit])
            named = named.filter(is_like("name", word) | Q(brand__in=brands) if brands else is_like("name", word))
        found: list[Product] = ranked(named, "name", words, limit=limit)
    if len(words) > 1 or len(found) >= limit:
        return found
    known = {product.pk for product in found}
    return found + [row for row in _by_sku(rows, text.strip(), limit) if row.pk not in known][: limit - len(found)]


def _by_sku(rows: QuerySet[Product], text: str, limit: int) -> list[Product]:
    with lenient(SKU_ALIKE_FROM):
        alike = ranked(Variant.objects.filter(sku__alike=text), "sku", [text.upper()], limit=limit)
    owners: dict[UUID, int] = {}
    for place, variant in enumerate(alike):
        owners.setdefault(variant.product_id, place)
    return sorted(rows.filter(pk__in=owners), key=lambda product: owners[product.pk])
