from decimal import Decimal

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0022_receipts_counted_by_device"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="payment_difference",
            field=models.DecimalField(
                db_default=Decimal("0"),
                decimal_places=4,
                default=Decimal("0"),
                help_text="Paid more or less by mistake; somebody took it as it was.",
                max_digits=18,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="difference_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
