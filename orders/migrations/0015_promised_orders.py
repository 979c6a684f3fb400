from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0014_customers_by_a_part_of_their_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="promised_at",
            field=models.DateTimeField(
                blank=True, help_text="By when the goods of an open order are ready, or at the customer's.", null=True
            ),
        ),
    ]
