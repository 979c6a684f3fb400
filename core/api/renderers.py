"""JSON in and out: exact decimals, no NaN, no surprises."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer


class ExactJSONRenderer(JSONRenderer):
    """UTF-8 JSON; a problem keeps its own media type."""

    charset = None


class ExactJSONParser(JSONParser):
    """Strict JSON whose numbers become `Decimal`, never binary floats, and whose text PostgreSQL can store."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            raw = stream.read().decode("utf-8")
            if "\x00" in raw or "\\u0000" in raw:
                raise ParseError("The text contains a NUL character.")
            return json.loads(raw, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"This is not valid JSON: {str(error)[:200]}.") from error


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return made
