"""Labels, and a bulk edit of every variant of the big shop with its undo, beside one UPDATE of the same rows.

`make bench ARGS=bulk`; the big shop is built first if there is none.
"""

import django

from benchmarks.bigshop import big_shop
from benchmarks.harness import Works


def main() -> None:
    """The services that a worker calls, in this process."""
    django.setup()
    from django.db import connection, transaction

    from core.actors import SYSTEM
    from core.ids import uuid7
    from core.tenancy.context import use_tenant
    from inventory.models import Variant
    from inventory.services.bulk import apply_bulk_edit, preview_bulk_edit, run_bulk_edit, undo_bulk_edit
    from inventory.services.labels import LabelLine, print_labels

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

    with use_tenant(big_shop()):
        ids = list(Variant.objects.order_by("sku").values_list("pk", flat=True)[:500])
        labels = [LabelLine(variant_id=pk, copies=1) for pk in ids]
        works.measure("500 labels as PDF", lambda: print_labels(labels, sheet="a4-24", actor=SYSTEM), bar=10)
        works.measure("one UPDATE of every price, plain SQL", update)
        works.measure("bulk edit of every price: preview", preview, rounds=1, bar=60)
        works.measure("bulk edit of every price: apply", lambda: run(is_undo=False), rounds=1, bar=60)
        works.measure("bulk edit of every price: undo", lambda: run(is_undo=True), rounds=1, bar=60)
    works.tell()


if __name__ == "__main__":
    main()
