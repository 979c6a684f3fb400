"""Goods on their way from one location to another."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.locations.models import Location
from inventory.models.catalogue import Variant
from inventory.models.stock import NO_UNITS, UNITS


class Transfer(models.Model):
    """A transfer: drafted, shipped (in transit at its destination), received in parts, closed. Id by the client."""

    class State(models.TextChoices):
        DRAFT = "draft"
        SHIPPED = "shipped", "on its way"
        CLOSED = "closed", "received"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True)
    request_hash = models.BinaryField(max_length=32)
    number = models.CharField(max_length=20)
    source = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    note = models.CharField(max_length=300, blank=True, default="")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    shipped_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="transfer_number_once"),
            models.CheckConstraint(condition=~Q(source=F("destination")), name="transfer_goes_somewhere"),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-created_at"], name="transfer_by_state")]

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    """One variant of a transfer; once closed, ``shipped = received + damaged + missing``."""

    id = models.BigAutoField(primary_key=True)
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(**UNITS, help_text="Wanted.")
    shipped = models.DecimalField(**NO_UNITS)
    received = models.DecimalField(**NO_UNITS)
    damaged = models.DecimalField(**NO_UNITS)
    missing = models.DecimalField(**NO_UNITS)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["transfer", "variant"], name="transfer_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_quantity_positive"),
        ]

    @property
    def on_its_way(self) -> Decimal:
        return self.shipped - self.received - self.damaged - self.missing


class TransferReceipt(models.Model):
    """One arrival of (a part of) a transfer: the cause of its ledger lines. Its id is made by the client."""

    id = models.UUIDField(primary_key=True)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="receipts")
    request_hash = models.BinaryField(max_length=32)
    lines = models.JSONField(help_text="Variant, received, damaged and missing of each.")
    is_last = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True, default="")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["recorded_at", "pk"]
