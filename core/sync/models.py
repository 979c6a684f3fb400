"""What devices sent: each item once, and what about them waits for a person."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from core.devices.models import Device
from core.ids import uuid7
from core.locations.models import Location

AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}


class SyncItem(models.Model):
    """An item of a device, kept for good: a repeat is known by it. ``body`` is kept only where it was not booked.

    A number or an id that came before with something else is a row of its own (``is_conflict``): the first one stands.
    """

    class Outcome(models.TextChoices):
        APPLIED = "applied"
        DUPLICATE = "duplicate", "stood already"
        QUARANTINED = "quarantined", "kept for a person"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+", db_index=False)
    n = models.BigIntegerField(null=True, help_text="The device's number; null: it could not be read.")
    item_id = models.UUIDField(null=True, help_text="The device's id of it; null: it could not be read.")
    kind = models.CharField(max_length=40, blank=True, default="")
    v = models.IntegerField(default=0)
    body_hash = models.BinaryField(max_length=32)
    outcome = models.CharField(max_length=12, choices=Outcome)
    code = models.CharField(max_length=60, blank=True, default="", help_text="Why it was not booked.")
    answer = models.JSONField(default=dict, help_text="What the device was told of it.")
    is_conflict = models.BooleanField(default=False)
    body = models.TextField(blank=True, default="", help_text="JSON, as it came.")
    author_id = models.UUIDField(null=True)
    author_label = models.CharField(max_length=200, blank=True, default="")
    occurred_at = models.DateTimeField(help_text="By our clock.")
    offset_ms = models.BigIntegerField(default=0, help_text="Its clock minus ours, as it had measured.")
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-taken_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["device", "n"], condition=Q(is_conflict=False), name="sync_item_number"),
            models.UniqueConstraint(fields=["item_id"], condition=Q(is_conflict=False), name="sync_item_id"),
            models.UniqueConstraint(
                fields=["device", "n", "item_id", "body_hash"],
                condition=Q(is_conflict=True) | Q(n=None) | Q(item_id=None),
                nulls_distinct=False,
                name="sync_item_conflict_once",
            ),
        ]


class Flag(models.Model):
    """Something that does not fit, until a person has settled it: one sentence, and the money at risk.

    ``held`` is money of an item that is in no book; ``held_cash`` the part of it that lies in the drawer of
    ``register_id``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40)
    sentence = models.CharField(max_length=500)
    item = models.ForeignKey(SyncItem, on_delete=models.PROTECT, related_name="flags")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, related_name="+")
    register_id = models.UUIDField(null=True)
    author_id = models.UUIDField(null=True)
    author_label = models.CharField(max_length=200, blank=True, default="")
    object_type = models.CharField(max_length=40, blank=True, default="")
    object_id = models.UUIDField(null=True)
    object_label = models.CharField(max_length=200, blank=True, default="")
    details = models.JSONField(default=dict)
    currency = models.CharField(max_length=3)
    at_risk = models.DecimalField(**AMOUNT, default=0)
    held = models.DecimalField(**AMOUNT, default=0)
    held_cash = models.DecimalField(**AMOUNT, default=0)
    occurred_at = models.DateTimeField()
    raised_at = models.DateTimeField(auto_now_add=True)
    resolution = models.CharField(max_length=20, blank=True, default="", help_text="accepted, booked, dismissed.")
    note = models.CharField(max_length=300, blank=True, default="")
    resolved_at = models.DateTimeField(null=True)
    resolved_by_id = models.UUIDField(null=True)
    resolved_by_label = models.CharField(max_length=200, blank=True, default="")
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-raised_at", "-pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(at_risk__gte=0), name="flag_risk_not_negative")]
        indexes: ClassVar = [
            models.Index(fields=["-raised_at", "-id"], name="flag_open", condition=Q(resolved_at=None)),
            models.Index(fields=["object_id"], name="flag_by_object"),
        ]

    def __str__(self) -> str:
        return self.sentence
