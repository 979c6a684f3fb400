"""Lists on pages: a window of rows that opens by its neighbour's key, so that page 1,000 costs what page 1 does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError

from core.api.pagination import cursor_at, page_of
from core.errors import Invalid

AFTER, BEFORE = "after", "before"
ROWS = 50
LONGEST_CURSOR = 800


@dataclass(frozen=True, slots=True)
class Window:
    """Some rows of a list with the addresses of the neighbours, None at an end."""

    rows: list[Any]
    next_url: str | None
    previous_url: str | None


def window_of(rows: QuerySet[Any], *, by: tuple[str, ...], query: Mapping[str, str], size: int = ROWS) -> Window:
    """The window that the query string asks for; ``by`` as in `core.api.pagination.page_of`.

    The other parameters of the query string stay in the addresses. Raises `Invalid` for a cursor that is none.
    """
    after, before = query.get(AFTER, ""), query.get(BEFORE, "")
    if len(after) > LONGEST_CURSOR or len(before) > LONGEST_CURSOR:
        raise Invalid("This address of a list is damaged. Open the list anew.")
    try:
        if before:
            found, more = page_of(rows, by=_reversed(by), cursor=before, limit=size)
            found.reverse()
            has_previous, has_next = more is not None, True
        else:
            found, more = page_of(rows, by=by, cursor=after, limit=size)
            has_previous, has_next = bool(after), more is not None
    except ValidationError as error:
        raise Invalid("This address of a list is damaged. Open the list anew.") from error
    others = {name: query[name] for name in query if name not in (AFTER, BEFORE) and query[name]}
    return Window(
        rows=found,
        next_url=_address(others, AFTER, cursor_at(found[-1], by)) if found and has_next else None,
        previous_url=_address(others, BEFORE, cursor_at(found[0], by)) if found and has_previous else None,
    )


def _reversed(by: tuple[str, ...]) -> tuple[str, ...]:
    if by[0].startswith("-"):
        return tuple(name.removeprefix("-") for name in by)
    return tuple(f"-{name}" for name in by)


def _address(others: Mapping[str, str], direction: str, cursor: str) -> str:
    return "?" + urlencode({**others, direction: cursor})
