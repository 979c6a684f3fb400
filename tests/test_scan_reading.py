"""What a scanned text says by itself: the golden vectors, in Python; tests/js/scan-read.test.js runs the same."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st

from inventory.code_presets import PRESETS
from inventory.codes import check_digit
from inventory.reading import PROBLEMS, Rule, pattern_faults, read_scan
from tests.vectors import scans

VECTORS = json.loads(scans.FILE.read_text())
NOTHING = asdict(read_scan("", year=2026)) | {"plain": ""}


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: f"{case['title']} {case['text'][:40]!r}")
def test_a_scan_says_what_was_put_into_it(case: dict[str, Any]) -> None:
    rules = [Rule(pattern, decimals, "", *more) for pattern, decimals, *more in VECTORS["rules"][case["rules"]]]
    read = asdict(read_scan(case["text"], rules, year=VECTORS["year"]))
    said = NOTHING | case["says"]
    assert read | {"items": list(read["items"])} == said | {"items": list(said["items"])}


def test_there_are_enough_vectors_and_every_problem_has_one() -> None:
    assert len(VECTORS["cases"]) >= 200
    assert {case["says"].get("problem") for case in VECTORS["cases"]} - {None} == PROBLEMS.keys()
    assert scans.as_text() == scans.FILE.read_text(), "python -m tests.vectors.scans writes the file anew"


@given(st.text(max_size=60) | st.text(alphabet="0123456789()]CdQ3\x1d", max_size=60))
def test_no_text_is_an_error_of_ours(text: str) -> None:
    rules = [Rule(pattern, decimals) for group in VECTORS["rules"].values() for pattern, decimals, *_ in group]
    read = read_scan(text, rules, year=2026)
    assert read.problem in {"", *PROBLEMS}


@given(
    st.integers(1, 10**12),
    st.from_regex(r"[A-Za-z0-9/-]{1,20}", fullmatch=True),
    st.integers(1, 999_999),
    st.dates().filter(lambda day: 1990 <= day.year <= 2060),
)
def test_another_reader_reads_the_same(number: int, lot: str, grams: int, day: Any) -> None:
    body = f"{number:013}"
    text = f"01{body}{check_digit(body)}3103{grams:06}17{day:%y%m%d}10{lot}"
    read = read_scan(f"]C1{text}", year=2026)
    message = GS1Message.parse(text)
    values = {element.ai.ai: element for element in message.element_strings}
    assert (read.lot, read.items[0]) == (values["10"].value, values["01"].value)
    assert read.quantity == f"{values['3103'].decimal:f}".rstrip("0").rstrip(".")
    assert values["17"].date is not None and read.expires_on == values["17"].date.isoformat()


@pytest.mark.parametrize("country", PRESETS)
def test_every_preset_is_a_set_of_right_rules(country: str) -> None:
    rules = PRESETS[country].rules
    assert rules
    for rule in rules:
        assert pattern_faults(rule.pattern, rule.decimals) == []


@pytest.mark.parametrize(
    ("pattern", "decimals", "code"),
    [
        ("", 0, "letters"),
        ("28IIIIWWWWWc", 3, "letters"),
        ("28IIIIQWWWWC", 3, "letters"),
        ("IIIIIIWWWWWWC", 3, "prefix"),
        ("28WWWWWIIIIWC", 3, "scattered"),
        ("28IIIIWWPPPPC", 2, "measure"),
        ("28IIIIXXXXXXC", 2, "measure"),
        ("28XXXXWWWWWWC", 2, "no-item"),
        ("28IIIICWWWWWC", 3, "check-digit"),
        ("28IIIIVWWWWWC", 4, "range"),
        ("28IIIIVNNNNNC", 1, "range"),
        ("28IIIVWWWWWWC", 3, "inner-check-digit"),
    ],
)
def test_a_pattern_that_is_none_is_told_why(pattern: str, decimals: int, code: str) -> None:
    assert code in [fault[1] for fault in pattern_faults(pattern, decimals)]
