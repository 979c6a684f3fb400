"""Which variants a bulk edit is about, and what came of it."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from core.errors import Invalid, NotFound
from inventory.models import BulkEdit, BulkEditRow, Category, Variant

MOST_WORDS, MOST_IDS = 6, 5000
KNOWN = {"q", "category", "brand", "is_active", "price_from", "price_to", "variants"}


def variants_matching(matching: Mapping[str, Any]) -> QuerySet[Variant]:
    """The variants with their products: ``q`` words in name or SKU, a category with all below it, brand, state, price.

    Raises `Invalid` for a filter that is none; an empty one matches everything.
    """
    if unknown := sorted(matching.keys() - KNOWN):
        raise _wrong(unknown[0], "There is no such filter.")
    rows = Variant.objects.select_related("product").order_by("product_id", "position", "pk")
    for word in str(matching.get("q", "")).split()[:MOST_WORDS]:
        rows = rows.filter(Q(product__name__icontains=word) | Q(sku__istartswith=word))
    if matching.get("category"):
        rows = rows.filter(product__category__in=_with_all_below(_uuid(matching["category"], "category")))
    if matching.get("brand"):
        rows = rows.filter(product__brand=_uuid(matching["brand"], "brand"))
    if matching.get("variants") is not None:
        rows = rows.filter(pk__in=_ids(matching["variants"]))
    if isinstance(matching.get("is_active"), bool):
        rows = rows.filter(is_active=matching["is_active"], product__is_active=matching["is_active"])
    if matching.get("price_from") not in (None, ""):
        rows = rows.filter(unit_price__gte=_number(matching["price_from"], "price_from"))
    if matching.get("price_to") not in (None, ""):
        rows = rows.filter(unit_price__lte=_number(matching["price_to"], "price_to"))
    return rows


def _with_all_below(category_id: UUID) -> set[UUID]:
    parents: dict[UUID | None, list[UUID]] = {}
    for pk, parent in Category.objects.values_list("pk", "parent_id"):
        parents.setdefault(parent, []).append(pk)
    found, left = {category_id}, [category_id]
    while left:
        below = [pk for pk in parents.get(left.pop(), []) if pk not in found]
        found.update(below)
        left.extend(below)
    return found


def _ids(value: Any) -> list[UUID]:
    if not isinstance(value, list) or len(value) > MOST_IDS:
        raise _wrong("variants", f"A list of at most {MOST_IDS} ids.")
    return [_uuid(each, "variants") for each in value]


def _uuid(value: Any, name: str) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as problem:
        raise _wrong(name, "This is no id.") from problem


def _number(value: Any, name: str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as problem:
        raise _wrong(name, "This is no price.") from problem
    if not number.is_finite() or abs(number) >= 10**10:
        raise _wrong(name, "This is no price.")
    return number


def _wrong(name: str, detail: str) -> Invalid:
    return Invalid(detail, details={"errors": [{"pointer": f"/filter/{name}", "code": "filter", "detail": detail}]})


def bulk_edits() -> QuerySet[BulkEdit]:
    """All edits, newest first."""
    return BulkEdit.objects.all()


def find_bulk_edit(edit_id: UUID) -> BulkEdit:
    """An edit. Raises `NotFound`."""
    edit = BulkEdit.objects.filter(pk=edit_id).first()
    if edit is None:
        raise NotFound("There is no such bulk edit.")
    return edit


def rows_of(edit: BulkEdit, *, state: str = "") -> QuerySet[BulkEditRow]:
    """The values an edit changes, with their variants."""
    rows = BulkEditRow.objects.filter(bulk_edit=edit).select_related("variant__product")
    return rows.filter(state=state) if state else rows
