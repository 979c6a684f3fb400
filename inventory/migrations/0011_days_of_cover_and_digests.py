import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0010_labels_of_lots_and_serials"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="stocklevel",
            name="cover_at",
            field=models.DecimalField(
                blank=True,
                decimal_places=3,
                help_text="Units of the days of cover, renewed at night; for want of low_at.",
                max_digits=14,
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="AlertDigest",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("is_wanted", models.BooleanField(default=False)),
                ("sent_on", models.DateField(blank=True, null=True)),
                (
                    "told_until",
                    models.DateTimeField(blank=True, help_text="Alerts raised later were not mailed yet.", null=True),
                ),
            ],
        ),
    ]
