"""Code 128 (ISO/IEC 15417): the bars of a text, to be drawn by a page or on a label. Digits stand in pairs."""

from dataclasses import dataclass

PATTERNS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
WIDTHS = [PATTERNS[place : place + 6] for place in range(0, len(PATTERNS), 6)]
START_B, START_C, TO_C, STOP = 104, 105, 99, "2331112"
QUIET = 10
"""Modules of nothing on both sides."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Dark bars as (left edge, width), and the whole width, all in modules."""

    text: str
    bars: list[tuple[int, int]]
    width: int


def code128(text: str) -> Bars:
    """The bars of a printable ASCII text. Raises ``ValueError`` for any other."""
    if not text or not all(" " <= character <= "~" for character in text):
        raise ValueError("Code 128 B holds printable ASCII only")
    values = _values(text)
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    pattern = "".join([*(WIDTHS[value] for value in (*values, check)), STOP])
    bars, left = [], QUIET
    for place, digit in enumerate(pattern):
        if place % 2 == 0:
            bars.append((left, int(digit)))
        left += int(digit)
    return Bars(text, bars, left + QUIET)


def _values(text: str) -> list[int]:
    """The symbols with their start: code set C for a number of four digits or more, else B."""
    if len(text) < 4 or not text.isdigit():
        return [START_B, *(ord(character) - 32 for character in text)]
    first, pairs = text[: len(text) % 2], text[len(text) % 2 :]
    numbers = [int(pairs[place : place + 2]) for place in range(0, len(pairs), 2)]
    return [START_B, ord(first) - 32, TO_C, *numbers] if first else [START_C, *numbers]
