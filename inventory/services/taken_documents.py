"""Goods received and stock corrected on a device while the server was away: all of it that can be booked is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.actors import Actor
from core.errors import Invalid
from inventory.services.documents import Booked, StockChange, book_stock
from inventory.services.stating import Problem

NOTE_NEEDED = "note-needed"


@dataclass(frozen=True, slots=True)
class Taken:
    """What was booked, what was wrong with the lines that were not (by place), and whether a note is missing."""

    booked: Booked
    left_out: dict[int, Problem]
    lacks_note: bool


def take_document(change: StockChange, *, actor: Actor) -> Taken:
    """Book what happened as far as it can be booked: a line that is wrong does not keep the others out of the ledger.

    The lines that are left out belong to the statement all the same, so a repeat of it is known and changes nothing.

    Raises:
        Invalid: no line can be booked, or something is wrong with the whole of it.
        Forbidden, NotFound, ReusedIdentifier, Busy: as in `book_stock`.
    """
    left_out: dict[int, Problem] = {}
    first: Invalid | None = None
    while True:
        try:
            return Taken(book_stock(change, actor=actor), left_out, not change.needs_note)
        except Invalid as refusal:
            first = first or refusal
            errors: Sequence[Problem] = refusal.details.get("errors", ())
            if change.needs_note and [error["code"] for error in errors] == [NOTE_NEEDED]:
                change = replace(change, needs_note=False)
                continue
            wrong = [(_place_of(error), error) for error in errors]
            lines = {place: error for place, error in reversed(wrong) if place is not None}
            is_of_lines = bool(wrong) and all(place is not None for place, _ in wrong)
            left_out |= lines
            if not is_of_lines or len(left_out) >= len(change.lines):
                raise first from refusal
            change = replace(change, left_out=frozenset(left_out))


def _place_of(error: Problem) -> int | None:
    """The line that a problem names; None where it is about the whole."""
    parts = error["pointer"].split("/")
    is_line = len(parts) > 2 and parts[1] == "lines" and parts[2].isdecimal()
    return int(parts[2]) if is_line else None
