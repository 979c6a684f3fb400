"""Discounts and baskets as the evaluation sees them: in whole numbers (ten-thousandths, quantities thousandths)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from orders.tax.rounding import QUANTITY_PLACES, whole

NONE: frozenset[str] = frozenset()


class Manual(NamedTuple):
    """A discount given by hand: ``percent`` or ``amount``, of a line or of the order."""

    kind: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A discount. ``value`` is per cent, an amount or a price; of ``buy`` and ``get`` whole units count."""

    id: str
    name: str
    kind: str
    scope: str = "lines"
    value: int = 0
    buy: int = 0
    get: int = 0
    stacking: str = "best"
    needs_coupon: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    variants: frozenset[str] = NONE
    categories: frozenset[str] = NONE
    brands: frozenset[str] = NONE
    groups: frozenset[str] = NONE
    locations: frozenset[str] = NONE
    channels: frozenset[str] = NONE
    least_total: int = 0
    least_quantity: int = 0

    def is_for(self, item: "Item") -> bool:
        """Whether the goods of a line are among those named; naming none means all."""
        if not (self.variants or self.categories or self.brands):
            return True
        return (
            item.variant in self.variants
            or item.brand in self.brands
            or not self.categories.isdisjoint(item.categories)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of a basket. ``categories``: its own and all above it."""

    variant: str
    quantity: int
    unit_price: int
    categories: frozenset[str] = NONE
    brand: str = ""
    manual: Manual | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What is bought, where, by whom and when. ``opened``: the code of a valid coupon by the rule that it opens."""

    items: tuple[Item, ...]
    location: str
    channel: str
    when: datetime
    groups: frozenset[str] = NONE
    opened: Mapping[str, str] = field(default_factory=dict)
    manual: Manual | None = None


def conditions_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions of a discount, as its JSON keeps them, in the words of `Rule`."""
    made: dict[str, Any] = {
        name: frozenset(stored[name])
        for name in ("variants", "categories", "brands", "groups", "locations", "channels")
        if stored.get(name)
    }
    if stored.get("least_total"):
        made["least_total"] = whole(Decimal(stored["least_total"]))
    if stored.get("least_quantity"):
        made["least_quantity"] = whole(Decimal(stored["least_quantity"]), QUANTITY_PLACES)
    return made
