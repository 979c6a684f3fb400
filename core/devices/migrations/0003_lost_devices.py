from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0002_receipts_and_gaps_that_stand"),
    ]

    operations = [
        migrations.AddField(
            model_name="device",
            name="is_lost",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Revoked because nobody knows who has it."
            ),
        ),
    ]
