"""What somebody wants of the ledger, and what it did: the words of `inventory.services.ledger`."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

Key = tuple[UUID, UUID]
Cause = tuple[str, UUID]
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one level: signed units per state. ``unit_cost`` is for units that come in; None: as they stand.

    ``reserved`` (negative) is what a sale of reserved goods takes off, and no movement of goods by itself: those units
    are the buyer's, whatever else is reserved.

    Of goods told apart: ``lots`` names lots by id with signed units on hand, ``serials`` the pieces by number. What of
    a lot-tracked variant is not named goes by expiry date, and comes back to the lots that left with one of the causes
    ``back_from`` (reference type and id) and are not back yet: name the sale and its earlier refunds, or the transfer
    and its earlier arrivals. ``any_lot``: somebody let expired goods be sold; blocked ones never are.
    ``damaged_serials`` are those of the ``serials`` that come in damaged beside others that do not.
    """

    on_hand: Decimal = NOTHING
    damaged: Decimal = NOTHING
    in_transit: Decimal = NOTHING
    reserved: Decimal = NOTHING
    unit_cost: Decimal | None = None
    lots: tuple[tuple[UUID, Decimal], ...] = ()
    serials: tuple[str, ...] = ()
    damaged_serials: tuple[str, ...] = ()
    back_from: tuple[Cause, ...] = ()
    any_lot: bool = False

    @property
    def is_any(self) -> bool:
        return bool(self.on_hand or self.damaged or self.in_transit)


@dataclass(frozen=True, slots=True)
class Moved:
    """A stock level after one movement."""

    variant_id: UUID
    location_id: UUID
    sku: str
    tracking: str
    delta: Decimal
    damaged_delta: Decimal
    in_transit_delta: Decimal
    on_hand: Decimal
    reserved: Decimal
    damaged: Decimal
    in_transit: Decimal
    low_at: Decimal | None
    over_at: Decimal | None
    unit_cost: Decimal | None
    version: int

    @property
    def key(self) -> Key:
        return self.variant_id, self.location_id


@dataclass(frozen=True, slots=True)
class Level:
    """A locked stock level, as it is before a movement."""

    on_hand: Decimal
    damaged: Decimal
    in_transit: Decimal
    average_cost: Decimal | None
