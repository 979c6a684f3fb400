from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0008_what_the_shop_decides_about_stock")]

    operations = [
        migrations.AddIndex(model_name="lot", index=models.Index(fields=["code"], name="lot_by_code")),
        migrations.AddIndex(model_name="serial", index=models.Index(fields=["number"], name="serial_by_number")),
    ]
