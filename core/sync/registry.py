"""What devices can send: apps register their kinds of items, and core knows none of them (docs/sync.md)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.actors import Actor

OLDER_VERSIONS = 2
"""So many versions of a kind before the newest one are still read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that happened at a device, as its handler gets it.

    ``author`` is who did it, able to do anything: what happened is booked whatever they may do today. ``rights`` is
    the same person with what they may really do; what is missing is a `Doubt`. ``occurred_at`` is the device's time put
    right by the offset it had measured.
    """

    device_id: UUID
    device_name: str
    prefix: str
    n: int
    id: UUID
    kind: str
    v: int
    body: Mapping[str, Any]
    occurred_at: datetime
    author: Actor
    rights: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something about an item that was booked all the same, for a person to look at: one sentence, and money."""

    kind: str
    sentence: str
    at_risk: Decimal = Decimal(0)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an item. ``answer`` is told to the device, also when it sends the item again.

    ``is_new`` False: what it says stood already (the answer to an earlier try was lost). ``total`` is the money of the
    whole item: what is at risk where its device or author is in doubt.
    """

    object_type: str
    object_id: UUID
    label: str = ""
    location_id: UUID | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)
    doubts: Sequence[Doubt] = ()
    is_new: bool = True
    total: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What an item that cannot be booked says of money: it is in a drawer, and in no report."""

    total: Decimal = Decimal(0)
    cash: Decimal = Decimal(0)
    location_id: UUID | None = None
    register_id: UUID | None = None
    label: str = ""


class Unfit(Exception):
    """An item cannot be booked at all: it is kept for a person. Everything its handler did is undone.

    ``details`` are kept with it, for the remedies (`core.sync.remedies`).
    """

    def __init__(self, code: str, detail: str, details: Mapping[str, Any] | None = None) -> None:
        self.code, self.detail, self.details = code, detail, details or {}
        super().__init__(detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of items: the newest version, how one is taken, and what money it speaks of where it cannot be.

    ``take`` runs in the transaction of the item: services it calls are atomic without ``durable``. It raises `Unfit`
    or a `DomainError` for what cannot be booked. ``held`` reads a body that may be anything, and never raises.
    """

    name: str
    title: str
    version: int
    take: Callable[[Item], Outcome]
    held: Callable[[Any], Held] = lambda body: Held()


KINDS: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Add a kind of items."""
    KINDS[kind.name] = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A page where somebody puts right what a doubt is about."""

    label: str
    url: str
    permission: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A kind of doubt in words, and where it leads: ``ways`` get the stored exception."""

    kind: str
    title: str
    ways: Callable[[Any], Sequence[Way]] = lambda row: ()


REASONS: dict[str, Reason] = {}


def register_reason(reason: Reason) -> None:
    """Add a kind of doubt."""
    REASONS[reason.kind] = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something of another list that waits for a person, as the inbox shows it."""

    key: str
    title: str
    sentence: str
    at: datetime
    ways: Sequence[Way] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Another list of things that do not fit, shown in the inbox: the newest of it, and where all of it stands."""

    title: str
    permission: str
    url_name: str
    rows: Callable[[Actor], Sequence[Line]]


SOURCES: list[Source] = []


def register_source(source: Source) -> None:
    """Have the inbox show another list."""
    SOURCES.append(source)


def title_of(kind: str) -> str:
    """What a kind of doubt is called; also one that a newer version of the program has no more."""
    return REASONS[kind].title if kind in REASONS else kind.replace("-", " ").capitalize()


QUARANTINED, GAP = "not-booked", "missing"
for _kind, _title in (
    (QUARANTINED, "Could not be booked"),
    (GAP, "Missing from a device"),
    ("device-revoked", "From a revoked device"),
    ("author-left", "By somebody who left"),
    ("author-unknown", "Nobody knows by whom"),
    ("clock", "The device's clock was wrong"),
    ("no-right", "Without the right to do it"),
):
    register_reason(Reason(kind=_kind, title=_title))
