"""Who else lives on a shop's stream: what they still owe of it, and what they do when its history is replaced.

Apps above register themselves, so that the stream's own work (its status, forgetting, a new epoch) asks all of them
and knows none.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a reader has not passed on yet; ``overdue_seconds`` is how long the oldest that is due has been due."""

    waiting: int
    overdue_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Reader:
    """What it can be asked, for the shop at hand.

    ``backlog`` is what waits. ``needs_from`` is the lowest number it still works on, None for nothing: what is from
    there on is not forgotten. ``park`` gives up what waits, in the caller's transaction, for the reason given, so that
    a person may send it again; it answers how much that was.
    """

    name: str
    backlog: Callable[[], Backlog]
    needs_from: Callable[[], int | None]
    park: Callable[[str], int]


READERS: dict[str, Reader] = {}


def register_reader(reader: Reader) -> None:
    """Make a reader of the streams known, at the start of the program."""
    READERS[reader.name] = reader
