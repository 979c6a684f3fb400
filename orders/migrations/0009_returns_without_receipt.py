from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0008_gift_cards_sold"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="is_without_receipt",
            field=models.BooleanField(
                db_default=False, default=False, help_text="A refund of goods whose sale nobody knows."
            ),
        ),
        migrations.AddField(
            model_name="sellingpolicy",
            name="no_receipt",
            field=models.CharField(
                choices=[
                    ("forbidden", "not at all"),
                    ("credit", "for store credit"),
                    ("approval", "for store credit, each approved"),
                ],
                db_default="forbidden",
                default="forbidden",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="sellingpolicy",
            name="no_receipt_days",
            field=models.PositiveIntegerField(
                db_default=30, default=30, help_text="The lowest price of so many days is given."
            ),
        ),
        migrations.AddField(
            model_name="sellingpolicy",
            name="no_receipt_period_days",
            field=models.PositiveIntegerField(db_default=90, default=90),
        ),
        migrations.AlterField(
            model_name="sellingpolicy",
            name="no_receipt_credit",
            field=models.DecimalField(
                decimal_places=4,
                default=0,
                help_text="Store credit for goods without a receipt: of a customer in a period, at most, without approval.",
                max_digits=18,
            ),
        ),
    ]
