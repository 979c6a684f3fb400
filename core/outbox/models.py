"""Events that were committed, and how far they are numbered. Insert-only for everybody but the relay."""

from typing import Any, ClassVar

from django.db import models

from core.events import plain
from core.ids import uuid7


class Event(models.Model):
    """A fact told once. ``seq`` is its place in the shop's stream, given by the relay after the commit."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid7, editable=False)
    seq = models.BigIntegerField(null=True)
    type = models.CharField(max_length=60)
    schema_version = models.PositiveSmallIntegerField(default=1)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_version = models.BigIntegerField(default=0)
    payload = models.JSONField()
    actor = models.JSONField()
    request_id = models.CharField(max_length=64, blank=True, default="")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["seq"], name="event_seq_once")]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(seq__isnull=True), name="event_unnumbered"),
            models.Index(fields=["object_type", "object_id", "id"], name="event_by_object"),
        ]

    def envelope(self) -> dict[str, Any]:
        """The event as the feed, the sockets and the webhooks tell it: one shape for all three."""
        return {
            "id": str(self.uuid),
            "seq": self.seq,
            "type": self.type,
            "schema_version": self.schema_version,
            "object": {"type": self.object_type, "id": self.object_id, "version": self.object_version},
            "actor": self.actor,
            "occurred_at": plain(self.occurred_at),
            "recorded_at": plain(self.recorded_at),
            "data": self.payload,
        }


class Stream(models.Model):
    """The head of the shop's stream: one row. ``epoch`` changes when history is replaced (restore).

    From ``kept_from`` on every number can still be told. Below ``forgotten_to`` only what is some object's history is
    left (`core.outbox.retention`).
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    head = models.BigIntegerField(default=0)
    epoch = models.UUIDField(default=uuid7)
    kept_from = models.BigIntegerField(default=1, db_default=1)
    forgotten_to = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="stream_has_one_row")]
