from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_products_by_name")]

    operations = [
        migrations.AddField(
            model_name="alertdigest",
            name="lease_until",
            field=models.DateTimeField(blank=True, help_text="Somebody is sending it until then.", null=True),
        ),
    ]
