"""JSON in and out: exact decimals, no NaN, no surprises."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer

MOST_DEPTH = 20
"""How deep objects and lists may stand in each other; our deepest body needs 5."""


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
            value = json.loads(raw, parse_float=_exact, parse_constant=_refuse, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"This is not valid JSON: {str(error)[:200]}.") from error
        if raw.count("[") + raw.count("{") > MOST_DEPTH and _is_deeper(value, MOST_DEPTH):
            raise ParseError(f"Objects and lists stand more than {MOST_DEPTH} deep in each other.")
        if "\\ud" in raw.lower() and not _is_text(value):
            raise ParseError("The text contains half a character (a lone surrogate).")
        return value


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError as error:
        raise ValueError("a number has an exponent beyond all measure") from error


def _is_deeper(value: Any, depth: int) -> bool:
    """Whether something stands more than ``depth`` deep; level by level, so that depth costs no stack."""
    level = [value]
    for _ in range(depth + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return made
