"""Drawers: registers, their shifts, cash put in and taken out, and what reached a shift after its close."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.ids import uuid7
from core.locations.models import Location
from orders.models.amounts import AMOUNT


class Register(models.Model):
    """A till with a drawer of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="registers")
    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["location_id", "name", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["location", "name"], name="register_name_once")]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """A drawer from its opening to its count. A register has at most one open shift. Its id is made by the client.

    Expected cash is the float, the cash payments of the shift and its cash movements; nothing else.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True)
    request_hash = models.BinaryField(max_length=32)
    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="shifts")
    number = models.BigIntegerField(help_text="1, 2, 3 of its register; the number of its Z report.")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    currency = models.CharField(max_length=3)
    business_date = models.DateField()
    opening_float = models.DecimalField(**AMOUNT, default=Decimal(0))
    opened_at = models.DateTimeField()
    opened_by_id = models.UUIDField(null=True)
    opened_by_label = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.UUIDField(null=True)
    closed_by_label = models.CharField(max_length=200, blank=True, default="")
    close_hash = models.BinaryField(max_length=32, null=True, help_text="What a repeated close must have in common.")
    counted = models.JSONField(null=True, help_text="Number of each coin and note.")
    counted_total = models.DecimalField(**AMOUNT, null=True)
    expected_total = models.DecimalField(**AMOUNT, null=True, help_text="At the close.")
    difference_reason = models.CharField(max_length=200, blank=True, default="")
    totals = models.JSONField(null=True, help_text="The Z report as it was at the close.")
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["register"], condition=Q(state="open"), name="shift_one_open_per_register"),
            models.UniqueConstraint(fields=["register", "number"], name="shift_number_once"),
        ]

    def __str__(self) -> str:
        return f"Z{self.number}"


class CashMovement(models.Model):
    """Cash put into (positive) or taken out of (negative) a drawer for something that is no sale. Id by the client."""

    id = models.UUIDField(primary_key=True)
    request_hash = models.BinaryField(max_length=32)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="cash_movements")
    amount = models.DecimalField(**AMOUNT)
    reason = models.CharField(max_length=200)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["recorded_at", "pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(amount=0), name="cash_movement_moves")]


class ShiftAmendment(models.Model):
    """What reached a closed shift later: a sale made offline in its time. Z-1 a, b, c are these, signed amounts."""

    id = models.BigAutoField(primary_key=True)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="amendments")
    number = models.PositiveIntegerField()
    order_id = models.UUIDField()
    amounts = models.JSONField(help_text="What it adds to the totals of the Z report.")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shift", "number"], name="shift_amendment_number_once"),
            models.UniqueConstraint(fields=["shift", "order_id"], name="shift_amendment_order_once"),
        ]
