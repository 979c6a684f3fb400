"""The documents behind receipts, adjustments and counts."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("inventory", "0002_room_for_hot_updates"),
        ("locations", "0001_initial"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="StockDocument",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("receipt", "goods received"), ("adjustment", "Adjustment"), ("count", "Count")],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                (
                    "lines",
                    models.JSONField(help_text="What was stated: variant, quantity, and the stock before and after."),
                ),
                ("request_hash", models.BinaryField(max_length=32)),
                ("created_by_kind", models.CharField(max_length=16)),
                ("created_by_id", models.UUIDField(null=True)),
                ("created_by_label", models.CharField(max_length=200)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="locations.location"
                    ),
                ),
            ],
            options={
                "ordering": ["-recorded_at", "-pk"],
            },
        ),
    ]
