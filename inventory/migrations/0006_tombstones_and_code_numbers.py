from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_what_a_person_must_look_at")]

    operations = [
        migrations.CreateModel(
            name="CodeSequence",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=20)),
                ("last", models.BigIntegerField(default=0)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("name",), name="code_sequence_once")]},
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("object_id", models.UUIDField()),
                ("version", models.BigIntegerField()),
                ("deleted_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["deleted_at", "id"],
                "indexes": [models.Index(fields=["kind", "deleted_at", "id"], name="tombstone_by_time")],
            },
        ),
    ]
