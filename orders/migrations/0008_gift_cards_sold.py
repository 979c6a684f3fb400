from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0007_lists_of_orders"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="apart_total",
            field=models.DecimalField(
                db_default=Decimal(0),
                decimal_places=4,
                default=Decimal(0),
                help_text="Part of the total that is no revenue: gift cards that were sold.",
                max_digits=18,
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="kind",
            field=models.CharField(
                choices=[("goods", "goods or a service"), ("giftcard", "gift card")],
                db_default="goods",
                default="goods",
                help_text="Only goods are revenue.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="gift_card",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="orders.giftcard",
            ),
        ),
    ]
