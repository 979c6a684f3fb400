"""Who did what, when, from where, and what it changed. Written in the transaction of the change, never edited."""

from typing import ClassVar

from django.db import models


class AuditEntry(models.Model):
    """One act of one actor."""

    class Action(models.TextChoices):
        LOG_IN = "log_in", "logged in"
        LOG_IN_FAILED = "log_in_failed", "failed to log in"
        LOG_OUT = "log_out", "logged out"
        CREATE = "create", "created"
        CHANGE = "change", "changed"
        DELETE = "delete", "deleted"
        IMPORT = "import", "imported"
        EXPORT = "export", "exported"
        VOID = "void", "voided"
        REFUND = "refund", "refunded"

    at = models.DateTimeField(auto_now_add=True)
    action = models.CharField(max_length=20, choices=Action)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64, blank=True, default="")
    object_label = models.CharField(max_length=200, blank=True, default="")
    changes = models.JSONField(default=dict, help_text='{"field": [before, after]}')
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    address = models.CharField(max_length=64, blank=True, default="")
    client = models.CharField(max_length=300, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_by_object"),
            models.Index(fields=["actor_id", "-id"], name="audit_by_actor"),
        ]
