"""What the shop holds: products, their variants, everything scannable, and the stock ledger."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.ids import uuid7
from core.locations.models import Location
from inventory.codes import printed


class Category(models.Model):
    """A shelf of the catalogue."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["name"], name="category_name_once")]

    def __str__(self) -> str:
        return self.name


class TaxClass(models.Model):
    """Goods that are taxed alike."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60)
    rate = models.DecimalField(max_digits=7, decimal_places=4, help_text="Per cent: 20 means 20 %.")

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="tax_class_name_once"),
            models.CheckConstraint(condition=Q(rate__gte=0), name="tax_rate_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """The container people browse; what is sold and counted is its variants."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="products")
    is_active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        indexes: ClassVar = [models.Index(fields=["updated_at", "id"], name="product_by_change")]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What is sold, priced, stocked and counted. Every product has at least one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True, default="", help_text="What tells it from its siblings.")
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    tax_class = models.ForeignKey(TaxClass, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_stocked = models.BooleanField(default=True, help_text="Fees and services are sold, not stocked.")
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["product_id", "position", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["sku"], name="variant_sku_once")]

    def __str__(self) -> str:
        return self.sku

    @property
    def title(self) -> str:
        """The name as a receipt prints it."""
        return title_of(self.product.name, self.name)


def title_of(product_name: str, variant_name: str) -> str:
    """What a receipt calls a variant."""
    return f"{product_name}, {variant_name}" if variant_name else product_name


class ScanCode(models.Model):
    """One registry of everything scannable, so that a scan anywhere means one thing.

    GTINs are kept as 14 digits (UPC-A, EAN-8 and EAN-13 of one article meet), anything else as typed.
    """

    class Kind(models.TextChoices):
        VARIANT = "variant"

    class Symbology(models.TextChoices):
        GTIN = "gtin", "GTIN"
        CODE = "code", "own code"

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.VARIANT)
    symbology = models.CharField(max_length=10, choices=Symbology, default=Symbology.CODE)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, null=True, related_name="codes")
    pack_quantity = models.DecimalField(max_digits=14, decimal_places=3, default=Decimal(1))

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="scan_code_once"),
            models.CheckConstraint(condition=Q(pack_quantity__gt=0), name="scan_code_pack_positive"),
            models.CheckConstraint(condition=~Q(kind="variant") | Q(variant__isnull=False), name="scan_code_target"),
        ]
        indexes: ClassVar = [models.Index(models.functions.Upper("code"), name="scan_code_any_case")]

    def __str__(self) -> str:
        return self.code

    @property
    def printed(self) -> str:
        """The code as it stands on the goods."""
        return printed(self.code)


class StockLevel(models.Model):
    """What is there now: the ledger's cache, changed by `inventory.services.ledger` alone."""

    pk = models.CompositePrimaryKey("variant_id", "location_id")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="levels")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    on_hand = models.DecimalField(max_digits=14, decimal_places=3, default=Decimal(0))
    reserved = models.DecimalField(max_digits=14, decimal_places=3, default=Decimal(0))
    low_at = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    version = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_reserved_positive")]
        indexes: ClassVar = [
            models.Index(fields=["location", "variant"], condition=Q(on_hand__lte=F("low_at")), name="stock_level_low")
        ]


class StockMovement(models.Model):
    """One line of the append-only ledger: why the stock of one variant at one location changed."""

    class Kind(models.TextChoices):
        OPENING = "opening", "opening stock"
        SALE = "sale"
        REFUND = "refund"
        RECEIPT = "receipt", "goods received"
        COUNT = "count"
        ADJUSTMENT = "adjustment"
        CORRECTION = "correction"

    id = models.BigAutoField(primary_key=True)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="movements")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    delta = models.DecimalField(max_digits=14, decimal_places=3)
    balance = models.DecimalField(max_digits=14, decimal_places=3, help_text="On hand after it, in booking order.")
    version = models.BigIntegerField(help_text="The level's version that it made: 1, 2, 3, without gaps.")
    kind = models.CharField(max_length=12, choices=Kind)
    reference_type = models.CharField(max_length=20)
    reference_id = models.UUIDField()
    reason = models.CharField(max_length=200, blank=True, default="")
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reference_type", "reference_id", "kind", "variant", "location"], name="stock_movement_once"
            ),
            models.UniqueConstraint(fields=["variant", "location", "version"], name="stock_movement_version"),
        ]


class StockDocument(models.Model):
    """What somebody received, corrected or counted: the cause of ledger lines. Its id is made by the client."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "goods received"
        ADJUSTMENT = "adjustment"
        COUNT = "count"

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=12, choices=Kind)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True, default="")
    lines = models.JSONField(help_text="What was stated: variant, quantity, and the stock before and after.")
    request_hash = models.BinaryField(max_length=32)
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-recorded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class StockException(models.Model):
    """Something the record says cannot be, which a person must look at: sold below zero, for instance."""

    class Kind(models.TextChoices):
        OVERSOLD = "oversold", "sold below zero"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=14, decimal_places=3, help_text="How far below zero it went.")
    reference_type = models.CharField(max_length=20)
    reference_id = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.UUIDField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
