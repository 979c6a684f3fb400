from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0006_ledger_by_cause"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="fulfilment",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "packed", "shipped"])),
                fields=["created_at", "id"],
                name="fulfilment_under_way",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "voided", "cancelled"])),
                fields=["-occurred_at", "-id"],
                name="order_not_completed",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("kind", "sale"), _negated=True),
                fields=["kind", "-occurred_at", "-id"],
                name="order_other_kinds",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["location", "-occurred_at", "-id"], name="order_by_place"),
        ),
    ]
