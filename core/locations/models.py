"""Where a shop holds goods and sells: stores, warehouses, stalls."""

from typing import ClassVar

from django.db import models

from core.ids import uuid7


class Location(models.Model):
    """A place with its own stock. Zone and start of the business day default to the shop's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, blank=True, default="")
    day_starts_at = models.TimeField(null=True, blank=True)
    sells_below_zero = models.BooleanField(
        default=False, help_text="Sell what the record says is gone; the shortage becomes a task for a person."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        ordering: ClassVar = ["code", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["code"], name="location_code_once")]

    def __str__(self) -> str:
        return self.name
