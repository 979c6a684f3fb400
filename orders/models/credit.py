"""What the shop owes its customers: gift cards, store credit and points, each a ledger with a checked balance."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.ids import uuid7
from orders.models.amounts import AMOUNT
from orders.models.customers import Customer
from orders.models.orders import Order


class CreditAccount(models.Model):
    """A balance somebody may spend. ``balance`` is the sum of the entries, changed with them under the row's lock."""

    class Kind(models.TextChoices):
        GIFT_CARD = "giftcard", "gift card"
        CREDIT = "credit", "store credit"
        POINTS = "points"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=8, choices=Kind)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="accounts")
    currency = models.CharField(max_length=3, help_text="Blank for points.", blank=True, default="")
    balance = models.DecimalField(**AMOUNT, default=Decimal(0))
    version = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(balance__gte=0) | Q(kind="points"), name="credit_not_overspent"),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=Q(kind__in=["credit", "points"]),
                nulls_distinct=True,
                name="credit_account_per_customer",
            ),
        ]


class CreditEntry(models.Model):
    """A line of an account's ledger. Append only but for ``remaining``: what is left of an amount that expires."""

    class Kind(models.TextChoices):
        ISSUE = "issue", "issued"
        EARN = "earn", "earned"
        REDEEM = "redeem", "spent"
        REFUND = "refund", "given back"
        REVERSE = "reverse", "taken back"
        EXPIRE = "expire", "expired"
        ADJUST = "adjust", "adjusted"
        MERGE = "merge", "merged"

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.DecimalField(**AMOUNT)
    balance = models.DecimalField(**AMOUNT, help_text="After it.")
    version = models.BigIntegerField(help_text="The account's version that it made.")
    reference_type = models.CharField(max_length=20)
    reference_id = models.UUIDField()
    reason = models.CharField(max_length=200, blank=True, default="")
    expires_on = models.DateField(null=True, blank=True)
    remaining = models.DecimalField(**AMOUNT, null=True, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "reference_type", "reference_id", "kind"], name="credit_entry_once"
            ),
            models.UniqueConstraint(fields=["account", "version"], name="credit_entry_version"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["reference_id"], name="credit_entry_by_cause"),
            models.Index(fields=["expires_on"], condition=Q(remaining__gt=0), name="credit_entry_to_expire"),
        ]


class GiftCard(models.Model):
    """A card that carries an account. The code is shown once and kept as its SHA-256; it has 80 bits at least."""

    class State(models.TextChoices):
        ACTIVE = "active"
        BLOCKED = "blocked"

    id = models.UUIDField(primary_key=True, default=uuid7)
    account = models.OneToOneField(CreditAccount, on_delete=models.PROTECT, related_name="card")
    code_digest = models.BinaryField(max_length=32)
    last_four = models.CharField(max_length=4)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    expires_on = models.DateField(null=True, blank=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="gift_cards")
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["code_digest"], name="gift_card_code_once")]

    def __str__(self) -> str:
        return f"…{self.last_four}"
