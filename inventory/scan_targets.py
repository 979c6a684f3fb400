"""What a code may stand for besides an article: apps say how their things are found, and this app knows none of them.

Two ways: a *kind* of the registry (`ScanCode.kind` with a ``target_id``), or a *shape*: texts that are never in the
registry because a pattern belongs to somebody (the number of a receipt, a gift card). A code of such a shape is refused
as anything else, so that a scan still means one thing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from core.actors import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a scan means: its kind, the thing, what people call it, and the page that shows it ("" for none)."""

    kind: str
    id: UUID
    label: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of the registry: ``find`` answers the thing if it is there and the actor may know of it."""

    name: str
    word: str
    find: Callable[[UUID, Actor], Target | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Texts that belong to one app: ``find`` gets the whole text."""

    word: str
    pattern: re.Pattern[str]
    find: Callable[[str, Actor], Target | None]


_kinds: dict[str, Kind] = {}
_shapes: list[Shape] = []


def register_kind(kind: Kind) -> None:
    """Say how things of a kind are found, once; repeating it changes nothing."""
    if _kinds.setdefault(kind.name, kind) != kind:
        raise ValueError(f"somebody else finds {kind.name}")


def register_shape(shape: Shape) -> None:
    """Reserve a shape, once; repeating it changes nothing."""
    if shape not in _shapes:
        _shapes.append(shape)


def target_of(kind: str, target_id: UUID, *, actor: Actor) -> Target | None:
    """The thing a code of the registry stands for, None if it is gone or the actor may not know of it."""
    return _kinds[kind].find(target_id, actor) if kind in _kinds else None


def word_of(kind: str) -> str:
    """What people call a kind."""
    return _kinds[kind].word if kind in _kinds else f"a {kind}"


def shape_of(text: str) -> Shape | None:
    """The shape a text has, if it belongs to one."""
    return next((shape for shape in _shapes if shape.pattern.fullmatch(text)), None)


def found_by_shape(text: str, *, actor: Actor) -> Target | None:
    """The thing a text of a reserved shape stands for."""
    shape = shape_of(text)
    return shape.find(text, actor) if shape else None
