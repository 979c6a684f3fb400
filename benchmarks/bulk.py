"""Labels, a bulk edit of every variant of the big shop with its undo, and a price list of 50,000 out and in as a file.

Beside them stand one UPDATE of the same rows, and a plain COPY of as many prices.

`make bench ARGS=bulk`; the big shop is built first if there is none.
"""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import django

from benchmarks.bigshop import big_shop
from benchmarks.harness import Works


def main() -> None:
    """The services that a worker calls, in this process."""
    django.setup()
    from django.db import connection, transaction

    from core.actors import SYSTEM
    from core.copy import copy_rows
    from core.ids import uuid7
    from core.spreadsheets import Cell, as_csv, as_xlsx
    from core.tenancy.context import use_tenant
    from inventory.models import PriceListItem, Variant
    from inventory.selectors.price_sheets import HEAD
    from inventory.services.bulk import apply_bulk_edit, preview_bulk_edit, run_bulk_edit, undo_bulk_edit
    from inventory.services.price_sheets import (
        apply_price_sheet,
        export_prices,
        preview_price_sheet,
        run_price_sheet,
        undo_price_sheet,
    )
    from inventory.services.prices import create_price_list

    works, edit = Works(), uuid7()

    def update() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE inventory_variant SET unit_price = unit_price * 1.05")
            transaction.set_rollback(True)

    def preview() -> None:
        dearer = {"unit_price": {"how": "percent", "value": "5"}}
        preview_bulk_edit(edit, matching={}, changes=dearer, actor=SYSTEM)

    def run(*, is_undo: bool) -> None:
        (undo_bulk_edit if is_undo else apply_bulk_edit)(edit, actor=SYSTEM)
        run_bulk_edit(edit, actor=SYSTEM, progress=lambda *told: None, is_undo=is_undo)

    def copied() -> None:
        with transaction.atomic():
            copy_rows(PriceListItem, ["price_list_id", "variant_id", "from_quantity", "unit_price"], plain)
            transaction.set_rollback(True)

    def as_file(kind: str) -> None:
        rows = export_prices(prices.pk, actor=SYSTEM)
        files[kind] = as_xlsx(rows, title="Prices") if kind == "xlsx" else as_csv(rows).encode()

    def bring_in(kind: str) -> None:
        sheets[kind] = uuid7()
        preview_price_sheet(sheets[kind], files[kind], price_list_id=prices.pk, file_name=kind, actor=SYSTEM)

    def run_sheet(kind: str, *, is_undo: bool) -> None:
        (undo_price_sheet if is_undo else apply_price_sheet)(sheets[kind], actor=SYSTEM)
        run_price_sheet(sheets[kind], actor=SYSTEM, progress=lambda *told: None, is_undo=is_undo)

    with use_tenant(big_shop()):
        prices = create_price_list({"name": f"Benchmark {edit}", "is_active": False}, actor=SYSTEM)
        first = list(Variant.objects.order_by("pk").values_list("pk", "sku")[:50_000])
        plain: list[tuple[object, ...]] = [(prices.pk, pk, 1, place % 900 + 1) for place, (pk, _) in enumerate(first)]
        sheets: dict[str, UUID] = {}
        fresh: list[Sequence[Cell]] = [
            HEAD,
            *((sku, "", 1, place % 900 + 1, "") for place, (_, sku) in enumerate(first)),
        ]
        files = {"csv": as_csv(fresh).encode()}
        works.measure("COPY of 50,000 prices, plain", copied)
        works.measure("50,000 new prices from CSV: preview", lambda: bring_in("csv"), rounds=1, bar=5)
        works.measure("50,000 new prices: apply", lambda: run_sheet("csv", is_undo=False), rounds=1, bar=5)
        for kind in ("csv", "xlsx"):
            works.measure(f"50,000 prices out as {kind}", partial(as_file, kind), rounds=1, bar=5)
            works.measure(f"50,000 prices in from {kind}: preview", partial(bring_in, kind), rounds=1, bar=5)
        changed: list[Sequence[Cell]] = [
            HEAD,
            *((sku, "", 1, place % 700 + 1, "") for place, (_, sku) in enumerate(first)),
        ]
        files["changed"] = as_csv(changed).encode()
        works.measure("50,000 prices of which most differ: preview", lambda: bring_in("changed"), rounds=1, bar=5)
        works.measure("50,000 prices: apply", lambda: run_sheet("changed", is_undo=False), rounds=1, bar=5)
        works.measure("50,000 prices: undo", lambda: run_sheet("changed", is_undo=True), rounds=1, bar=5)
        _remove(prices.pk, list(sheets.values()))
    works.tell()


def _remove(price_list: UUID, sheets: list[UUID]) -> None:
    """A list with its hundred thousands of rows; by the ORM it takes minutes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inventory_pricesheetrow WHERE sheet_id = ANY(%s)", [sheets])
        cursor.execute("DELETE FROM inventory_pricesheet WHERE id = ANY(%s)", [sheets])
        cursor.execute("DELETE FROM inventory_pricelistitem WHERE price_list_id = %s", [price_list])
        cursor.execute("DELETE FROM inventory_pricechange WHERE price_list_id = %s", [price_list])
        cursor.execute("DELETE FROM inventory_pricelist WHERE id = %s", [price_list])


if __name__ == "__main__":
    main()
