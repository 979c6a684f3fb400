"""Imports of a shop's history."""

from decimal import Decimal
from typing import ClassVar

from django.db import models

from core.ids import uuid7
from core.locations.models import Location
from orders.models.amounts import AMOUNT


class ImportRun(models.Model):
    """One import of a shop's history: which file, how far it is, what came of it, and every row it refused."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused", "refused, nothing was imported"
        FAILED = "failed", "failed, nothing was imported"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    format = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    moves_stock = models.BooleanField()
    job_id = models.UUIDField(null=True, help_text="The background job, for an upload.")
    file_name = models.CharField(max_length=200)
    file_size = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True, default="")
    lines_read = models.BigIntegerField(default=0)
    documents_read = models.BigIntegerField(default=0)
    sum_read = models.DecimalField(**AMOUNT, default=Decimal(0), help_text="Quantity x price over the whole file.")
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    lines_added = models.BigIntegerField(default=0)
    documents_added = models.BigIntegerField(default=0)
    documents_known = models.BigIntegerField(default=0, help_text="Imported before, with the same content.")
    documents_conflicting = models.BigIntegerField(default=0, help_text="Imported before, with other content.")
    sum_added = models.DecimalField(**AMOUNT, default=Decimal(0))
    articles_added = models.BigIntegerField(default=0)
    codes_added = models.BigIntegerField(default=0)
    customers_added = models.BigIntegerField(default=0)
    movements_added = models.BigIntegerField(default=0)
    notes = models.JSONField(default=list, help_text="What a person should know: title, text and examples.")
    conflicts = models.JSONField(default=list)
    refused_count = models.BigIntegerField(default=0)
    refused_rows = models.JSONField(default=list, help_text="Row, column, value and reason of the first of them.")
    error = models.TextField(blank=True, default="")
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.REFUSED, self.State.FAILED)
