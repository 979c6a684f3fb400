"""Price lists as tables: what goes out, and what came of the files that came in."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from core.spreadsheets import Cell
from inventory.models import PriceList, PriceListItem, PriceSheet, PriceSheetRow, Variant, title_of

HEAD = ("SKU", "Name", "From quantity", "Price", "Own price")


def sheet_of(price_list: PriceList, *, with_all: bool = False) -> Iterator[tuple[Cell, ...]]:
    """The prices of a list by SKU and quantity, under `HEAD`.

    ``with_all``: with a row without a price for every article for sale that does not stand on it, to be filled in.
    """
    columns = ("sku", "product__name", "name", "pk", "unit_price")
    items: dict[UUID, list[tuple[Decimal, Decimal]]] = {}
    listed = PriceListItem.objects.filter(price_list=price_list).order_by("variant_id", "from_quantity")
    for variant_id, quantity, price in listed.values_list("variant_id", "from_quantity", "unit_price"):
        items.setdefault(variant_id, []).append((quantity, price))
    rows = Variant.objects.order_by("sku").values_list(*columns, "is_active", "product__is_active")
    if not with_all:
        rows = rows.filter(list_prices__price_list=price_list).distinct()
    for sku, product, name, pk, own, is_active, is_sold in rows:
        title = title_of(product, name)
        for quantity, price in items.get(pk, ()):
            yield sku, title, _short(quantity), _short(price), _short(own)
        if pk not in items and is_active and is_sold:
            yield sku, title, 1, None, _short(own)


def _short(number: Decimal) -> Decimal:
    """Without zeros at the end that nobody wrote."""
    shown = number.normalize()
    return shown.quantize(Decimal(1)) if int(shown.as_tuple().exponent) > 0 else shown


def price_sheets(*, price_list: UUID | None = None) -> QuerySet[PriceSheet]:
    """Files with prices, newest first; of one list, if named."""
    rows = PriceSheet.objects.select_related("price_list").defer("refused_rows")
    return rows if price_list is None else rows.filter(price_list=price_list)


def find_price_sheet(sheet_id: UUID) -> PriceSheet:
    """A file with prices. Raises `NotFound`."""
    found = PriceSheet.objects.select_related("price_list").filter(pk=sheet_id).first()
    if found is None:
        raise NotFound("There is no such file with prices.")
    return found


def rows_of_sheet(sheet: PriceSheet) -> QuerySet[PriceSheetRow]:
    """The prices that it sets, changes or takes off, with their variants."""
    return PriceSheetRow.objects.filter(sheet=sheet).select_related("variant__product")
