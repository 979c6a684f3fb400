"""Read changes of placed orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.errors import NotFound
from orders.models import Order, OrderChange


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One line before and after a change; None where there is none."""

    name: str
    sku: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def changes_of(order: Order) -> list[OrderChange]:
    """What was done to an order and taken back, newest first; proposals that nobody confirmed are left out."""
    return list(order.changes.filter(state__in=[OrderChange.State.APPLIED, OrderChange.State.REVERTED]))


def find_change(change_id: UUID, *, order: Order) -> OrderChange:
    """A change of an order that the caller found. Raises `NotFound`."""
    change = order.changes.filter(pk=change_id).first()
    if change is None:
        raise NotFound("There is no such change.")
    return change


def lines_of(change: OrderChange) -> list[ChangedLine]:
    """The lines of a change side by side, by position."""
    before, after = _by_position(change.before), _by_position(change.after)
    return [
        ChangedLine(one["name"] or one["sku"], one["sku"], before.get(place), after.get(place))
        for place in sorted(before.keys() | after.keys())
        for one in [after.get(place) or before[place]]
    ]


def total_before(change: OrderChange) -> Decimal:
    """What the order came to before the change."""
    return sum((Decimal(line["total"]) for line in change.before), Decimal(0))


def _by_position(lines: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {line["position"]: line for line in lines}
