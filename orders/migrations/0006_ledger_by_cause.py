from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0005_customers_by_phone_and_postcode"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="creditentry",
            index=models.Index(fields=["reference_id"], name="credit_entry_by_cause"),
        ),
    ]
