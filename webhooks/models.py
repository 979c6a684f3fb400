"""Who is told, what is to be told, and what came of every try."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core.ids import uuid7
from webhooks.rules import MOST_PER_ENDPOINT


class Endpoint(models.Model):
    """An address that hears of the shop's events. Its UUID is made by the client."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request_hash = models.BinaryField(max_length=32, help_text="What a repeated creation must have in common.")
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True, default="")
    subscriptions = ArrayField(models.CharField(max_length=60), help_text="order.completed, stock.*, sale.*, *")
    is_enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=200, blank=True, default="", help_text="Empty: a person did it.")
    first_failure_at = models.DateTimeField(
        null=True, help_text="Since when every try has failed; null after a success."
    )
    warned_at = models.DateTimeField(null=True, help_text="When its owners were told so; null after a success.")
    header_names = ArrayField(models.CharField(max_length=60), default=list, help_text="Of the extra headers.")
    sealed_headers = models.TextField(blank=True, default="", help_text="The extra headers, encrypted; empty: none.")
    last_success_at = models.DateTimeField(null=True)
    last_served_at = models.DateTimeField(null=True, help_text="When a delivery was last claimed: fairness.")
    max_in_flight = models.PositiveSmallIntegerField(default=MOST_PER_ENDPOINT)
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(max_in_flight__gte=1, max_in_flight__lte=16), name="webhook_endpoint_in_flight"
            )
        ]

    def __str__(self) -> str:
        return self.description or self.url


class SigningSecret(models.Model):
    """A secret that signs, encrypted (core.secrets). The one without an end is the present one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(expires_at__isnull=True), name="webhook_secret_present_once"
            )
        ]

    def __str__(self) -> str:
        return f"secret of {self.created_at}"

    @property
    def place(self) -> str:
        """Where the secret belongs: part of what is encrypted."""
        return f"webhooks.signing_secret:{self.endpoint_id}"


class Delivery(models.Model):
    """One event for one endpoint, with the exact bytes that are signed and sent."""

    class State(models.TextChoices):
        PENDING = "pending", "waiting"
        SENDING = "sending", "being sent"
        DONE = "done", "delivered"
        DEAD = "dead", "given up"

    class Cause(models.TextChoices):
        EVENT = "event", "an event"
        REPLAY = "replay", "a replay"
        TEST = "test", "a test"

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    cause = models.CharField(max_length=8, choices=Cause, default=Cause.EVENT)
    replay_of = models.BigIntegerField(null=True, help_text="The delivery that was sent again, if there was one.")
    event_id = models.UUIDField()
    event_seq = models.BigIntegerField(null=True)
    event_type = models.CharField(max_length=60)
    body = models.BinaryField()
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["endpoint", "event_id"], condition=Q(cause="event"), name="webhook_delivery_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "due_at", "id"], condition=Q(state="pending"), name="webhook_delivery_due"
            ),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="webhook_delivery_leased"),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_log"),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.state}"

    @property
    def message_id(self) -> str:
        """``webhook-id``: the same for every try and every replay of an event, so that receivers can drop repeats."""
        return f"msg_{self.event_id.hex}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.DEAD)


class Attempt(models.Model):
    """One try: what was sent besides the body, and what came back. Signatures are not kept."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")
    duration_ms = models.PositiveIntegerField()
    request_headers = models.JSONField(default=dict)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True, default="")
    is_cut = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"try {self.number}: {self.status or self.error}"
