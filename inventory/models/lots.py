"""Goods that are told apart: lots with an expiry date, and single pieces with a serial number."""

from decimal import Decimal
from typing import ClassVar

from django.db import models

from core.ids import uuid7
from core.locations.models import Location
from inventory.models.catalogue import Variant
from inventory.models.stock import UNITS, StockMovement


class Lot(models.Model):
    """A batch of one variant. What is on hand of a tracked variant is the sum of its lots."""

    class State(models.TextChoices):
        OPEN = "open"
        BLOCKED = "blocked", "blocked, not to be sold"

    id = models.UUIDField(primary_key=True, default=uuid7)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="lots")
    code = models.CharField(max_length=40)
    expires_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["expires_on", "created_at", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["variant", "code"], name="lot_code_once")]
        indexes: ClassVar = [
            models.Index(fields=["expires_on"], name="lot_by_expiry"),
            models.Index(fields=["code"], name="lot_by_code"),
        ]

    def __str__(self) -> str:
        return self.code


class LotLevel(models.Model):
    """How much of a lot is on hand at a location: the cache of `MovementLot`, changed with the level."""

    id = models.BigAutoField(primary_key=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="levels")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    on_hand = models.DecimalField(**UNITS, default=Decimal(0))

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["lot", "location"], name="lot_level_once")]


class MovementLot(models.Model):
    """The part of a movement that is of one lot: the way from a lot to every receipt and customer."""

    id = models.BigAutoField(primary_key=True)
    movement = models.ForeignKey(StockMovement, on_delete=models.PROTECT, related_name="lots")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="movements")
    delta = models.DecimalField(**UNITS)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["movement", "lot"], name="movement_lot_once")]


class Serial(models.Model):
    """One piece with a number of its own."""

    class State(models.TextChoices):
        IN_STOCK = "in_stock", "in stock"
        SOLD = "sold"
        IN_TRANSIT = "in_transit", "on its way"
        DAMAGED = "damaged"
        GONE = "gone", "lost or written off"

    id = models.UUIDField(primary_key=True, default=uuid7)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="serials")
    number = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.IN_STOCK)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["number", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["variant", "number"], name="serial_number_once")]
        indexes: ClassVar = [models.Index(fields=["number"], name="serial_by_number")]

    def __str__(self) -> str:
        return self.number


class MovementSerial(models.Model):
    """Which piece a movement moved: the history of a serial."""

    id = models.BigAutoField(primary_key=True)
    movement = models.ForeignKey(StockMovement, on_delete=models.PROTECT, related_name="serials")
    serial = models.ForeignKey(Serial, on_delete=models.PROTECT, related_name="movements")
    state = models.CharField(max_length=10, choices=Serial.State, help_text="What it was afterwards.")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["movement", "serial"], name="movement_serial_once")]


class NamedGoods(models.Model):
    """A piece, or so much of a lot, that a document has named for itself, beside what it set aside of the variant.

    A row is there for as long as the document waits for the goods: it goes when they leave or are free again.
    """

    id = models.BigAutoField(primary_key=True)
    reference_type = models.CharField(max_length=20)
    reference_id = models.UUIDField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_index=False)
    serial = models.ForeignKey(Serial, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="+")
    units = models.DecimalField(**UNITS)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["serial"], name="named_piece_once"),
            models.UniqueConstraint(fields=["reference_id", "lot"], name="named_lot_once"),
            models.CheckConstraint(condition=models.Q(units__gt=0), name="named_something"),
            models.CheckConstraint(
                condition=models.Q(serial__isnull=False) ^ models.Q(lot__isnull=False), name="named_piece_or_lot"
            ),
        ]
