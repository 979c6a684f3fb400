"""What was sold, to whom, for what money. Lines copy what was true at the sale."""

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.ids import uuid7
from core.locations.models import Location
from inventory.models import Variant
from orders.models.amounts import AMOUNT
from orders.models.cash import Register, Shift
from orders.models.customers import Customer


class Order(models.Model):
    """One document: a sale, a refund, goods bought from a customer, or an adjustment of another system.

    Refunds and purchases carry negative quantities and amounts, so that a plain sum over documents is the truth.
    """

    class Kind(models.TextChoices):
        SALE = "sale"
        REFUND = "refund"
        PURCHASE = "purchase", "bought from a customer"
        ADJUSTMENT = "adjustment"

    class State(models.TextChoices):
        PARKED = "parked", "parked, nothing is booked"
        OPEN = "open", "placed, not handed over or not paid"
        COMPLETED = "completed"
        VOIDED = "voided"
        CANCELLED = "cancelled"
        ENDED = "ended", "was parked; taken up or thrown away"

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
    receipt_number = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="What a device printed before the server knew the sale: K3-000118.",
    )
    source = models.CharField(max_length=40, blank=True, default="", help_text="The system it was imported from.")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.SALE)
    state = models.CharField(max_length=12, choices=State, default=State.COMPLETED)
    channel = models.CharField(max_length=12, choices=Channel)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="orders")
    refund_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds")
    ticket = models.UUIDField(null=True, blank=True, help_text="Documents made together: an exchange is two of one.")
    register = models.ForeignKey(Register, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, blank=True, related_name="orders")
    currency = models.CharField(max_length=3)
    prices_include_tax = models.BooleanField()
    rounding = models.CharField(max_length=16)
    tax_by_document = models.BooleanField(default=False, db_default=False, help_text="Tax is rounded once per rate.")
    cash_rounding = models.DecimalField(
        **AMOUNT,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="Paid more or less than the total, in small coins.",
    )
    payment_difference = models.DecimalField(
        **AMOUNT,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="Paid more or less by mistake; somebody took it as it was.",
    )
    difference_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    discounts = models.JSONField(
        default=list,
        blank=True,
        db_default=models.Value([], models.JSONField()),
        help_text="Discounts and coupons that were used.",
    )
    label = models.CharField(
        max_length=80, blank=True, default="", db_default="", help_text="What a parked cart is called."
    )
    basket = models.JSONField(
        null=True, blank=True, help_text="Of a parked cart: what was stated and is no amount (see services.parking)."
    )
    delivery = models.JSONField(null=True, blank=True, help_text="Where an online or phone order goes: name, address.")
    promised_at = models.DateTimeField(
        null=True, blank=True, help_text="By when the goods of an open order are ready, or at the customer's."
    )
    subtotal = models.DecimalField(**AMOUNT, help_text="Before tax.")
    discount_total = models.DecimalField(**AMOUNT, default=Decimal(0))
    tax_total = models.DecimalField(**AMOUNT, default=Decimal(0))
    total = models.DecimalField(**AMOUNT)
    apart_total = models.DecimalField(
        **AMOUNT,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="Part of the total that is no revenue: gift cards sold, goods bought from a customer.",
    )
    items = models.DecimalField(max_digits=14, decimal_places=3, help_text="Sum of the quantities of goods.")
    line_count = models.PositiveIntegerField()
    is_without_receipt = models.BooleanField(
        default=False, db_default=False, help_text="A refund of goods whose sale nobody knows."
    )
    is_paid_elsewhere = models.BooleanField(default=False, help_text="Its payments are in the system it came from.")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    note = models.CharField(max_length=300, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_id = models.UUIDField(null=True, blank=True, help_text="Who took it up, voided or cancelled it.")
    ended_by_label = models.CharField(max_length=200, blank=True, default="", db_default="")
    ended_ref = models.UUIDField(null=True, blank=True, help_text="Id of the act that ended it, made by the client.")
    business_date = models.DateField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-occurred_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "number"], condition=~Q(source=""), name="order_imported_once"),
            models.UniqueConstraint(
                fields=["receipt_number"], condition=~Q(receipt_number=""), name="order_receipt_number_once"
            ),
            models.CheckConstraint(condition=~Q(kind="refund") | Q(total__lte=0), name="order_refund_not_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business_date", "location"], name="order_by_day"),
            models.Index(fields=["-occurred_at", "-id"], name="order_newest"),
            models.Index(fields=["number"], name="order_by_number"),
            models.Index(
                fields=["state", "-occurred_at"], name="order_unfinished", condition=Q(state__in=["parked", "open"])
            ),
            models.Index(
                fields=["-occurred_at", "-id"],
                name="order_not_completed",
                condition=Q(state__in=["open", "voided", "cancelled"]),
            ),
            models.Index(fields=["kind", "-occurred_at", "-id"], name="order_other_kinds", condition=~Q(kind="sale")),
            models.Index(fields=["location", "-occurred_at", "-id"], name="order_by_place"),
            models.Index(
                fields=["register"],
                name="order_waits_for_shift",
                condition=Q(register__isnull=False, shift__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def payable(self) -> Decimal:
        """What its payments come to: the total, rounded to coins, and what was paid by mistake."""
        return self.total + self.cash_rounding + self.payment_difference


class OrderLine(models.Model):
    """One line as it was sold: name, price, tax and cost of that moment."""

    class Kind(models.TextChoices):
        GOODS = "goods", "goods or a service"
        GIFT_CARD = "giftcard", "gift card"
        BOUGHT = "bought", "bought from a customer"

    class Condition(models.TextChoices):
        AS_NEW = "as_new", "as new"
        GOOD = "good"
        FAIR = "fair"
        PARTS = "parts", "for parts"

    class Disposition(models.TextChoices):
        RESTOCK = "restock", "back on the shelf"
        DAMAGED = "damaged"
        VENDOR = "vendor", "back to the supplier"
        NONE = "none", "nothing came back"

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    kind = models.CharField(
        max_length=8, choices=Kind, default=Kind.GOODS, db_default="goods", help_text="Only goods are revenue."
    )
    gift_card = models.ForeignKey(
        "orders.GiftCard", on_delete=models.PROTECT, null=True, blank=True, related_name="lines", db_index=False
    )
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
    origin = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="returns")
    disposition = models.CharField(
        max_length=10,
        choices=Disposition,
        blank=True,
        default="",
        db_default="",
        help_text="Where returned goods went.",
    )
    condition = models.CharField(
        max_length=6,
        choices=Condition,
        blank=True,
        default="",
        db_default="",
        help_text="How goods were that a customer sold to us.",
    )
    tax_parts = models.JSONField(
        default=list,
        blank=True,
        db_default=models.Value([], models.JSONField()),
        help_text="Name, rate and amount of several taxes.",
    )
    trace = models.JSONField(
        default=list,
        blank=True,
        db_default=models.Value([], models.JSONField()),
        help_text="Why this price: each step with its amount.",
    )
    pieces: Sequence[str] = ()
    """Serial numbers and lots in words, where `orders.selectors.pieces` read them; no column."""

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
        GIFT_CARD = "giftcard", "gift card"
        CREDIT = "credit", "store credit"
        POINTS = "points"
        EXCHANGE = "exchange", "set off in an exchange"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid7)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(max_length=8, choices=Method)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**AMOUNT)
    tendered = models.DecimalField(**AMOUNT, null=True, help_text="Cash handed over.")
    change = models.DecimalField(**AMOUNT, default=Decimal(0), help_text="Cash handed back.")
    reference = models.CharField(max_length=80, blank=True, default="")
    account_id = models.UUIDField(null=True, blank=True, help_text="The `CreditAccount` it came from or went to.")
    register = models.ForeignKey(Register, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, blank=True, related_name="payments")
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200, blank=True, default="", db_default="")
    received_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["received_at", "pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(change__gte=0), name="payment_change_positive")]


class FailedPayment(models.Model):
    """An attempt to pay an open order that did not succeed: nothing of the order moved. Id by the client."""

    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="failed_payments")
    method = models.CharField(max_length=8, choices=Payment.Method)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**AMOUNT)
    reason = models.CharField(max_length=200)
    reference = models.CharField(max_length=80, blank=True, default="")
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200, blank=True, default="")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["recorded_at", "pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(amount__gt=0), name="failed_payment_of_something")]


class OrderChange(models.Model):
    """A change of a placed order: proposed, previewed, applied once, and taken back exactly. Id by the client."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
        APPLIED = "applied"
        REVERTED = "reverted"
        DISCARDED = "discarded"

    id = models.UUIDField(primary_key=True)
    request_hash = models.BinaryField(max_length=32)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="changes")
    base_version = models.BigIntegerField(help_text="The order's version that it was proposed for.")
    actions = models.JSONField(help_text="Add, remove, change quantity or price, in order.")
    before = models.JSONField(help_text="Lines and sums as they were.")
    after = models.JSONField(help_text="Lines and sums as they would be.")
    difference = models.DecimalField(**AMOUNT, help_text="To be paid, or (negative) to be given back.")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    reason = models.CharField(max_length=200, blank=True, default="")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)
    reverted_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]


class Fulfilment(models.Model):
    """Goods of an order on their way to the customer. An order may need several. Id by the client."""

    class Kind(models.TextChoices):
        PICKUP = "pickup", "picked up at the shop"
        DELIVERY = "delivery"

    class State(models.TextChoices):
        OPEN = "open", "to be packed"
        PACKED = "packed"
        SHIPPED = "shipped", "on its way"
        DONE = "done", "handed over"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True)
    request_hash = models.BinaryField(max_length=32)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fulfilments")
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    tracking = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    packed_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at", "id"],
                name="fulfilment_under_way",
                condition=Q(state__in=["open", "packed", "shipped"]),
            ),
        ]


class FulfilmentLine(models.Model):
    """How much of an order's line goes with a fulfilment."""

    id = models.BigAutoField(primary_key=True)
    fulfilment = models.ForeignKey(Fulfilment, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="fulfilments")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fulfilment", "line"], name="fulfilment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fulfilment_quantity_positive"),
        ]
