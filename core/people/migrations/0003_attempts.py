from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_put_away"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200, unique=True)),
                (
                    "due_at",
                    models.DateTimeField(
                        db_index=True, help_text="When an even stream of such attempts would be through."
                    ),
                ),
            ],
        ),
    ]
