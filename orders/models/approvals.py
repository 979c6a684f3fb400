"""Who may let somebody do more than their role allows, and every time it was done."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from core.ids import uuid7
from core.locations.models import Location
from core.people.models import User


class ApprovalPin(models.Model):
    """The PIN by which a person approves at somebody else's till, hashed like a password."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    hashed = models.CharField(max_length=200)
    updated_at = models.DateTimeField(auto_now=True)


class Approval(models.Model):
    """One act that somebody approved for somebody else. It is used once, by ``reference``. Id by the client."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    permission = models.CharField(max_length=80)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_by_label = models.CharField(max_length=200)
    requested_by_id = models.UUIDField(null=True)
    requested_by_label = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True, default="")
    details = models.JSONField(default=dict, help_text="What was shown to the approver: amounts, lines.")
    reference_type = models.CharField(max_length=20, blank=True, default="")
    reference_id = models.UUIDField(null=True)
    approved_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-approved_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["reference_type", "reference_id"], name="approval_by_act")]


class ApprovalRequest(models.Model):
    """A wish for an `Approval` that waits for somebody who may give it; that approval has its id. Id by the client."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ALLOWED = "allowed"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True)
    permission = models.CharField(max_length=80)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_by_label = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True, default="")
    details = models.JSONField(default=dict, help_text="As of the approval: what is shown, amount, subject.")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    answered_by_id = models.UUIDField(null=True)
    answered_by_label = models.CharField(max_length=200, blank=True, default="")
    answer = models.CharField(max_length=200, blank=True, default="", help_text="Why it was refused.")
    requested_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["requested_at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="approval_asked_for", condition=Q(state="waiting")),
        ]

    @property
    def stands(self) -> str:
        """Its state, or ``expired`` where it waited too long."""
        is_late = self.state == self.State.WAITING and self.expires_at < datetime.now(UTC)
        return "expired" if is_late else self.state


BOUGHT: dict[str, Any] = {
    "max_digits": 7,
    "decimal_places": 4,
    "help_text": "Suggested for used goods of this condition, in per cent of their price when new.",
}


AWAY: dict[str, Any] = {
    "max_digits": 18,
    "decimal_places": 4,
    "null": True,
    "blank": True,
    "help_text": "At most so much on a device while the server is away; null: any amount, 0: not at all.",
}


class SellingPolicy(models.Model):
    """How this shop sells: one row, made when it is first changed."""

    class NoReceipt(models.TextChoices):
        FORBIDDEN = "forbidden", "not at all"
        CREDIT = "credit", "for store credit"
        APPROVAL = "approval", "for store credit, each approved"

    id = models.BigAutoField(primary_key=True)
    discount_percent = models.DecimalField(
        max_digits=7, decimal_places=4, default=0, help_text="Without approval a cashier gives at most so much by hand."
    )
    refund_amount = models.DecimalField(
        max_digits=18, decimal_places=4, null=True, blank=True, help_text="Refunds above need an approval; null: none."
    )
    return_days = models.PositiveIntegerField(null=True, blank=True, help_text="Null: for ever.")
    no_receipt = models.CharField(max_length=9, choices=NoReceipt, default=NoReceipt.FORBIDDEN, db_default="forbidden")
    no_receipt_credit = models.DecimalField(
        max_digits=18,
        decimal_places=4,
        default=0,
        help_text="Store credit for goods without a receipt: of a customer in a period, at most, without approval.",
    )
    no_receipt_period_days = models.PositiveIntegerField(default=90, db_default=90)
    no_receipt_days = models.PositiveIntegerField(
        default=30, db_default=30, help_text="The lowest price of so many days is given."
    )
    points_per_unit = models.DecimalField(
        max_digits=9, decimal_places=4, default=0, help_text="Points for each unit of money paid; 0: no points."
    )
    point_value = models.DecimalField(max_digits=9, decimal_places=4, default=0, help_text="What a point pays.")
    points_expire_days = models.PositiveIntegerField(null=True, blank=True)
    bought_as_new = models.DecimalField(**BOUGHT, default=Decimal(60), db_default=Decimal(60))
    bought_good = models.DecimalField(**BOUGHT, default=Decimal(45), db_default=Decimal(45))
    bought_fair = models.DecimalField(**BOUGHT, default=Decimal(30), db_default=Decimal(30))
    bought_parts = models.DecimalField(**BOUGHT, default=Decimal(10), db_default=Decimal(10))
    away_cash = models.DecimalField(**AWAY)
    away_card = models.DecimalField(**AWAY)
    away_discount = models.DecimalField(**AWAY)
    away_return = models.DecimalField(**AWAY)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="selling_policy_is_one_row")]
