from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0017_sums_of_the_ledger_by_month")]

    operations = [
        migrations.AddField(
            model_name="pricechange",
            name="list_version",
            field=models.BigIntegerField(
                help_text="Of the list once this was changed: that of its event.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="pricechange",
            index=models.Index(
                condition=models.Q(("list_version__gt", 0)),
                fields=["price_list", "list_version"],
                name="price_change_by_list",
            ),
        ),
    ]
