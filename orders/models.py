"""What was sold, to whom, for what money. Lines copy what was true at the sale."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from core.ids import uuid7
from core.locations.models import Location
from inventory.models import Variant

AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}


class Customer(models.Model):
    """Somebody the shop knows by number or name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    country = models.CharField(max_length=60, blank=True, default="")
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["number", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["number"], name="customer_number_once")]

    def __str__(self) -> str:
        return self.name or self.number


class Order(models.Model):
    """One document: a sale, a refund, or an adjustment taken over from another system.

    Refunds carry negative quantities and amounts, so that a plain sum over documents is the truth.
    """

    class Kind(models.TextChoices):
        SALE = "sale"
        REFUND = "refund"
        ADJUSTMENT = "adjustment"

    class State(models.TextChoices):
        COMPLETED = "completed"
        VOIDED = "voided"

    class Channel(models.TextChoices):
        COUNTER = "counter"
        ONLINE = "online"
        PHONE = "phone"
        API = "api", "API"
        MARKETPLACE = "marketplace"
        HISTORY = "history", "imported history"

    id = models.UUIDField(primary_key=True, default=uuid7)
    request_hash = models.BinaryField(max_length=32, null=True)
    number = models.CharField(max_length=40)
    source = models.CharField(max_length=40, blank=True, default="", help_text="The system it was imported from.")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.SALE)
    state = models.CharField(max_length=12, choices=State, default=State.COMPLETED)
    channel = models.CharField(max_length=12, choices=Channel)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="orders")
    refund_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds")
    currency = models.CharField(max_length=3)
    prices_include_tax = models.BooleanField()
    rounding = models.CharField(max_length=16)
    subtotal = models.DecimalField(**AMOUNT, help_text="Before tax.")
    discount_total = models.DecimalField(**AMOUNT, default=Decimal(0))
    tax_total = models.DecimalField(**AMOUNT, default=Decimal(0))
    total = models.DecimalField(**AMOUNT)
    items = models.DecimalField(max_digits=14, decimal_places=3, help_text="Sum of the quantities of goods.")
    line_count = models.PositiveIntegerField()
    is_paid_elsewhere = models.BooleanField(default=False, help_text="Its payments are in the system it came from.")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    note = models.CharField(max_length=300, blank=True, default="")
    business_date = models.DateField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-occurred_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "number"], condition=~Q(source=""), name="order_imported_once"),
            models.CheckConstraint(condition=~Q(kind="refund") | Q(total__lte=0), name="order_refund_not_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business_date", "location"], name="order_by_day"),
            models.Index(fields=["-occurred_at", "-id"], name="order_newest"),
            models.Index(fields=["number"], name="order_by_number"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One line as it was sold: name, price, tax and cost of that moment."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    sku = models.CharField(max_length=64)
    code = models.CharField(max_length=80, blank=True, default="", help_text="What was scanned or typed.")
    name = models.CharField(max_length=250)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    list_price = models.DecimalField(max_digits=14, decimal_places=4)
    discount = models.DecimalField(**AMOUNT, default=Decimal(0))
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, default=Decimal(0))
    net = models.DecimalField(**AMOUNT)
    tax = models.DecimalField(**AMOUNT, default=Decimal(0))
    total = models.DecimalField(**AMOUNT)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    is_stocked = models.BooleanField()

    class Meta:
        ordering: ClassVar = ["order_id", "position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "position"], name="order_line_once")]
        indexes: ClassVar = [models.Index(fields=["variant", "order"], name="order_line_by_variant")]


class Payment(models.Model):
    """Money for an order, in or (negative) out."""

    class Method(models.TextChoices):
        CASH = "cash"
        CARD = "card", "card terminal"
        BANK = "bank", "bank transfer"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid7)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(max_length=8, choices=Method)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**AMOUNT)
    tendered = models.DecimalField(**AMOUNT, null=True, help_text="Cash handed over.")
    change = models.DecimalField(**AMOUNT, default=Decimal(0), help_text="Cash handed back.")
    reference = models.CharField(max_length=80, blank=True, default="")
    received_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["received_at", "pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(change__gte=0), name="payment_change_positive")]


class ImportRun(models.Model):
    """One import of a shop's history: which file, how far it is, what came of it, and every row it refused."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused", "refused, nothing was imported"
        FAILED = "failed", "failed, nothing was imported"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    format = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    moves_stock = models.BooleanField()
    job_id = models.UUIDField(null=True, help_text="The background job, for an upload.")
    file_name = models.CharField(max_length=200)
    file_size = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True, default="")
    lines_read = models.BigIntegerField(default=0)
    documents_read = models.BigIntegerField(default=0)
    sum_read = models.DecimalField(**AMOUNT, default=Decimal(0), help_text="Quantity x price over the whole file.")
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    lines_added = models.BigIntegerField(default=0)
    documents_added = models.BigIntegerField(default=0)
    documents_known = models.BigIntegerField(default=0, help_text="Imported before, with the same content.")
    documents_conflicting = models.BigIntegerField(default=0, help_text="Imported before, with other content.")
    sum_added = models.DecimalField(**AMOUNT, default=Decimal(0))
    articles_added = models.BigIntegerField(default=0)
    codes_added = models.BigIntegerField(default=0)
    customers_added = models.BigIntegerField(default=0)
    movements_added = models.BigIntegerField(default=0)
    notes = models.JSONField(default=list, help_text="What a person should know: title, text and examples.")
    conflicts = models.JSONField(default=list)
    refused_count = models.BigIntegerField(default=0)
    refused_rows = models.JSONField(default=list, help_text="Row, column, value and reason of the first of them.")
    error = models.TextField(blank=True, default="")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.REFUSED, self.State.FAILED)
