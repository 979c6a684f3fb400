import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("locations", "0003_papers_of_the_shop"),
        ("people", "0003_attempts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                (
                    "prefix",
                    models.CharField(
                        help_text="Begins the numbers it gives, so no device ever gets it again.", max_length=4
                    ),
                ),
                (
                    "token_hash",
                    models.BinaryField(help_text="SHA-256 of a secret of 256 bits.", max_length=32, unique=True),
                ),
                ("enrolled_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(help_text="Moves on while it is used.")),
                ("revoked_at", models.DateTimeField(null=True)),
                ("version", models.BigIntegerField(default=1)),
                (
                    "session_key",
                    models.CharField(
                        blank=True,
                        db_index=True,
                        default="",
                        help_text="The log-in that is bound to it.",
                        max_length=40,
                    ),
                ),
                ("last_seen_at", models.DateTimeField(help_text="At most a minute behind.", null=True)),
                ("silent_at", models.DateTimeField(help_text="When its silence was told.", null=True)),
                (
                    "client",
                    models.CharField(
                        blank=True, default="", help_text="Browser and system, as it says.", max_length=200
                    ),
                ),
                ("app_version", models.CharField(blank=True, default="", max_length=40)),
                (
                    "storage_persisted",
                    models.BooleanField(help_text="Whether the browser promised to keep its store.", null=True),
                ),
                ("storage_used_bytes", models.BigIntegerField(null=True)),
                ("storage_quota_bytes", models.BigIntegerField(null=True)),
                (
                    "catalogue_at",
                    models.DateTimeField(help_text="When its articles and prices were last up to date.", null=True),
                ),
                (
                    "catalogue_seq",
                    models.BigIntegerField(help_text="The number of the last event they know of.", null=True),
                ),
                (
                    "unsent",
                    models.IntegerField(default=0, help_text="Items it holds that the server has not confirmed."),
                ),
                ("oldest_unsent_at", models.DateTimeField(null=True)),
                ("clock_offset_ms", models.BigIntegerField(help_text="Its clock minus ours.", null=True)),
                (
                    "last_n",
                    models.BigIntegerField(default=0, help_text="The highest number of its sequence that came."),
                ),
                (
                    "enrolled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="locations.location"
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        blank=True,
                        help_text="Null: no ceiling.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.role",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("code_hash", models.BinaryField(max_length=32, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("prefix", models.CharField(max_length=4)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "device",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="devices.device"
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="locations.location"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.role",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Gap",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("found_at", models.DateTimeField()),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="gaps", to="devices.device"
                    ),
                ),
            ],
            options={
                "ordering": ["first", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SealKey",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("public", models.JSONField(help_text="A JWK: P-256.")),
                ("private", models.TextField(help_text="PKCS 8, sealed by core.secrets.")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("is_current", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("is_current",), name="seal_key_current_once"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.UniqueConstraint(fields=("prefix",), name="device_prefix_once"),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("prefix__regex", "^[A-Z0-9]{1,4}$")), name="device_prefix_is_short"
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_n__gte", 0), ("unsent__gte", 0)), name="device_counts"
            ),
        ),
        migrations.AddConstraint(
            model_name="gap",
            constraint=models.UniqueConstraint(fields=("device", "first"), name="device_gap_once"),
        ),
        migrations.AddConstraint(
            model_name="gap",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__gte", 1), ("last__gte", models.F("first"))), name="device_gap_is_a_range"
            ),
        ),
    ]
