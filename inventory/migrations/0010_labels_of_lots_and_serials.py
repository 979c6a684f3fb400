"""Data alone: lots and pieces of before are found by their labels, too."""

import re
from typing import Any

from django.db import migrations

from inventory.codes import normalise

OF_RECEIPTS = re.compile(r"R-([0-9A-Z-]{3,40})")
NO_LOT = "without lot"
BATCH = 1000


def register(apps: Any, schema_editor: Any) -> None:
    """The oldest of those that share a name gets it; what belongs to something else stays as it is."""
    ScanCode = apps.get_model("inventory", "ScanCode")
    for kind, model, name in (("lot", "Lot", "code"), ("serial", "Serial", "number")):
        batch = []
        rows = apps.get_model("inventory", model).objects.order_by("created_at", "pk")
        for pk, text in rows.values_list("pk", name).iterator(chunk_size=BATCH):
            code = normalise(text)
            if not code or text == NO_LOT or OF_RECEIPTS.fullmatch(code):
                continue
            batch.append(ScanCode(code=code, kind=kind, symbology="code", target_id=pk))
            if len(batch) == BATCH:
                ScanCode.objects.bulk_create(batch, ignore_conflicts=True)
                batch = []
        ScanCode.objects.bulk_create(batch, ignore_conflicts=True)


def release(apps: Any, schema_editor: Any) -> None:
    """Going forward again registers them anew."""
    apps.get_model("inventory", "ScanCode").objects.filter(kind__in=["lot", "serial"]).delete()


class Migration(migrations.Migration):
    dependencies = [("inventory", "0009_lots_and_serials_by_name")]

    operations = [migrations.RunPython(register, release)]
