"""What people may want to know, and what each of them has read. Facts stay in the stream; these are the news of it."""

from typing import ClassVar

from django.db import models

from core.ids import uuid7
from core.people.models import User


class Notice(models.Model):
    """News of the shop, written once for everybody: who sees it is decided when they look, by what they may see then.

    Equal ones of a day share a row: ``count`` says how many, ``last_seq`` is the number of the latest event. Who has
    read up to that number has read it; one more event makes it new again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=200, help_text="What equal ones have in common.")
    kind = models.CharField(max_length=60)
    location_id = models.UUIDField(null=True)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    facts = models.JSONField(help_text="The values of the latest event that its words need.")
    samples = models.JSONField(default=list, help_text="Some of what it is about, by name.")
    actor_id = models.CharField(max_length=64, blank=True, default="", help_text="Who did it; empty for several.")
    count = models.BigIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    last_seq = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-last_seq", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["key"], name="notice_once")]
        indexes: ClassVar = [
            models.Index(fields=["-last_seq", "-id"], name="notice_newest"),
            models.Index(fields=["last_at"], name="notice_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"


class NoticeReader(models.Model):
    """How far somebody has read everything, and how far they were mailed."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    read_to = models.BigIntegerField(default=0, help_text="All notices up to this event are read.")
    mailed_to = models.BigIntegerField(default=0)


class NoticeRead(models.Model):
    """One notice beyond `NoticeReader.read_to` that somebody has read, up to an event."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="reads")
    read_to = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "notice"], name="notice_read_once")]


class NoticeWish(models.Model):
    """How somebody wants to hear of a kind of news, where that is not what their role suggests."""

    class Way(models.TextChoices):
        CENTRE = "centre", "here"
        MAIL = "mail", "here and in the daily mail"
        OFF = "off", "not at all"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    way = models.CharField(max_length=8, choices=Way)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind"], name="notice_wish_once")]
