"""Rules for codes that carry a weight, price or number, as scales of a country usually print them.

Sources: the GS1 organisations of Germany, the United Kingdom, Denmark, Sweden, Finland and the Baltic states publish
theirs; elsewhere every shop decides, and what stands here is what scales are usually delivered with. They are a start:
the page with the rules shows at once what a label of your own scale means under them.
"""

from dataclasses import dataclass

from inventory.reading import Rule


@dataclass(frozen=True, slots=True)
class Preset:
    """The rules of a country; ``is_usual`` where nobody has decided them for everybody."""

    label: str
    rules: tuple[Rule, ...]
    is_usual: bool = False


def _rule(pattern: str, decimals: int, name: str) -> Rule:
    return Rule(pattern, decimals, name)


NORDIC_WEIGHTS = (
    _rule("23IIIIIIWWWWC", 3, "Weight to the gram"),
    _rule("24IIIIIIWWWWC", 2, "Weight to ten grams"),
    _rule("25IIIIIIWWWWC", 1, "Weight to hundred grams"),
)
SCANDINAVIA = (
    _rule("20IIIIIIPPPPC", 2, "Price, two places"),
    _rule("21IIIIIIPPPPC", 1, "Price, one place"),
    _rule("22IIIIIIPPPPC", 0, "Price, no places"),
    *NORDIC_WEIGHTS,
)

PRESETS: dict[str, Preset] = {
    "de": Preset(
        "Germany, Austria",
        (
            _rule("22IIIIVPPPPPC", 2, "Price (22)"),
            _rule("23IIIIVPPPPPC", 2, "Price (23)"),
            _rule("25IIIIVNNNNNC", 0, "Pieces (25)"),
            _rule("26IIIIVNNNNNC", 0, "Pieces (26)"),
            _rule("28IIIIVWWWWWC", 3, "Weight (28)"),
            _rule("29IIIIVWWWWWC", 3, "Weight (29)"),
        ),
    ),
    "gb": Preset(
        "United Kingdom",
        (_rule("20IIIIIVPPPPC", 2, "Price (20)"), _rule("28IIIIIVPPPPC", 2, "Price (28)")),
    ),
    "us": Preset("United States, Canada", (_rule("2IIIIIVPPPPC", 2, "Price (UPC-A)"),), is_usual=True),
    "fr": Preset(
        "France",
        (_rule("21IIIIIPPPPPC", 2, "Price (21)"), _rule("26IIIIIWWWWWC", 3, "Weight (26)")),
        is_usual=True,
    ),
    "it": Preset(
        "Italy, Spain, Portugal",
        (_rule("20IIIIIPPPPPC", 2, "Price (20)"), _rule("23IIIIIWWWWWC", 3, "Weight (23)")),
        is_usual=True,
    ),
    "dk": Preset(
        "Denmark",
        (
            *(_rule(f"{prefix}IIIIPPPPPPC", 2, f"Price ({prefix})") for prefix in ("21", "22", "23", "24")),
            _rule("26IIIIWWWWWWC", 3, "Weight (26)"),
            _rule("27IIIIIWWWWWC", 3, "Weight (27)"),
            _rule("28IIIIWWWWWWC", 3, "Weight (28)"),
        ),
    ),
    "se": Preset("Sweden, Norway", SCANDINAVIA),
    "fi": Preset("Finland, Estonia, Latvia, Lithuania", NORDIC_WEIGHTS),
}
