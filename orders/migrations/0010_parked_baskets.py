"""A parked cart keeps what was stated: coupons, discounts by hand, lots and pieces."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column that may be empty."""

    dependencies: ClassVar = [("orders", "0009_returns_without_receipt")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="order",
            name="basket",
            field=models.JSONField(
                blank=True,
                help_text="Of a parked cart: what was stated and is no amount (see services.parking).",
                null=True,
            ),
        )
    ]
