"""What keeps a location open. Apps say what of theirs is still there; the service asks them all."""

from collections.abc import Callable
from uuid import UUID

Keeper = Callable[[UUID], str]
_keepers: list[Keeper] = []


def keeps_open(keeper: Keeper) -> Keeper:
    """Register ``keeper(location_id)``: words for what is still there, "" for nothing."""
    if keeper not in _keepers:
        _keepers.append(keeper)
    return keeper


def what_keeps_open(location_id: UUID) -> list[str]:
    """Everything that is still at a location, in words."""
    return [words for keeper in _keepers if (words := keeper(location_id))]
