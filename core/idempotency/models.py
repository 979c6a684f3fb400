"""Answers already given, so that a repeated request gets the same one."""

from typing import ClassVar

from django.db import models


class StoredAnswer(models.Model):
    """The answer to one idempotency key of one actor, written in the transaction of its effect."""

    key = models.CharField(max_length=200)
    actor_id = models.UUIDField()
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    headers = models.JSONField(
        default=dict,
        blank=True,
        db_default=models.Value({}, models.JSONField()),
        help_text="Those that tell where the thing is, and its version.",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["actor_id", "key"], name="answer_once")]
