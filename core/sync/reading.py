"""Read one item as a device sent it: what it is, when it happened by our clock, and who did it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from core.actors import Actor
from core.devices.errors import CannotBeOpened
from core.devices.models import Device
from core.devices.sealing import open_sealed
from core.devices.selectors import device_of_pass, read_pass
from core.locations.selectors import CLOCK_TOLERANCE, OLDEST_FACT, clock_words
from core.people.models import User
from core.people.selectors import actor_by_id
from core.sync.registry import Doubt

CLOCK_DOUBT = timedelta(minutes=5)
MOST_N = 2**53
JUMP = 1_000_000
"""A device does not do so much between two sendings: a number beyond is a mistake, and would be one for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An item as it was read. ``n`` and ``id`` are None where they could not be; ``problem`` says what is wrong."""

    raw: str
    digest: bytes
    n: int | None = None
    id: UUID | None = None
    kind: str = ""
    v: int = 0
    body: Any = None
    occurred_at: datetime
    offset_ms: int = 0
    clock_is_wrong: bool = False
    author: str | None = None
    problem: str = ""

    @property
    def key(self) -> tuple[int | None, UUID | None]:
        """Number and id where both could be read; else the item is known by what it says alone."""
        return (self.n, self.id) if self.n and self.id else (None, None)


def clean(text: str) -> str:
    """A text as the database takes it, whatever somebody sent."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def read_item(given: Any, *, device: Device, now: datetime) -> Said:
    """What an item says, opened where it came sealed; never raises, whatever was given."""
    if isinstance(given, Mapping) and "sealed" in given:
        inner = _opened(given["sealed"], device)
        if inner is None:
            return _unread(given, device, now, "It was sealed, and cannot be opened here.")
        given = {**inner, "n": given.get("n")}
    if not isinstance(given, Mapping):
        return _unread(given, device, now, "It is no object.")
    raw = json.dumps(given, ensure_ascii=True, sort_keys=True)
    whole = sha256(raw.encode()).digest()
    problems = []
    n = _number(given.get("n"), least=1, most=min(MOST_N, device.last_n + JUMP))
    if n is None:
        problems.append("Its number n cannot be one.")
    item_id = _uuid(given.get("id"))
    if item_id is None:
        problems.append("Its id is no UUID.")
    kind, v = given.get("kind"), _number(given.get("v"), least=1, most=32_000)
    if not isinstance(kind, str) or not 0 < len(kind) <= 40 or not kind.isprintable() or v is None:
        problems.append("Its kind or version cannot be one.")
    if not isinstance(given.get("body"), Mapping):
        problems.append("Its body is no object.")
    offset = _number(given.get("offset_ms", 0), least=-MOST_N, most=MOST_N) or 0
    when, is_wrong = _when(given.get("occurred_at"), offset, now)
    author = given.get("author")
    return Said(
        raw=raw,
        digest=_digest(given) if n and item_id else whole,
        n=n,
        id=item_id,
        kind=clean(kind)[:40] if isinstance(kind, str) else "",
        v=v or 0,
        body=given.get("body"),
        occurred_at=when,
        offset_ms=offset,
        clock_is_wrong=is_wrong,
        author=author if isinstance(author, str) else None,
        problem=" ".join(problems),
    )


def _unread(given: Any, device: Device, now: datetime, problem: str) -> Said:
    raw = json.dumps(given, ensure_ascii=True, sort_keys=True)
    number = _number(given.get("n"), least=1, most=device.last_n + JUMP) if isinstance(given, Mapping) else None
    return Said(raw=raw, digest=sha256(raw.encode()).digest(), n=number, occurred_at=now, problem=problem)


def _opened(envelope: Any, device: Device) -> Mapping[str, Any] | None:
    """The item in an envelope; None for what is none of this shop.

    A browser that was let in anew still holds what it sealed as the device it was before; ``of`` names that one.
    """
    before = _uuid(envelope.get("of")) if isinstance(envelope, Mapping) else None
    try:
        inner = json.loads(open_sealed(envelope, device_id=before or device.pk))
    except (CannotBeOpened, ValueError):
        return None
    return inner if isinstance(inner, Mapping) else None


def _digest(given: Mapping[str, Any]) -> bytes:
    """What a repeat has in common with the first try: what it is and says, not how the clock was measured since."""
    said = [given.get("kind"), given.get("v"), given.get("body")]
    return sha256(json.dumps(said, ensure_ascii=True, sort_keys=True).encode()).digest()


def _number(value: Any, *, least: int, most: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        return None
    return value


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def _when(stated: Any, offset_ms: int, now: datetime) -> tuple[datetime, bool]:
    """When it happened by our clock, and whether the device's clock is too wrong to be believed without a word."""
    try:
        at = parse_datetime(stated) if isinstance(stated, str) else None
        if at is None or at.tzinfo is None:
            return now, True
        at = at.astimezone(UTC) - timedelta(milliseconds=offset_ms)
    except (ValueError, OverflowError):
        return now, True
    if at > now + CLOCK_TOLERANCE:
        return now, True
    if at < now - OLDEST_FACT + timedelta(days=1):
        return now - OLDEST_FACT + timedelta(days=1), True
    return min(at, now), abs(timedelta(milliseconds=offset_ms)) > CLOCK_DOUBT


@dataclass(frozen=True, slots=True)
class Author:
    """Who did it: for the record, what they may do today, and what is doubtful about them."""

    actor: Actor
    rights: Actor
    doubts: tuple[Doubt, ...] = ()


class Authors:
    """Who the passes of one sending belong to, each looked up once."""

    def __init__(self, device: Device, sender: Actor) -> None:
        self.device, self.sender = device, sender
        self._known: dict[str | None, Author] = {}

    def of(self, text: str | None) -> Author:
        """The author that a pass names; the device itself where it names nobody who can have done it here."""
        if text not in self._known:
            self._known[text] = self._look_up(text)
        return self._known[text]

    def _look_up(self, text: str | None) -> Author:
        said = read_pass(text) if text else None
        there = device_of_pass(said, sender=self.device) if said else None
        if said is None or there is None:
            words = f"It came from {self.device} without a pass that says who did it."
            doubt = Doubt(kind="author-unknown", sentence=words)
            return Author(self._all(self.sender), self.sender, (doubt,))
        doubts = self._of_earlier(there)
        rights = actor_by_id("user", said.user_id)
        if rights is not None:
            return Author(self._all(rights), self._with_origin(rights), doubts)
        user = User.objects.filter(pk=said.user_id).first()
        gone = Actor(kind="user", id=said.user_id, label=str(user) if user else "Somebody who left")
        doubt = Doubt(kind="author-left", sentence=f"{gone.label} has no access any more.")
        return Author(self._all(gone), self._with_origin(gone), (doubt, *doubts))

    def _of_earlier(self, there: Device) -> tuple[Doubt, ...]:
        """What is doubtful about the device that this browser was before: whoever found it may have worked on it."""
        if there.pk == self.device.pk or not there.is_lost or there.revoked_at is None:
            return ()
        since = clock_words(there.revoked_at)
        words = f"It was done on {there}, which was revoked as lost on {since}, and sent by {self.device}."
        return (Doubt(kind="device-revoked", sentence=words, details={"device": str(there.pk)}),)

    def _with_origin(self, actor: Actor) -> Actor:
        return Actor(
            kind=actor.kind,
            id=actor.id,
            label=actor.label,
            permissions=actor.permissions,
            address=self.sender.address,
            client=self.sender.client,
            request_id=self.sender.request_id,
        )

    def _all(self, actor: Actor) -> Actor:
        """The same one, for the record of what happened already: nothing of it is refused for want of a right."""
        return Actor(
            kind=actor.kind,
            id=actor.id,
            label=actor.label,
            all_permissions=True,
            address=self.sender.address,
            client=self.sender.client,
            request_id=self.sender.request_id,
        )
