"""What people may want to know, and what each of them has read. Facts stay in the stream; these are the news of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.devices.models import Device
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
    push_lost_at = models.DateTimeField(null=True, help_text="When the last browser that got push messages was gone.")


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
    push = models.BooleanField(null=True, help_text="Also as a push message; null: as the kind suggests.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind"], name="notice_wish_once")]


class PushKey(models.Model):
    """The key pair by which push services know the shop's messages (VAPID): one for the shop, made at its first use.

    A key of its own for each shop: no push service learns which shops share an installation.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    public = models.CharField(max_length=100, help_text="The point, uncompressed, in URL-safe base 64.")
    private = models.TextField(help_text="32 bytes in URL-safe base 64, sealed by core.secrets.")
    made_at = models.DateTimeField(auto_now_add=True)
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["is_current"], condition=Q(is_current=True), name="push_key_current_once")
        ]


class PushSubscription(models.Model):
    """A browser that shows push messages, for whoever is logged in there; ``pushed_to`` is how far it was told.

    The row is all that is remembered of its messages: what is owed to it are the news beyond ``pushed_to``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, null=True, related_name="+")
    key = models.ForeignKey(PushKey, on_delete=models.PROTECT, related_name="+")
    endpoint = models.CharField(max_length=1000)
    p256dh = models.CharField(max_length=100, help_text="The browser's public key, in URL-safe base 64.")
    auth = models.CharField(max_length=40, help_text="Its 16 bytes that the messages are mixed with.")
    client = models.CharField(max_length=300, blank=True, default="", help_text="Browser and system, as it says.")
    log_in_mark = models.CharField(max_length=64, help_text="Another one as soon as the password is another one.")
    made_at = models.DateTimeField(auto_now_add=True)

    pushed_to = models.BigIntegerField(help_text="News up to this event were told, or are too old to be.")
    due_at = models.DateTimeField(help_text="Not before: after a message it rests, after a failure it waits.")
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    test_asked_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0, help_text="Tries that failed since the last good one.")
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["made_at", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["endpoint"], name="push_endpoint_once")]

    def __str__(self) -> str:
        return browser_in_words(self.client)


BROWSERS = (
    *(("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox")),
    *(("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrom", "Chrome"), ("Safari", "Safari")),
)
SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("CrOS", "ChromeOS"), ("Macintosh", "Mac"), ("Linux", "Linux")),
)


def browser_in_words(client: str) -> str:
    """What people call the browser behind a ``User-Agent``: "Firefox on Android"."""
    browser = next((name for mark, name in BROWSERS if mark in client), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in client), "")
    return f"{browser} on {system}" if system else browser
