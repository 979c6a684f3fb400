"""Leave room in the pages of stock levels: an update of a hot row stays in its page and touches no index."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("inventory", "0001_initial")]
    operations: ClassVar = [
        migrations.RunSQL(
            ["ALTER TABLE inventory_stocklevel SET (fillfactor = 70)"],
            ["ALTER TABLE inventory_stocklevel RESET (fillfactor)"],
        )
    ]
