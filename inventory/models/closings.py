"""Sums of the ledger at the ends of months: a cache, so that the past need not be added up from the beginning."""

from typing import Any, ClassVar

from django.db import models

UNITS: dict[str, Any] = {"max_digits": 18, "decimal_places": 3}


class StockClosing(models.Model):
    """An instant for which sums are kept: of all movements up to ``through`` that happened until then."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    through = models.BigIntegerField(help_text="The newest movement that is in it, by id; later ones are added.")
    renewed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["at"], name="stock_closing_once")]

    def __str__(self) -> str:
        return self.at.isoformat()


class StockClosingRow(models.Model):
    """The sums of one variant at one location. Without foreign keys: it is written by the hundred thousand."""

    pk = models.CompositePrimaryKey("closing_id", "variant_id", "location_id")
    closing = models.ForeignKey(StockClosing, on_delete=models.CASCADE, related_name="rows", db_index=False)
    variant_id = models.UUIDField()
    location_id = models.UUIDField()
    on_hand = models.DecimalField(**UNITS)
    damaged = models.DecimalField(**UNITS)
    in_transit = models.DecimalField(**UNITS)
    value = models.DecimalField(max_digits=30, decimal_places=7)
