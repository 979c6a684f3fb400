"""Where a shop holds goods and sells: stores, warehouses, stalls."""

from typing import Any, ClassVar

from django.db import models

from core.ids import uuid7

TEXT: dict[str, Any] = {"blank": True, "default": "", "db_default": ""}


class Location(models.Model):
    """A place with its own stock. Zone and start of the business day default to the shop's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, blank=True, default="")
    day_starts_at = models.TimeField(null=True, blank=True)
    address = models.CharField(
        **TEXT, max_length=300, help_text="Lines above the postal code; empty: the shop's address is printed."
    )
    postal_code = models.CharField(**TEXT, max_length=16)
    city = models.CharField(**TEXT, max_length=80)
    country = models.CharField(**TEXT, max_length=60)
    phone = models.CharField(**TEXT, max_length=40, help_text="Empty: the shop's.")
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


class ShopDetails(models.Model):
    """Who the shop is, as its papers say it: one row, none until somebody says it. The trade name is the tenant's."""

    id = models.BigAutoField(primary_key=True)
    legal_name = models.CharField(**TEXT, max_length=120)
    address = models.CharField(**TEXT, max_length=300, help_text="Lines above the postal code.")
    postal_code = models.CharField(**TEXT, max_length=16)
    city = models.CharField(**TEXT, max_length=80)
    country = models.CharField(**TEXT, max_length=60, help_text="As it is printed.")
    phone = models.CharField(**TEXT, max_length=40)
    email = models.CharField(**TEXT, max_length=254)
    website = models.CharField(**TEXT, max_length=200)
    tax_label = models.CharField(**TEXT, max_length=30, help_text="What the tax number is called: VAT no.")
    tax_number = models.CharField(**TEXT, max_length=40)
    footer = models.CharField(**TEXT, max_length=500, help_text="Last words of a receipt.")
    version = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="shop_details_is_one_row")]


class Letterhead(models.Model):
    """What the papers of the shop (or what differs at one location) said from a moment on; never changed."""

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(
        Location,
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        related_name="letterheads",
        help_text="Null: the whole shop.",
    )
    said = models.JSONField(help_text="The fields of papers by name.")
    since = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["location", "since"], name="letterhead_by_time")]
