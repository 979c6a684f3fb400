"""Long work as rows: what is to be done, how far it is, what came of it. The broker only rings."""

from typing import ClassVar

from django.db import models

from core.ids import uuid7


class Job(models.Model):
    """One piece of background work of a shop."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed", "failed, will not be tried again"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60)
    dedupe_key = models.CharField(max_length=120, help_text="One job of a kind with the same key exists once.")
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    run_after = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    progress = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    message = models.CharField(max_length=300, blank=True, default="")
    result = models.JSONField(null=True)
    error = models.TextField(blank=True, default="")
    actor = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "dedupe_key"], name="job_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["run_after"], condition=models.Q(state__in=["waiting", "running"]), name="job_unfinished"
            )
        ]

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)
