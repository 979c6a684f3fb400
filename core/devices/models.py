"""The tills and phones of a shop: browsers that were let in by a code and keep a secret of their own."""

from datetime import UTC, datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.ids import uuid7
from core.locations.models import Location
from core.people.models import Role, User


class Device(models.Model):
    """A browser that works for the shop. Its row stays when it is revoked: what it made names it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=4, help_text="Begins the numbers it gives, so no device ever gets it again.")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Null: no ceiling."
    )
    token_hash = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of a secret of 256 bits.")
    enrolled_at = models.DateTimeField(auto_now_add=True)
    enrolled_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(help_text="Moves on while it is used.")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    is_lost = models.BooleanField(default=False, db_default=False, help_text="Revoked because nobody knows who has it.")
    version = models.BigIntegerField(default=1)
    session_key = models.CharField(
        max_length=40, blank=True, default="", db_index=True, help_text="The log-in that is bound to it."
    )

    last_seen_at = models.DateTimeField(null=True, help_text="At most a minute behind.")
    silent_at = models.DateTimeField(null=True, help_text="When its silence was told.")
    client = models.CharField(max_length=200, blank=True, default="", help_text="Browser and system, as it says.")
    app_version = models.CharField(max_length=40, blank=True, default="")
    storage_persisted = models.BooleanField(null=True, help_text="Whether the browser promised to keep its store.")
    storage_used_bytes = models.BigIntegerField(null=True)
    storage_quota_bytes = models.BigIntegerField(null=True)
    catalogue_at = models.DateTimeField(null=True, help_text="When its articles and prices were last up to date.")
    catalogue_seq = models.BigIntegerField(null=True, help_text="The number of the last event they know of.")
    unsent = models.IntegerField(default=0, help_text="Items it holds that the server has not confirmed.")
    oldest_unsent_at = models.DateTimeField(null=True)
    clock_offset_ms = models.BigIntegerField(null=True, help_text="Its clock minus ours.")
    last_n = models.BigIntegerField(default=0, help_text="The highest number of its sequence that came.")
    last_receipt = models.BigIntegerField(
        default=0, db_default=0, help_text="The highest number of a receipt of it that came."
    )

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["prefix"], name="device_prefix_once"),
            models.CheckConstraint(condition=Q(prefix__regex=r"^[A-Z0-9]{1,4}$"), name="device_prefix_is_short"),
            models.CheckConstraint(condition=Q(unsent__gte=0, last_n__gte=0), name="device_counts"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_living(self) -> bool:
        """Whether it opens anything: neither revoked nor unused for too long."""
        return self.revoked_at is None and self.expires_at > datetime.now(UTC)


class Gap(models.Model):
    """Numbers of a device that did not come though later ones did: of its items, or of its receipts.

    What is sent out of order comes a moment later, so a gap is told, and shown, only once it has stood for a while.
    """

    class Counter(models.TextChoices):
        ITEMS = "items"
        RECEIPTS = "receipts"

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="gaps")
    counter = models.CharField(max_length=8, choices=Counter, default=Counter.ITEMS, db_default="items")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    found_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, help_text="Null: too young to be told.")

    class Meta:
        ordering: ClassVar = ["first", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["device", "counter", "first"], name="device_gap_once"),
            models.CheckConstraint(condition=Q(first__gte=1, last__gte=F("first")), name="device_gap_is_a_range"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["found_at"], name="device_gap_untold", condition=Q(told_at__isnull=True)),
        ]


class Enrolment(models.Model):
    """An invitation for one device: a code of one use and ten minutes. Its id is made by the client."""

    id = models.UUIDField(primary_key=True, editable=False)
    code_hash = models.BinaryField(max_length=32, unique=True)
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=4)
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    device = models.OneToOneField(Device, on_delete=models.CASCADE, null=True, related_name="+")

    @property
    def is_open(self) -> bool:
        """Whether its code still lets somebody in."""
        return self.used_at is None and self.expires_at > datetime.now(UTC)


class SealKey(models.Model):
    """The key pair that devices seal unsent work for: one for the shop, the private half sealed itself."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    public = models.JSONField(help_text="A JWK: P-256.")
    private = models.TextField(help_text="PKCS 8, sealed by core.secrets.")
    made_at = models.DateTimeField(auto_now_add=True)
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["is_current"], condition=Q(is_current=True), name="seal_key_current_once")
        ]

    @property
    def place(self) -> str:
        """What the private half is bound to (`core.secrets`)."""
        return f"devices.seal:{self.pk}"
