"""What travels: events as ready-made JSON text, in batches. Pure.

An event's text is made once, by the relay, and never parsed again on its way to the browsers: a frame is the texts
joined by commas.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.events import places_of
from core.outbox.events import StreamRestarted
from core.outbox.models import Event

RESTARTED = StreamRestarted.type


@dataclass(frozen=True, slots=True)
class Told:
    """One event, ready to be sent, with what decides who may hear it."""

    seq: int
    type: str
    places: tuple[str, ...]
    text: str

    @classmethod
    def of(cls, event: Event) -> "Told":
        """The event as the sockets tell it. It must be numbered."""
        if event.seq is None:
            raise ValueError("an event without a number is not told to anybody")
        return cls(event.seq, event.type, places_of(event.payload), dumps(event.envelope()))


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive events of one shop: every number from ``first`` to ``last`` is in it."""

    first: int
    last: int
    events: tuple[Told, ...]

    @classmethod
    def of(cls, events: Sequence[Told]) -> "Batch":
        return cls(events[0].seq, events[-1].seq, tuple(events))

    @property
    def begins_an_epoch(self) -> bool:
        """Whether the numbers mean another history from here on: what was told before it does not hold any more."""
        return any(told.type == RESTARTED for told in self.events)

    def after(self, seq: int) -> "Batch":
        """The part beyond ``seq``."""
        if seq < self.first:
            return self
        return Batch(seq + 1, self.last, tuple(told for told in self.events if told.seq > seq))


def dumps(value: Any) -> str:
    """Compact JSON without line breaks."""
    return json.dumps(value, separators=(",", ":"))


def frame(kind: str, **fields: Any) -> str:
    """A frame that is not about events: hello, ping, pong, reset, presence."""
    return dumps({"type": kind, **fields})


def events_frame(events: Sequence[Told], *, through: int) -> str:
    """A frame of events. ``through``: all the reader may see up to this number has been sent with it."""
    return f'{{"type":"events","through":{through},"events":[{",".join(told.text for told in events)}]}}'


def in_portions(events: Iterable[Told], *, most: int, most_bytes: int) -> Iterator[list[Told]]:
    """Split events into portions of at most ``most``, and of about ``most_bytes``; one large event stands alone."""
    portion: list[Told] = []
    size = 0
    for told in events:
        if portion and (len(portion) >= most or size + len(told.text) > most_bytes):
            yield portion
            portion, size = [], 0
        portion.append(told)
        size += len(told.text)
    if portion:
        yield portion


def pack(events: Sequence[Told]) -> bytes:
    """A batch as one Redis message: a line that describes it, then one line per event."""
    head = dumps([[told.seq, told.type, told.places] for told in events])
    return "\n".join([head, *(told.text for told in events)]).encode()


def unpack(message: bytes) -> Batch:
    """What `pack` made. Raises ``ValueError`` for anything else."""
    head, *texts = message.decode().split("\n")
    rows = json.loads(head)
    if not rows or len(rows) != len(texts):
        raise ValueError("a live message with the wrong number of lines")
    return Batch.of(
        [Told(seq, kind, tuple(places), text) for (seq, kind, places), text in zip(rows, texts, strict=True)]
    )
