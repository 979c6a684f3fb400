"""Locations are edited by people who saw them as they are."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("locations", "0001_initial")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="location", name="version", field=models.BigIntegerField(db_default=1, default=1)
        ),
    ]
