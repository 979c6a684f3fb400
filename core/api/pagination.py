"""Opaque cursors: a page is found by its last row's key, so page 10,000 costs what page 1 does."""

import base64
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework import serializers

MOST_ROWS = 200


class PageQuery(serializers.Serializer[Any]):
    """The parameters every list takes."""

    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=800)
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=MOST_ROWS)


def page_of(rows: QuerySet[Any], *, by: tuple[str, ...], cursor: str, limit: int) -> tuple[list[Any], str | None]:
    """One page ordered by the unique tuple of fields ``by`` ("-" in front of the first for descending, then all are).

    Answers the rows and the next cursor, None at the end. Raises a validation problem for a cursor that is none.
    """
    descending = by[0].startswith("-")
    names = [name.removeprefix("-") for name in by]
    if cursor:
        try:
            rows = rows.filter(_beyond(names, _decode(cursor, len(names)), descending))
        except (ValueError, ValidationError) as error:  # right shape, but no key of these rows
            raise _wrong_cursor() from error
    found = list(rows.order_by(*(("-" if descending else "") + name for name in names))[: limit + 1])
    if len(found) <= limit:
        return found, None
    return found[:limit], _encode(found[limit - 1], names)


def _beyond(names: list[str], values: list[Any], descending: bool) -> Q:
    """(a, b) > (x, y), written out so that any field type works."""
    step = "lt" if descending else "gt"
    condition = Q()
    bound = Q(**{f"{names[0]}__{step}e": values[0]})  # says nothing new, but lets an index on the first field be used
    for place, name in enumerate(names):
        equal = {names[i]: values[i] for i in range(place)}
        condition |= Q(**equal, **{f"{name}__{step}": values[place]})
    return bound & condition


def _encode(row: Model, names: list[str]) -> str:
    values = [str(getattr(row, name)) for name in names]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _decode(cursor: str, count: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != count or not all(isinstance(v, str) for v in values):
            raise ValueError
        if not all(v.isprintable() for v in values):
            raise ValueError
    except (ValueError, RecursionError) as error:
        raise _wrong_cursor() from error
    return values


def _wrong_cursor() -> serializers.ValidationError:
    return serializers.ValidationError({"cursor": ["Send the cursor exactly as you got it."]})


def cursor_at(row: Model, by: tuple[str, ...]) -> str:
    """The cursor of the page that begins after ``row``, for lists ordered by the fields ``by``."""
    return _encode(row, [name.removeprefix("-") for name in by])
