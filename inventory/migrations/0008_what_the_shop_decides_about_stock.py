from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_the_ledger_in_time")]

    operations = [
        migrations.AddField(
            model_name="stockpolicy",
            name="recount_above",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Of new stocktakes that state none.",
                max_digits=18,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="cover_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Alert when what is there lasts fewer days; null: fixed limits only.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="sales_days",
            field=models.PositiveIntegerField(
                db_default=28, default=28, help_text="Days the rate of sale is taken of."
            ),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="target_days",
            field=models.PositiveIntegerField(db_default=14, default=14, help_text="Days an order should last."),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="markdown_days",
            field=models.PositiveIntegerField(
                db_default=5,
                default=5,
                help_text="Days before its expiry a lot is proposed for a lower price.",
            ),
        ),
    ]
