"""Discounts that explain themselves, and the coupons that open some of them."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.ids import uuid7
from orders.models.amounts import AMOUNT
from orders.models.customers import Customer
from orders.models.orders import Order


class Discount(models.Model):
    """A rule that lowers prices. ``conditions`` name variants, categories, groups, places, channels, least sums."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "per cent off"
        AMOUNT = "amount", "an amount off"
        PRICE = "price", "a fixed price"
        BUY_GET = "buy_get", "buy some, get some"

    class Scope(models.TextChoices):
        LINES = "lines", "each matching line"
        ORDER = "order", "the whole order"

    class Stacking(models.TextChoices):
        EXCLUSIVE = "exclusive", "alone: nothing else applies"
        BEST = "best", "the best of these"
        COMBINE = "combine", "together with others"

    id = models.UUIDField(primary_key=True, default=uuid7)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind)
    scope = models.CharField(max_length=6, choices=Scope, default=Scope.LINES)
    value = models.DecimalField(**AMOUNT, default=Decimal(0), help_text="Per cent, an amount or a price.")
    buy_quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    get_quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    conditions = models.JSONField(default=dict, blank=True)
    stacking = models.CharField(max_length=10, choices=Stacking, default=Stacking.BEST)
    position = models.IntegerField(default=0, help_text="The order in which discounts are looked at, lowest first.")
    needs_coupon = models.BooleanField(default=False)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["position", "name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="discount_name_once"),
            models.CheckConstraint(condition=Q(value__gte=0), name="discount_value_not_negative"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="discount_has_time"),
        ]

    def __str__(self) -> str:
        return self.name


class Coupon(models.Model):
    """A code that opens a discount, so many times. ``used`` is raised by a conditional update, never beyond."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    discount = models.ForeignKey(Discount, on_delete=models.PROTECT, related_name="coupons")
    code = models.CharField(max_length=40, help_text="In capitals.")
    max_uses = models.BigIntegerField(null=True, blank=True)
    max_per_customer = models.BigIntegerField(null=True, blank=True)
    used = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["code", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="coupon_code_once"),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(used__lte=F("max_uses")), name="coupon_not_overused"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CouponUse(models.Model):
    """A coupon that was used for an order; given back when the order is voided."""

    id = models.BigAutoField(primary_key=True)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="uses")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="coupon_uses")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="+")
    used_at = models.DateTimeField(auto_now_add=True)
    given_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["coupon", "order"], name="coupon_use_once")]
