"""What things cost whom, where and when; every change of a price; and which labels show it."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from core.ids import uuid7
from core.locations.models import Location
from inventory.models.catalogue import Variant

PRICE: dict[str, Any] = {"max_digits": 14, "decimal_places": 4}


class PriceList(models.Model):
    """Other prices for some customers, places, channels or times. A null or blank condition holds for all."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    name = models.CharField(max_length=120)
    location = models.ForeignKey(Location, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=12, blank=True, default="")
    customer_group_id = models.UUIDField(null=True, blank=True, help_text="A `orders.CustomerGroup`, an app above.")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    priority = models.IntegerField(default=0, help_text="Of several lists that hold, the highest decides.")
    is_active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-priority", "name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="price_list_name_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="price_list_has_time"),
        ]

    def __str__(self) -> str:
        return self.name


class PriceListItem(models.Model):
    """The price of a variant on a list, from so many units on."""

    id = models.BigAutoField(primary_key=True)
    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="list_prices")
    from_quantity = models.DecimalField(max_digits=14, decimal_places=3, default=Decimal(1))
    unit_price = models.DecimalField(**PRICE)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["price_list", "variant", "from_quantity"], name="price_list_item_once"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="list_price_not_negative"),
            models.CheckConstraint(condition=Q(from_quantity__gt=0), name="list_price_quantity_positive"),
        ]


class PriceChange(models.Model):
    """Who changed which price when and why. Append only; ``price_list`` null is the variant's own price."""

    id = models.BigAutoField(primary_key=True)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="price_changes")
    price_list = models.ForeignKey(PriceList, on_delete=models.SET_NULL, null=True, related_name="+")
    price_list_name = models.CharField(max_length=120, blank=True, default="")
    list_version = models.BigIntegerField(null=True, help_text="Of the list once this was changed: that of its event.")
    from_quantity = models.DecimalField(max_digits=14, decimal_places=3, default=Decimal(1))
    before = models.DecimalField(**PRICE, null=True)
    after = models.DecimalField(**PRICE, null=True, help_text="Null: taken off the list.")
    reason = models.CharField(max_length=200, blank=True, default="")
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["variant", "-id"], name="price_change_by_variant"),
            models.Index(
                fields=["price_list", "list_version"], name="price_change_by_list", condition=Q(list_version__gt=0)
            ),
        ]


class LabelPrint(models.Model):
    """The price that the label of a variant was last printed with, per location (null: no certain one)."""

    id = models.BigAutoField(primary_key=True)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, null=True, related_name="+")
    unit_price = models.DecimalField(**PRICE)
    copies = models.PositiveIntegerField(default=1)
    printed_at = models.DateTimeField(auto_now=True)
    printed_by_label = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["variant", "location"], nulls_distinct=False, name="label_print_once")
        ]


class BulkEdit(models.Model):
    """A change of many products at once: previewed, applied with progress, undone within a day. Id by the client."""

    class State(models.TextChoices):
        PREVIEW = "preview"
        APPLYING = "applying"
        APPLIED = "applied"
        UNDOING = "undoing"
        UNDONE = "undone"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True)
    request_hash = models.BinaryField(max_length=32)
    filter = models.JSONField(help_text="Which variants.")
    changes = models.JSONField(help_text="What is to be done to them.")
    reason = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=10, choices=State, default=State.PREVIEW)
    job_id = models.UUIDField(null=True)
    found = models.BigIntegerField(default=0, help_text="Variants the filter finds.")
    changed = models.BigIntegerField(default=0, help_text="Values that differ afterwards.")
    kept = models.BigIntegerField(default=0, help_text="Values not put back: somebody changed them since.")
    error = models.TextField(blank=True, default="")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]


class BulkEditRow(models.Model):
    """One value that a bulk edit changes or changed."""

    class State(models.TextChoices):
        PLANNED = "planned"
        DONE = "done"
        UNDONE = "undone"
        KEPT = "kept", "left, somebody changed it since"
        SKIPPED = "skipped", "skipped, it was changed after the preview"

    id = models.BigAutoField(primary_key=True)
    bulk_edit = models.ForeignKey(BulkEdit, on_delete=models.CASCADE, related_name="rows")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    field = models.CharField(max_length=60)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bulk_edit", "variant", "field"], name="bulk_edit_row_once")
        ]


class PriceSheet(models.Model):
    """A file with prices for a list: previewed, applied at once, undone within a day. Id by the client."""

    id = models.UUIDField(primary_key=True)
    request_hash = models.BinaryField(max_length=32)
    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="sheets")
    file_name = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=10, choices=BulkEdit.State, default=BulkEdit.State.PREVIEW)
    job_id = models.UUIDField(null=True)
    found = models.BigIntegerField(default=0, help_text="Rows of the file.")
    added = models.BigIntegerField(default=0, help_text="Prices that are new on the list.")
    changed = models.BigIntegerField(default=0, help_text="Prices that differ.")
    removed = models.BigIntegerField(default=0, help_text="Prices that are taken off.")
    same = models.BigIntegerField(default=0, help_text="Rows that say what stands there already.")
    refused = models.BigIntegerField(default=0, help_text="Rows that cannot be read; they change nothing.")
    refused_rows = models.JSONField(default=list, help_text="The first of them: row, column, value, reason.")
    kept = models.BigIntegerField(default=0, help_text="Prices left alone: somebody changed them in between.")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def differs(self) -> int:
        """How many prices it would set, change or take off."""
        return self.added + self.changed + self.removed


class PriceSheetRow(models.Model):
    """One price that a file sets, changes or takes off."""

    id = models.BigAutoField(primary_key=True)
    sheet = models.ForeignKey(PriceSheet, on_delete=models.CASCADE, related_name="rows")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    from_quantity = models.DecimalField(max_digits=14, decimal_places=3)
    before = models.DecimalField(**PRICE, null=True, help_text="Null: it is new on the list.")
    after = models.DecimalField(**PRICE, null=True, help_text="Null: it is taken off.")
    state = models.CharField(max_length=8, choices=BulkEditRow.State, default=BulkEditRow.State.PLANNED)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "variant", "from_quantity"], name="price_sheet_row_once")
        ]
