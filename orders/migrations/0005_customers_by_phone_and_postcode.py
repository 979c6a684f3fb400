from django.db import migrations, models

import orders.models.customers


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_ends_of_orders"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="postcode",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AddField(
            model_name="customer",
            name="request_hash",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                orders.models.customers.LastDigits("phone"),
                condition=models.Q(("phone", ""), _negated=True),
                name="customer_by_last_digits",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("postcode", ""), _negated=True), fields=["postcode"], name="customer_by_postcode"
            ),
        ),
    ]
