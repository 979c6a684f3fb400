"""What is there and why: levels, the append-only ledger, its documents, and what a person must look at."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from core.ids import uuid7
from core.locations.models import Location
from inventory.models.catalogue import Variant

UNITS: dict[str, Any] = {"max_digits": 14, "decimal_places": 3}
NO_UNITS: dict[str, Any] = {**UNITS, "default": Decimal(0), "db_default": Decimal(0)}
COST: dict[str, Any] = {"max_digits": 14, "decimal_places": 4, "null": True, "blank": True}


class StockLevel(models.Model):
    """What is there now: the ledger's cache, changed by `inventory.services.ledger` alone.

    The goods a location answers for are ``on_hand + damaged + in_transit`` (on their way to it); ``average_cost`` is
    their moving average, which only goods coming in and late costs change. ``reserved`` is a part of ``on_hand``.
    """

    pk = models.CompositePrimaryKey("variant_id", "location_id")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="levels")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    on_hand = models.DecimalField(**UNITS, default=Decimal(0))
    reserved = models.DecimalField(**UNITS, default=Decimal(0))
    damaged = models.DecimalField(**NO_UNITS)
    in_transit = models.DecimalField(**NO_UNITS)
    average_cost = models.DecimalField(**COST)
    low_at = models.DecimalField(**UNITS, null=True, blank=True)
    over_at = models.DecimalField(**UNITS, null=True, blank=True)
    cover_at = models.DecimalField(
        **UNITS, null=True, blank=True, help_text="Units of the days of cover, renewed at night; for want of low_at."
    )
    version = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_reserved_positive"),
            models.CheckConstraint(condition=Q(damaged__gte=0), name="stock_damaged_positive"),
            models.CheckConstraint(condition=Q(in_transit__gte=0), name="stock_in_transit_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["location", "variant"], condition=Q(on_hand__lte=F("low_at")), name="stock_level_low")
        ]

    @property
    def available(self) -> Decimal:
        """What may be sold: not set aside, and never below zero."""
        return max(Decimal(0), self.on_hand - self.reserved)


class StockMovement(models.Model):
    """One line of the append-only ledger: why the stock of one variant at one location changed.

    ``delta``, ``damaged`` and ``in_transit`` are what it did to each state. Its value is
    ``(delta + damaged + in_transit) x unit_cost + revaluation``; the value of the stock at any date is the sum of them.
    """

    class Kind(models.TextChoices):
        OPENING = "opening", "opening stock"
        SALE = "sale"
        REFUND = "refund"
        VOID = "void", "voided sale"
        EDIT = "edit", "changed order"
        RECEIPT = "receipt", "goods received"
        COUNT = "count"
        REBASE = "rebase", "late sale before a count"
        ADJUSTMENT = "adjustment"
        DAMAGE = "damage", "damaged or repaired"
        SHIPPED = "shipped", "shipped to another location"
        TRANSIT = "transit", "on its way here"
        ARRIVED = "arrived", "arrived from another location"
        MISSING = "missing", "lost on the way"
        COST = "cost", "late cost"
        CORRECTION = "correction"

    id = models.BigAutoField(primary_key=True)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="movements")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    delta = models.DecimalField(**UNITS)
    damaged = models.DecimalField(**NO_UNITS)
    in_transit = models.DecimalField(**NO_UNITS)
    balance = models.DecimalField(**UNITS, help_text="On hand after it, in booking order.")
    unit_cost = models.DecimalField(**COST)
    revaluation = models.DecimalField(max_digits=20, decimal_places=7, default=Decimal(0), db_default=Decimal(0))
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
        indexes: ClassVar = [
            models.Index(fields=["variant", "location", "occurred_at"], name="stock_movement_when"),
            BrinIndex(fields=["occurred_at"], autosummarize=True, pages_per_range=32, name="stock_movement_in_time"),
        ]


class StockDocument(models.Model):
    """What somebody received, corrected, counted or paid later: the cause of ledger lines. Id by the client."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "goods received"
        ADJUSTMENT = "adjustment"
        COUNT = "count"
        COST = "cost", "late cost"

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=12, choices=Kind)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    reason_code = models.CharField(max_length=24, blank=True, default="", db_default="")
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
        COUNTED_TWICE = "counted_twice", "counted twice at the same time"
        UNSELLABLE = "unsellable", "sold from an expired or blocked lot"
        SERIAL = "serial", "a piece that was not here"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(**UNITS, help_text="How far below zero it went, or how many are concerned.")
    reference_type = models.CharField(max_length=20)
    reference_id = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.UUIDField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]


class StockReservation(models.Model):
    """Goods set aside until an instant: a part of what is on hand that nobody else may take. Its id is the client's.

    ``StockLevel.reserved`` is the sum of the live ones. One past ``expires_at`` cannot be sold any more, swept or not.
    """

    class State(models.TextChoices):
        LIVE = "live"
        SOLD = "sold"
        RELEASED = "released"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="reservations")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(**UNITS)
    state = models.CharField(max_length=8, choices=State, default=State.LIVE)
    expires_at = models.DateTimeField()
    reference_type = models.CharField(max_length=20, blank=True, default="")
    reference_id = models.UUIDField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive")]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], condition=Q(state="live"), name="reservation_to_expire"),
            models.Index(fields=["reference_type", "reference_id"], name="reservation_by_cause"),
        ]


class StockAlert(models.Model):
    """A limit that was crossed: told once, cleared when it is crossed back, then armed again."""

    class Kind(models.TextChoices):
        LOW = "low"
        OUT = "out"
        OVER = "over"
        EXPIRING = "expiring"
        DEAD = "dead", "not selling"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    lot_id = models.UUIDField(null=True)
    details = models.JSONField(default=dict, help_text="The figures that crossed: why somebody gets this.")
    raised_at = models.DateTimeField(auto_now_add=True)
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-raised_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "variant", "location", "lot_id"],
                condition=Q(cleared_at__isnull=True),
                nulls_distinct=False,
                name="stock_alert_once",
            )
        ]


class StockPolicy(models.Model):
    """How this shop handles its stock: one row, made when it is first changed."""

    id = models.BigAutoField(primary_key=True)
    expiring_days = models.PositiveIntegerField(default=14)
    dead_days = models.PositiveIntegerField(default=90)
    sells_expired = models.BooleanField(default=False)
    note_above = models.DecimalField(
        max_digits=18, decimal_places=4, null=True, blank=True, help_text="Corrections of more value need a note."
    )
    recount_above = models.DecimalField(
        max_digits=18, decimal_places=4, null=True, blank=True, help_text="Of new stocktakes that state none."
    )
    cover_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Alert when what is there lasts fewer days; null: fixed limits only."
    )
    sales_days = models.PositiveIntegerField(default=28, db_default=28, help_text="Days the rate of sale is taken of.")
    target_days = models.PositiveIntegerField(default=14, db_default=14, help_text="Days an order should last.")
    markdown_days = models.PositiveIntegerField(
        default=5, db_default=5, help_text="Days before its expiry a lot is proposed for a lower price."
    )
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="stock_policy_is_one_row")]
