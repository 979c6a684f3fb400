"""Which article a stock code means. Pure: it decides from spellings and names, the database is elsewhere.

Codes were typed by hand: ``15056bl`` and ``15056BL`` are one parasol. Two spellings are one article when they share a
description, or when one of them has none; where they clearly differ they stay apart.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(slots=True)
class Spelling:
    """One stock code exactly as typed, with what the file says of it. ``names`` maps description to (lines, first)."""

    code: str
    line_count: int = 0
    first_line: int = 0
    names: dict[str, tuple[int, int]] = field(default_factory=dict)
    price: Decimal | None = None
    priced_at: tuple[datetime, int] | None = None

    def note(self, description: str, line_count: int, first_line: int) -> None:
        """Take in a description and how often it stands there."""
        self.first_line = min(self.first_line or first_line, first_line)
        self.line_count += line_count
        if description:
            self.names[description] = (line_count, first_line)


@dataclass(frozen=True, slots=True)
class Known:
    """An article that the shop has."""

    variant_id: UUID
    sku: str
    name: str
    is_stocked: bool


@dataclass(slots=True)
class Article:
    """An article and every spelling that means it. ``known`` is None for one the shop does not have yet."""

    known: Known | None
    spellings: list[Spelling] = field(default_factory=list)
    is_service: bool = False

    @property
    def sku(self) -> str:
        """The spelling used most; of equals the first."""
        return self.known.sku if self.known else _most_used(self.spellings).code

    @property
    def names(self) -> list[str]:
        """Every description, the most frequent first; of equals the one that came first."""
        counts: Counter[str] = Counter()
        first: dict[str, int] = {}
        for spelling in self.spellings:
            for name, (lines, line) in spelling.names.items():
                counts[name] += lines
                first[name] = min(first.get(name, line), line)
        return sorted(counts, key=lambda name: (-counts[name], first[name]))

    @property
    def name(self) -> str:
        """What it is called, or its code where the file never says."""
        return self.known.name if self.known else next(iter(self.names), self.sku)

    @property
    def price(self) -> Decimal:
        """The latest positive price at which it was sold, or 0."""
        priced = [(s.priced_at, s.price) for s in self.spellings if s.priced_at is not None and s.price is not None]
        return max(priced)[1] if priced else Decimal(0)

    @property
    def is_stocked(self) -> bool:
        return self.known.is_stocked if self.known else not self.is_service

    def takes(self, spelling: Spelling) -> bool:
        """Whether a spelling that differs in case means this article too."""
        names = [self.known.name] if self.known and not self.spellings else self.names
        ours = {name.upper() for name in names}
        theirs = {name.upper() for name in spelling.names}
        return not ours or not theirs or not ours.isdisjoint(theirs)


def articles_of(
    spellings: Iterable[Spelling], known: Mapping[str, Known], is_service: Callable[[str], bool]
) -> list[Article]:
    """Every article that the spellings mean, in the order of the file.

    ``known`` maps codes to the shop's articles, exactly as the shop writes them.
    """
    groups: dict[str, list[Spelling]] = {}
    for spelling in spellings:
        groups.setdefault(spelling.code.upper(), []).append(spelling)
    by_case: dict[str, list[Known]] = {}
    for code, article in known.items():
        by_case.setdefault(code.upper(), []).append(article)
    found = [
        article
        for key, group in groups.items()
        for article in _of_group(group, known, by_case.get(key, []), is_service)
    ]
    return sorted(found, key=lambda article: min(s.first_line for s in article.spellings))


def _of_group(
    group: list[Spelling], known: Mapping[str, Known], similar: list[Known], is_service: Callable[[str], bool]
) -> list[Article]:
    articles = {article.variant_id: Article(article) for article in similar}
    strangers: list[Article] = []
    for spelling in sorted(group, key=lambda s: (s.code not in known, -s.line_count, s.first_line)):
        exact = known.get(spelling.code)
        if exact is not None:
            articles[exact.variant_id].spellings.append(spelling)
            continue
        taker = next((a for a in (*articles.values(), *strangers) if a.takes(spelling)), None)
        if taker is None:
            taker = Article(None, is_service=is_service(spelling.code))
            strangers.append(taker)
        taker.spellings.append(spelling)
    return [article for article in (*articles.values(), *strangers) if article.spellings]


def _most_used(spellings: list[Spelling]) -> Spelling:
    return min(spellings, key=lambda s: (-s.line_count, s.first_line))
