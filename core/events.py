"""Facts, as typed and versioned dataclasses: the source of the catalogue, the schemas and the documentation."""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from core.money import plain_amount, plain_decimal

_AMOUNT = "amount"
Money = Annotated[Decimal, _AMOUNT]
"""An amount in the event's ``currency``: told with the places of that currency, however the database keeps it."""


class DomainEvent:
    """Something that happened. Subclasses are declared with `event` and hold plain values only."""

    type: ClassVar[str]
    about: ClassVar[str]
    key: ClassVar[str]
    schema_version: ClassVar[int]
    permission: ClassVar[str]
    money: ClassVar[frozenset[str]]
    version: int

    def object_id(self) -> str:
        """The identifier of the thing it happened to."""
        return str(getattr(self, self.key))

    def payload(self) -> dict[str, Any]:
        """The event as plain JSON values: decimals, identifiers and times as strings."""
        told = {f.name: plain(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        for name in self.money:
            told[name] = _amount(getattr(self, name), told["currency"])
        return told


def _money_fields(cls: type) -> frozenset[str]:
    hints = get_type_hints(cls, include_extras=True)
    return frozenset(name for name, hint in hints.items() if _AMOUNT in getattr(hint, "__metadata__", ()))


def _amount(value: Decimal, currency: str) -> str:
    """Points have no currency."""
    return plain_amount(value, currency) if currency else plain_decimal(value)


CATALOGUE: dict[str, type[DomainEvent]] = {}
PLACES = ("location_id", "source_id", "destination_id")
"""The fields of an event that name a place. Who may hear of one of them hears of it: a transfer concerns both ends."""
_E = TypeVar("_E", bound=type[DomainEvent])


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(name: str, *, about: str, key: str, permission: str, schema_version: int = 1) -> Callable[[_E], _E]:
    """Declare an event type.

    ``about`` is the kind of object, ``key`` the field with its identifier, ``permission`` what somebody needs to hear
    of it on a socket. ``version`` of an instance is the object's own counter: the higher one is the newer truth.
    """

    def declare(cls: _E) -> _E:
        made: Any = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        made.type, made.about, made.key, made.permission, made.schema_version = (
            name,
            about,
            key,
            permission,
            schema_version,
        )
        made.money = _money_fields(made)
        if name in CATALOGUE:
            raise RuntimeError(f"event {name} is declared twice")
        CATALOGUE[name] = made
        return made  # type: ignore[no-any-return]

    return declare


_PLAIN = frozenset({str, int, bool, float, type(None)})


def places_of(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The locations a told event is about; none for what belongs to the whole shop."""
    return tuple(str(payload[name]) for name in PLACES if payload.get(name))


def plain(value: Any) -> Any:
    """A value as JSON takes it."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    return value


_FORMATS: dict[type, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Decimal: {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}


def json_schema(cls: type[DomainEvent]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's payload.

    It allows more fields than it names: later ones of the same version must not break who checks against it.
    """
    hints = get_type_hints(cls)
    names = [f.name for f in fields(cls)]  # type: ignore[arg-type]
    return {
        "title": cls.type,
        "description": (cls.__doc__ or "").strip(),
        "type": "object",
        "properties": {
            name: _schema_of(hints[name]) | ({"format": _AMOUNT} if name in cls.money else {}) for name in names
        },
        "required": names,
    }


def _schema_of(hint: Any) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _FORMATS:
        return dict(_FORMATS[hint])
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [{"type": "null"} if a is type(None) else _schema_of(a) for a in arguments]}
    if origin in (list, tuple, frozenset, set):
        return {"type": "array", "items": _schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema_of(arguments[1])}
    if hint is Any:
        return {}
    raise TypeError(f"an event field cannot be a {hint!r}")


def matches(subscription: str, event_type: str) -> bool:
    """Whether a subscription such as ``order.completed``, ``stock.*``, ``sale.*`` or ``*`` covers an event type."""
    if subscription == "*":
        return True
    if subscription.startswith("sale."):
        subscription = "order." + subscription.removeprefix("sale.")
    if subscription.endswith(".*"):
        return event_type.startswith(subscription[:-1])
    return subscription == event_type
