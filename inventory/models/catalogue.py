"""The catalogue: products, their variants, what groups and describes them, and everything scannable."""

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from core.ids import uuid7
from inventory.codes import printed


class Category(models.Model):
    """A shelf of the catalogue, below another one or at the top. Never below itself: the service sees to it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0, db_default=0)
    version = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        ordering: ClassVar = ["position", "name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parent", "name"], nulls_distinct=False, name="category_name_per_parent")
        ]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """Who makes it, as customers know it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["name"], name="brand_name_once")]

    def __str__(self) -> str:
        return self.name


class TaxClass(models.Model):
    """Goods that are taxed alike."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60)
    rate = models.DecimalField(max_digits=7, decimal_places=4, help_text="Per cent: 20 means 20 %.")
    parts = models.JSONField(
        default=list,
        blank=True,
        db_default=models.Value([], models.JSONField()),
        help_text="Several taxes at once: name, rate and whether it is on top of those before; empty means one.",
    )
    version = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="tax_class_name_once"),
            models.CheckConstraint(condition=Q(rate__gte=0), name="tax_rate_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class AttributeDefinition(models.Model):
    """A field the shop gave its products, of some kind, for all of them or those below a category."""

    class Kind(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        YES_NO = "yes_no", "yes or no"
        DATE = "date"
        CHOICE = "choice"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind)
    choices = models.JSONField(default=list, blank=True)
    unit = models.CharField(max_length=12, blank=True, default="")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, blank=True, related_name="attributes")
    is_filter = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["position", "label", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["code"], name="attribute_code_once")]

    def __str__(self) -> str:
        return self.label


class Product(models.Model):
    """The container people browse; what is sold and counted is its variants."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="products")
    brand = models.ForeignKey(Brand, on_delete=models.SET_NULL, null=True, blank=True, related_name="products")
    options = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        help_text="What its variants differ in: a list of name and values.",
    )
    attributes = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text="Values by the code of an `AttributeDefinition`.",
    )
    is_active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["updated_at", "id"], name="product_by_change"),
            models.Index(fields=["name", "id"], name="product_by_name"),
            GinIndex(fields=["attributes"], opclasses=["jsonb_path_ops"], name="product_by_attribute"),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What is sold, priced, stocked and counted. Every product has at least one."""

    class Tracking(models.TextChoices):
        NONE = "none", "not tracked"
        LOT = "lot", "by lot"
        SERIAL = "serial", "by serial number"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True, default="", help_text="What tells it from its siblings.")
    options = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text="Its value of each of the product's options.",
    )
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    tax_class = models.ForeignKey(TaxClass, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_stocked = models.BooleanField(default=True, help_text="Fees and services are sold, not stocked.")
    tracking = models.CharField(max_length=6, choices=Tracking, default=Tracking.NONE, db_default=Tracking.NONE)
    unit = models.CharField(
        max_length=12, blank=True, default="", db_default="", help_text="What one is: kg, m; blank means a piece."
    )
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


class ProductPicture(models.Model):
    """A picture of a product, re-encoded by us; files ``<file>-<width>.webp`` in the shop's own folder."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    variant = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="pictures")
    file = models.CharField(max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    alt = models.CharField(max_length=200, blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["position", "created_at", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["product", "sha256"], name="product_picture_once")]


class ScanCode(models.Model):
    """One registry of everything scannable, so that a scan anywhere means one thing.

    GTINs are kept as 14 digits (UPC-A, EAN-8 and EAN-13 of one article meet), anything else as typed.
    """

    class Kind(models.TextChoices):
        VARIANT = "variant"
        LOT = "lot"
        SERIAL = "serial"
        LOCATION = "location"
        CUSTOMER = "customer"
        TRANSFER = "transfer"
        COUNT = "count"
        PERSON = "person"

    class Symbology(models.TextChoices):
        GTIN = "gtin", "GTIN"
        CODE = "code", "own code"

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.VARIANT)
    symbology = models.CharField(max_length=10, choices=Symbology, default=Symbology.CODE)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, null=True, related_name="codes")
    target_id = models.UUIDField(null=True, blank=True, help_text="What it stands for, where that is no variant.")
    pack_quantity = models.DecimalField(max_digits=14, decimal_places=3, default=Decimal(1))

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="scan_code_once"),
            models.CheckConstraint(condition=Q(pack_quantity__gt=0), name="scan_code_pack_positive"),
            models.CheckConstraint(condition=~Q(kind="variant") | Q(variant__isnull=False), name="scan_code_target"),
            models.CheckConstraint(
                condition=Q(kind="variant") | Q(target_id__isnull=False), name="scan_code_other_target"
            ),
        ]
        indexes: ClassVar = [
            models.Index(models.functions.Upper("code"), name="scan_code_any_case"),
            models.Index(fields=["kind", "target_id"], name="scan_code_by_target"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def printed(self) -> str:
        """The code as it stands on the goods."""
        return printed(self.code)


class EmbeddedCodeRule(models.Model):
    """How this shop reads codes that carry a weight, a price or a number of pieces.

    ``price_does`` "charge": the shop's own scale printed the price, and it is what the customer pays.
    ``pattern`` is the code digit by digit: digits stand for themselves, ``I`` for the item's number, ``W`` for a
    weight, ``P`` a price, ``N`` pieces, ``V`` the check digit inside, ``C`` the last check digit, ``X`` anything.
    """

    class PriceDoes(models.TextChoices):
        """What the price inside a code does at the till."""

        SHOW = "show", "Is only shown: the catalogue decides what is paid"
        CHARGE = "charge", "Is what the customer pays"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    pattern = models.CharField(max_length=20)
    decimals = models.PositiveSmallIntegerField(default=3, help_text="Decimal places of the number carried.")
    price_does = models.CharField(
        max_length=10,
        choices=PriceDoes.choices,
        default=PriceDoes.SHOW,
        db_default=PriceDoes.SHOW.value,
        help_text="What a price inside does when it is sold.",
    )
    position = models.PositiveIntegerField(default=0, help_text="The first rule that fits decides.")
    is_active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["position", "name", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["pattern"], name="embedded_rule_once")]

    def __str__(self) -> str:
        return self.name


class CodeSequence(models.Model):
    """The last number given to a code of our own, by prefix: a number is given once, whatever becomes of its goods."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=20)
    last = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name"], name="code_sequence_once")]


class Tombstone(models.Model):
    """Something of the catalogue that is gone, so that a till that was away can forget it."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    object_id = models.UUIDField()
    version = models.BigIntegerField()
    deleted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["deleted_at", "id"]
        indexes: ClassVar = [models.Index(fields=["kind", "deleted_at", "id"], name="tombstone_by_time")]
