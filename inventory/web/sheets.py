"""A sheet of articles with a number each, as it comes from a form: typed, or counted up by the scanner.

Fields ``q-<variant>`` hold sound units, ``d-<variant>`` damaged ones, ``s-<variant>`` and ``e-<variant>`` the numbers
of sound and damaged pieces; ``code`` and ``amount`` name one more article, for those without JavaScript.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from core.api.views import as_uuid
from core.errors import DomainError
from inventory.selectors import LONGEST_CODE
from inventory.services.lines import GoodsLine

MOST_FIELDS = 2100
FIELD = re.compile(r"([qdse])-([0-9a-f-]{36})")
BETWEEN = re.compile(r"[\s,;]+")
NUMBER = forms.DecimalField(max_digits=14, decimal_places=3, required=False, min_value=Decimal(0))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a form, and what could not be read in it."""

    lines: list[GoodsLine]
    problems: list[str]


def read_sheet(data: QueryDict) -> Sheet:
    """The articles of a form that have a number above zero."""
    numbers: dict[str, dict[UUID, Decimal]] = {"q": {}, "d": {}}
    pieces: dict[str, dict[UUID, list[str]]] = {"s": {}, "e": {}}
    problems: list[str] = []
    for name in list(data)[:MOST_FIELDS]:
        found = FIELD.fullmatch(name)
        variant = as_uuid(found[2]) if found else None
        if not found or not variant:
            continue
        if found[1] in pieces:
            if named := [one for one in BETWEEN.split(str(data[name])) if one]:
                pieces[found[1]][variant] = named
        elif number := _number(str(data[name]), problems):
            numbers[found[1]][variant] = number
    lines = [
        GoodsLine(
            variant_id=variant,
            quantity=numbers["q"].get(variant, Decimal(len(pieces["s"].get(variant, ())))),
            damaged=numbers["d"].get(variant, Decimal(len(pieces["e"].get(variant, ())))),
            serials=pieces["s"].get(variant, ()),
            damaged_serials=pieces["e"].get(variant, ()),
        )
        for variant in dict.fromkeys([*numbers["q"], *numbers["d"], *pieces["s"], *pieces["e"]])
    ]
    code = data.get("code", "").strip()
    if code and (len(code) > LONGEST_CODE or not code.isprintable()):
        problems.append("This cannot be a code.")
    elif code:
        lines.append(GoodsLine(code=code, quantity=_number(data.get("amount") or "1", problems) or Decimal(0)))
    return Sheet(lines, problems)


def explained(refusal: DomainError) -> list[str]:
    """What a service refused, in its own words: every wrong line, every short article."""
    short = refusal.details.get("short", [])
    told = [f"{row['name']} ({row['sku']}): wanted {row['wanted']}, there are {row['available']}." for row in short]
    told += [error["detail"] for error in refusal.details.get("errors", [])]
    return list(dict.fromkeys(told)) or [refusal.detail]


def _number(text: str, problems: list[str]) -> Decimal | None:
    try:
        number: Decimal | None = NUMBER.clean(text)
        return number
    except ValidationError as wrong:
        problems.append(f"“{text[:20]}”: {' '.join(wrong.messages)}")
        return None
