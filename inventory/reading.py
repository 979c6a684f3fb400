"""What a scanned text says by itself: GS1 element strings, and codes that carry a weight, a price or a number.

Pure: no database. The same rules stand in ``static/js/lib/scan/read.js`` for tills without a network; both are run
against ``tests/vectors/scans.json``. (GS1 General Specifications, sections 3, 5.10, 7.8 and 7.9.)
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from biip.checksums import gs1_price_weight_check_digit

from core.money import plain_decimal
from inventory.codes import check_digit, is_gtin, normalise

GS = "\x1d"
LONGEST_SCAN = 300
SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
GS1_SYMBOLOGIES = {"]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"}
BRACKETS = re.compile(r"\((\d{2,4})\)([^()]+)")
TWO, THREE, FOUR = 2, 3, 4
IDENTIFIERS = {
    **dict.fromkeys(("00", "01", "02", "03", "04", "10", "11", "12", "13", "15", "16", "17", "20", "21", "22"), TWO),
    **dict.fromkeys(("30", "37", *(str(number) for number in range(90, 100))), TWO),
    **dict.fromkeys(("23", "24", "25", "40", "41", "42", "71"), THREE),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"), FOUR),
}
"""How many digits an application identifier has, by its first two."""
FIXED = {
    "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2,
    "31": 6, "32": 6, "33": 6, "34": 6, "35": 6, "36": 6, "41": 13,
}  # fmt: skip
"""Digits of data where no separator follows, by the first two of the identifier."""
LONGEST = {"10": 20, "21": 20, "30": 8, "37": 8}
LONGEST_DATA = 90
DATES = ("11", "12", "13", "15", "16", "17")
GTIN = 14
QUANTITY_PLACES, PRICE_PLACES = 3, 4

PROBLEMS = {
    "gs1-malformed": "This GS1 code breaks off or holds something unknown.",
    "gs1-twice": "This GS1 code says one thing twice, and differently.",
    "gs1-no-item": "This GS1 code names no article.",
    "gs1-check-digit": "The check digit of the article in this GS1 code is wrong.",
    "impossible-date": "This code holds a date that does not exist.",
    "no-quantity": "This code carries a weight or a number of zero.",
    "no-price": "This code carries a price of zero.",
    "too-precise": "This code carries a number with more places than are kept.",
    "measure-check-digit": "The check digit of the weight or price in this code is wrong.",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern as `inventory.models.EmbeddedCodeRule` keeps it, the places of the number it carries, and
    whether a price that it carries is what the customer pays.
    """

    pattern: str
    decimals: int
    name: str = ""
    charges: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a scan says. ``plain`` is the text as a code of the registry; ``items`` are codes it may be in there.

    ``form`` is "plain", "gs1" or "embedded". ``price`` is of the whole piece, ``currency`` its ISO 4217 number.
    ``charges``: by the rule that read it, the price is what the customer pays.
    ``problem`` is one of `PROBLEMS`: then the rest means nothing, but ``plain`` may still be somebody's code.
    """

    form: str
    plain: str
    items: tuple[str, ...] = ()
    quantity: str = ""
    unit: str = ""
    price: str = ""
    currency: str = ""
    lot: str = ""
    serial: str = ""
    expires_on: str = ""
    rule: str = ""
    problem: str = ""
    charges: bool = False


class Nonsense(ValueError):
    """The code is of a known form and says something impossible; the message is one of `PROBLEMS`."""


def read_scan(text: str, rules: Sequence[Rule] = (), *, year: int) -> Reading:
    """What a scanned or typed text says under these rules; ``year`` is today's, for dates in codes have two digits."""
    raw = text.strip(" \t\r\n")
    mark = SYMBOLOGY.match(raw)
    body = raw[mark.end() :] if mark else raw
    plain = normalise(body.strip(GS))
    is_marked = (bool(mark) and raw[:3] in GS1_SYMBOLOGIES) or GS in body or bool(BRACKETS.match(body))
    if is_marked or _begins_with_gtin(body):
        try:
            elements = list(_bracketed(body) if body.startswith("(") else _elements(body.lstrip(GS)))
            return replace(_gs1(elements, year=year), plain=plain)
        except Nonsense as problem:
            if is_marked:
                return Reading(form="gs1", plain=plain, problem=str(problem))
            return Reading(form="plain", plain=plain)
    return _embedded(body, plain, rules) or Reading(form="plain", plain=plain)


def _begins_with_gtin(body: str) -> bool:
    """Whether a text without any mark of GS1 is an element string all the same: 01, a right GTIN, and more."""
    return len(body) > TWO + GTIN and body[:TWO] == "01" and is_gtin(body[TWO : TWO + GTIN])


def _bracketed(body: str) -> Iterator[tuple[str, str]]:
    """``(01)09501101020917(10)ABC`` as people write it."""
    if BRACKETS.sub("", body):
        raise Nonsense("gs1-malformed")
    for identifier, value in BRACKETS.findall(body):
        family = identifier[:TWO]
        if IDENTIFIERS.get(family) != len(identifier):
            raise Nonsense("gs1-malformed")
        fixed = FIXED.get(family)
        if fixed and not (len(value) == fixed and _digits(value)):
            raise Nonsense("gs1-malformed")
        yield identifier, value


def _elements(body: str) -> Iterator[tuple[str, str]]:
    """Identifiers with their data, as a scanner sends them: separators only behind data of no fixed length."""
    at = 0
    while at < len(body):
        size = IDENTIFIERS.get(body[at : at + TWO], 0)
        identifier = body[at : at + size]
        if not size or len(identifier) < size or not _digits(identifier):
            raise Nonsense("gs1-malformed")
        at += size
        if fixed := FIXED.get(identifier[:TWO]):
            value = body[at : at + fixed]
            at += fixed
            if len(value) < fixed or not _digits(value):
                raise Nonsense("gs1-malformed")
        else:
            value, _, _ = body[at:].partition(GS)
            at += len(value)
        yield identifier, value
        if body[at : at + 1] == GS:
            at += 1


def _gs1(elements: Iterable[tuple[str, str]], *, year: int) -> Reading:
    found: dict[str, str] = {}
    for identifier, value in elements:
        if not value or len(value) > LONGEST.get(identifier, LONGEST_DATA) or not _printable(value):
            raise Nonsense("gs1-malformed")
        if found.setdefault(identifier, value) != value:
            raise Nonsense("gs1-twice")
    item = found.get("01") or found.get("02")
    if item is None:
        raise Nonsense("gs1-no-item")
    if not is_gtin(item):
        raise Nonsense("gs1-check-digit")
    dates = {name: _date(found[name], year) for name in DATES if name in found}
    quantity, unit = _measured(found)
    price, currency = _priced(found)
    return Reading(
        form="gs1",
        plain="",
        items=(item, *_within(item)),
        quantity=quantity,
        unit=unit,
        price=price,
        currency=currency,
        lot=found.get("10", ""),
        serial=found.get("21", ""),
        expires_on=dates.get("17", "") or dates.get("15", ""),
    )


def _within(item: str) -> tuple[str, ...]:
    """The article itself where the code is of a piece of variable measure (indicator 9)."""
    if not item.startswith("9"):
        return ()
    inner = f"0{item[1:-1]}"
    return (f"{inner}{check_digit(inner)}",)


def _measured(found: dict[str, str]) -> tuple[str, str]:
    for family, unit in (("310", "kg"), ("320", "lb")):
        for identifier in found:
            if identifier.startswith(family):
                places = int(identifier[-1])
                if places > 5:
                    raise Nonsense("gs1-malformed")
                return quantity_of(found[identifier], places), unit
    for identifier in ("30", "37"):
        if identifier in found:
            if not _digits(found[identifier]):
                raise Nonsense("gs1-malformed")
            return quantity_of(found[identifier], 0), ""
    return "", ""


def _priced(found: dict[str, str]) -> tuple[str, str]:
    for identifier, value in found.items():
        if identifier.startswith(("392", "393")):
            start = 3 if identifier.startswith("393") else 0
            amount, currency = value[start:], value[:start]
            if not _digits(amount) or len(amount) > 15 or (currency and not _digits(currency)):
                raise Nonsense("gs1-malformed")
            return price_of(amount, int(identifier[-1])), currency
    return "", ""


def _date(value: str, year: int) -> str:
    """YYMMDD within fifty years of today; day 00 is the last of the month (section 7.12)."""
    short, month, day = int(value[:2]), int(value[2:4]), int(value[4:])
    gap = short - year % 100
    century = year // 100 + (-1 if gap >= 51 else 1 if gap <= -50 else 0)
    whole = century * 100 + short
    if not 1 <= month <= 12 or day > monthrange(whole, month)[1]:
        raise Nonsense("impossible-date")
    return date(whole, month, day or monthrange(whole, month)[1]).isoformat()


def _embedded(body: str, plain: str, rules: Sequence[Rule]) -> Reading | None:
    if not _digits(body):
        return None
    twin = body[1:] if len(body) == 13 and body.startswith("0") else f"0{body}" if len(body) == 12 else body
    for rule in rules:
        for form in dict.fromkeys((body, twin)):
            if fits(rule.pattern, form):
                try:
                    return _carried(rule, form, plain)
                except Nonsense as problem:
                    return Reading(form="embedded", plain=plain, rule=rule.pattern, problem=str(problem))
    return None


def fits(pattern: str, code: str) -> bool:
    """Whether a code of digits has the form of a pattern, its own check digit included."""
    if len(pattern) != len(code):
        return False
    if any(place.isdigit() and place != digit for place, digit in zip(pattern, code, strict=True)):
        return False
    return "C" not in pattern or check_digit(code[:-1]) == int(code[-1])


def _carried(rule: Rule, code: str, plain: str) -> Reading:
    letter = next(letter for letter in "WPN" if letter in rule.pattern)
    number, item = _field(rule.pattern, code, letter), _field(rule.pattern, code, "I")
    verifier = _field(rule.pattern, code, "V")
    if verifier and gs1_price_weight_check_digit(number) != int(verifier):
        raise Nonsense("measure-check-digit")
    own = {"I": item}
    base = "".join(
        digit if place.isdigit() or place in own else "0" for place, digit in zip(rule.pattern, code, strict=True)
    )
    base = f"{base[:-1]}{check_digit(base[:-1])}" if "C" in rule.pattern else base
    items = (normalise(base), item, item.lstrip("0") or item)
    return Reading(
        form="embedded",
        plain=plain,
        items=tuple(dict.fromkeys(items)),
        quantity="" if letter == "P" else quantity_of(number, rule.decimals),
        price=price_of(number, rule.decimals) if letter == "P" else "",
        rule=rule.pattern,
        charges=rule.charges and letter == "P",
    )


def _field(pattern: str, code: str, letter: str) -> str:
    return "".join(digit for place, digit in zip(pattern, code, strict=True) if place == letter)


def quantity_of(digits: str, places: int) -> str:
    """Digits with a decimal point, as a quantity. Raises `Nonsense` for nothing, or for more than three places."""
    return _number(digits, places, QUANTITY_PLACES, "no-quantity")


def price_of(digits: str, places: int) -> str:
    """Digits with a decimal point, as a price. Raises `Nonsense` for nothing, or for more than four places."""
    return _number(digits, places, PRICE_PLACES, "no-price")


def _number(digits: str, places: int, most: int, none: str) -> str:
    value = Decimal(int(digits)).scaleb(-places)
    if not value:
        raise Nonsense(none)
    text = plain_decimal(value)
    if len(text.partition(".")[2]) > most:
        raise Nonsense("too-precise")
    return text


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


# ---- Patterns -------------------------------------------------------------------------------------------------------

SHAPE = re.compile(r"[0-9IWPNVCX]{4,20}")


def pattern_faults(pattern: str, decimals: int) -> list[tuple[str, str, str]]:
    """What is wrong with a rule: field, code and words for each."""
    if not SHAPE.fullmatch(pattern):
        return [("pattern", "letters", "4 to 20 digits and letters of I, W, P, N, V, C and X.")]
    faults = [
        ("pattern", "scattered", f"All {letter} stand together.")
        for letter in "IWPNV"
        if letter in pattern and letter * pattern.count(letter) not in pattern
    ]
    measures = [letter for letter in "WPN" if letter in pattern]
    if not pattern[0].isdigit():
        faults.append(("pattern", "prefix", "A pattern begins with a digit, or it would fit every code."))
    if "I" not in pattern:
        faults.append(("pattern", "no-item", "A pattern says with I where the number of the article stands."))
    if len(measures) != 1:
        faults.append(("pattern", "measure", "A pattern carries one thing: a weight W, a price P or a number N."))
    if "C" in pattern[:-1]:
        faults.append(("pattern", "check-digit", "The check digit C stands at the end, once."))
    if len(measures) == 1:
        faults += _measure_faults(pattern, decimals, measures[0])
    return faults


def _measure_faults(pattern: str, decimals: int, letter: str) -> list[tuple[str, str, str]]:
    faults = []
    size, most = pattern.count(letter), {"W": QUANTITY_PLACES, "P": PRICE_PLACES, "N": 0}[letter]
    if not 0 <= decimals <= min(size, most):
        faults.append(("decimals", "range", f"From 0 to {min(size, most)} decimal places here."))
    if "V" in pattern and (pattern.count("V") != 1 or size not in (4, 5)):
        faults.append(("pattern", "inner-check-digit", "One V, and only with four or five digits to check."))
    return faults
