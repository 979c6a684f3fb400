"""Which events can be subscribed to, in words, with a schema and an example of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.events import CATALOGUE, DomainEvent, json_schema, matches

TITLES = {"cash": "Cash", "category": "Categories", "credit": "Credit", "stock": "Stock"}
EXAMPLE_ID = "01998f3a-7c3e-7bd1-9d4f-0d52a1f3c9aa"
EXAMPLE_TIME = "2026-11-21T14:02:11.480000+00:00"
# What reads better than "text" in an example; the type of the field decides everything else.
_WORDS = {
    "currency": "EUR",
    "number": "7K2M9QXD",
    "channel": "counter",
    "method": "cash",
    "sku": "TEA",
    "cause": "sale",
    "reference_type": "order",
    "name": "Earl Grey",
    "reason": "The receiver answered 410 Gone.",
}


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event as the catalogue shows it."""

    type: str
    description: str
    about: str
    schema_version: int
    permission: str
    schema: dict[str, Any]
    example: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventGroup:
    """Events about one kind of thing. ``pattern`` subscribes to all of them, later ones included."""

    title: str
    pattern: str
    types: tuple[EventType, ...]


def event_types() -> list[EventType]:
    """The catalogue, by name."""
    return [_described(cls) for _, cls in sorted(CATALOGUE.items())]


def event_groups() -> list[EventGroup]:
    """The catalogue grouped by the first word of the names."""
    groups: dict[str, list[EventType]] = {}
    for kind in event_types():
        groups.setdefault(kind.type.partition(".")[0], []).append(kind)
    return [
        EventGroup(TITLES.get(word, word.replace("_", " ").capitalize() + "s"), f"{word}.*", tuple(kinds))
        for word, kinds in groups.items()
    ]


def wanted_types(subscriptions: Iterable[str]) -> list[str]:
    """The types of today that the subscriptions cover."""
    patterns = list(subscriptions)
    return [name for name in sorted(CATALOGUE) if is_wanted(patterns, name)]


def is_wanted(subscriptions: Sequence[str], event_type: str) -> bool:
    """Whether one of the subscriptions covers an event type."""
    return any(matches(pattern, event_type) for pattern in subscriptions)


def example_envelope(event_type: str) -> dict[str, Any]:
    """An envelope as a receiver gets it, with made-up values of the right form."""
    cls = CATALOGUE[event_type]
    data = {name: _example(name, schema) for name, schema in json_schema(cls)["properties"].items()}
    return {
        "id": EXAMPLE_ID,
        "seq": 1042,
        "type": cls.type,
        "schema_version": cls.schema_version,
        "object": {"type": cls.about, "id": str(data.get(cls.key, EXAMPLE_ID)), "version": 1},
        "actor": {"kind": "user", "id": EXAMPLE_ID, "label": "Ada"},
        "occurred_at": EXAMPLE_TIME,
        "recorded_at": EXAMPLE_TIME,
        "data": data,
    }


def _described(cls: type[DomainEvent]) -> EventType:
    return EventType(
        type=cls.type,
        description=(cls.__doc__ or cls.type).strip().splitlines()[0],
        about=cls.about,
        schema_version=cls.schema_version,
        permission=cls.permission,
        schema=json_schema(cls),
        example=example_envelope(cls.type),
    )


_VALUES: dict[str, Any] = {"integer": 1, "number": 0.5, "boolean": True, "object": {}}
_TEXTS = {"uuid": EXAMPLE_ID, "date-time": EXAMPLE_TIME, "date": EXAMPLE_TIME[:10]}


def _example(name: str, schema: dict[str, Any]) -> Any:
    """A value that fits the schema of a field."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _example(name, next((one for one in schema["anyOf"] if one.get("type") != "null"), {}))
    if schema.get("type") == "array":
        return [_example(name.removesuffix("s"), schema["items"])]
    if schema.get("type") == "string":
        return _TEXTS.get(schema.get("format", "")) or ("12.50" if "pattern" in schema else _WORDS.get(name, "text"))
    return _VALUES.get(schema.get("type", ""))
