"""Counting the stock while the shop sells: a count, what people counted when, and what came of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.locations.models import Location
from inventory.models.catalogue import Variant
from inventory.models.stock import COST, UNITS


class Count(models.Model):
    """A stocktake of (a part of) one location by any number of people and devices. Its id is made by the client."""

    class State(models.TextChoices):
        OPEN = "open", "being counted"
        REVIEW = "review", "waiting for approval"
        CLOSED = "closed", "booked"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True)
    request_hash = models.BinaryField(max_length=32)
    number = models.CharField(max_length=20)
    name = models.CharField(max_length=120, blank=True, default="")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    scope = models.JSONField(default=dict, help_text="Which variants: categories, brands, or a list; empty means all.")
    is_blind = models.BooleanField(default=True, help_text="Those who count do not see what the record says.")
    recount_above = models.DecimalField(
        max_digits=18, decimal_places=4, null=True, blank=True, help_text="Variances of more value are counted again."
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    round = models.PositiveIntegerField(default=1)
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    approved_by_id = models.UUIDField(null=True)
    approved_by_label = models.CharField(max_length=200, blank=True, default="")
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["number"], name="count_number_once")]
        indexes: ClassVar = [models.Index(fields=["location", "-closed_at"], name="count_by_location")]

    def __str__(self) -> str:
        return self.name or self.number


class CountEntry(models.Model):
    """So many of a variant, seen by somebody at an instant. Entries of one round add up. Id by the device."""

    id = models.UUIDField(primary_key=True)
    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="entries")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(**UNITS)
    code = models.CharField(max_length=80, blank=True, default="")
    round = models.PositiveIntegerField(default=1)
    counted_at = models.DateTimeField()
    device = models.CharField(max_length=80, blank=True, default="")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(auto_now_add=True)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["recorded_at", "pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(quantity__gte=0), name="count_entry_not_negative")]
        indexes: ClassVar = [models.Index(fields=["count", "variant", "round"], name="count_entry_by_variant")]


class CountLine(models.Model):
    """What a count came to for one variant: counted against the record at the instant it was counted."""

    id = models.BigAutoField(primary_key=True)
    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    counted = models.DecimalField(**UNITS)
    counted_at = models.DateTimeField()
    expected = models.DecimalField(**UNITS, help_text="What the record says was there at ``counted_at``.")
    unit_cost = models.DecimalField(**COST)
    is_recount_wanted = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["count", "variant"], name="count_line_once")]
