"""What can be asked for: topics as words people use, beside the names of event types and patterns of them. Pure.

A topic says what somebody is interested in, never what may be heard: that is `realtime.sockets.sight`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from core.events import CATALOGUE, matches

EVERYTHING = "*"
PRESENCE = "presence"
"""Who is here: no events, but frames of their own."""
REST = "settings"
"""All event types that no other topic names, so that none is left out when a new one is declared."""

TOPICS: dict[str, tuple[str, ...]] = {
    "orders": ("order.*", "approval.*"),
    "payments": ("payment.*", "gift_card.*", "credit.*"),
    "shifts": ("shift.*", "cash.*", "register.*"),
    "customers": ("customer.*",),
    "discounts": ("discount.*", "coupon.*"),
    "stock": ("stock.*", "lot.*", "transfer.*"),
    "transfers": ("transfer.*",),
    "counts": ("count.*",),
    "purchasing": ("purchase.*", "purchase_order.*", "supplier.*", "receipt.*"),
    "products": ("product.*", "category.*", "brand.*", "tax_class.*", "attribute.*", "price_list.*", "code_rule.*"),
    "alerts": (
        *("stock.low", "stock.out", "stock.over", "stock.expiring", "stock.dead", "lot.blocked"),
        *("webhook.disabled", "import.finished"),
    ),
    "devices": ("device.*", "exception.*"),
    "forecasts": ("forecast.*",),
    "team": ("person.*", "api_key.*"),
    PRESENCE: (),
    REST: (),
}

MOST_TOPICS = 50
_WORD = re.compile(r"[a-z_]{1,60}")
_PATTERN = re.compile(r"\*|[a-z_]+(\.[a-z_]+)+|[a-z_]+(\.[a-z_]+)*\.\*")


class UnknownTopic(ValueError):
    """A word that could be a topic and is none."""


def read_topics(text: str) -> tuple[str, ...]:
    """``orders,stock.*`` as wishes, see `wishes_of`."""
    return wishes_of(text.split(","))


def wishes_of(words: Iterable[str]) -> tuple[str, ...]:
    """Wishes such as ``orders``, ``stock.*`` or ``order.completed``, in their order and once each; none is everything.

    A pattern may name types that are not declared (yet): the greeting says what is heard. Raises `UnknownTopic` for a
    word that is no topic and ``ValueError`` for what cannot be either.
    """
    given = [word.strip() for word in words if word.strip()]
    if len(given) > MOST_TOPICS:
        raise ValueError(f"at most {MOST_TOPICS} topics")
    wishes = tuple(dict.fromkeys(given)) or (EVERYTHING,)
    for wish in wishes:
        if wish in TOPICS or (len(wish) <= 60 and _PATTERN.fullmatch(wish)):
            continue
        if _WORD.fullmatch(wish):
            raise UnknownTopic(f"unknown topic {wish[:30]}")
        raise ValueError("topics are words such as stock, or names such as order.completed or stock.*")
    return wishes


def read_places(words: Sequence[str]) -> frozenset[str]:
    """Identifiers of locations, at most 50. Raises ``ValueError`` for anything else."""
    try:
        places = frozenset(str(UUID(word.strip())) for word in words)
    except ValueError:
        raise ValueError("locations are their identifiers") from None
    if len(places) > MOST_TOPICS:
        raise ValueError(f"at most {MOST_TOPICS} locations")
    return places


@lru_cache(maxsize=1024)
def types_of(topic: str) -> frozenset[str]:
    """The event types of one topic or pattern."""
    if topic == REST:
        named = frozenset[str]().union(*(types_of(other) for other in TOPICS if other != REST))
        return frozenset(CATALOGUE) - named
    patterns = TOPICS.get(topic, (topic,))
    return frozenset(name for name in CATALOGUE if any(matches(pattern, name) for pattern in patterns))


def types_of_all(topics: Sequence[str]) -> frozenset[str]:
    """The event types of several topics together."""
    return frozenset[str]().union(*map(types_of, topics))


def wants_presence(topics: Sequence[str]) -> bool:
    """Whether somebody who asked for these wants to hear who is here."""
    return EVERYTHING in topics or PRESENCE in topics
