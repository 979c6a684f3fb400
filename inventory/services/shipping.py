"""Goods of a transfer leave, or turn round. What leaves is on its way to the destination until it arrives."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.errors import Conflict
from core.locations.selectors import active_location
from core.money import plain_decimal
from inventory.events import TransferShipped
from inventory.models import StockMovement, Transfer, TransferLine
from inventory.permissions import MOVE_STOCK
from inventory.selectors.transfers import SHIPMENT, causes_of, pieces_on_way
from inventory.services.ledger import Change, lock_levels, move_stock
from inventory.services.lines import GoodsLine, Units, units_of
from inventory.services.transfers import (
    end_transfer,
    good_only,
    locked_transfer,
    must_be,
    record_transfer,
    tell_cancelled,
    tell_closed,
)

Kind = StockMovement.Kind
State = Transfer.State
RETURN = "transfer_return"
"""What the ledger calls a transfer that came back."""


@transaction.atomic
def ship_transfer(
    transfer_id: UUID,
    *,
    actor: Actor,
    lines: Sequence[GoodsLine] | None = None,
    expected_version: int | None = None,
    occurred_at: datetime | None = None,
) -> Transfer:
    """Let a drafted transfer leave: all that was wanted, or the ``lines`` that were scanned into the van.

    A wish: what the source does not have is not sent. The goods go at the source's average cost, as of
    ``occurred_at``, or now.

    Raises:
        NotFound, StaleVersion: as in `edit_transfer`.
        Forbidden: the actor may not move stock at the source.
        Conflict: it is no draft any more.
        OutOfStock: the source does not have it; ``short`` lists every such line, and nothing has moved.
        SerialRefused: goods with serial numbers, and the pieces that go are not named, or not at the source.
    """
    transfer = locked_transfer(transfer_id, actor=actor, expected_version=expected_version)
    actor.require(MOVE_STOCK, at=transfer.source_id)
    must_be(transfer, State.DRAFT, "Only a draft can be shipped.")
    active_location(transfer.destination_id)
    shipped = _ship_lines(transfer, lines)
    transfer.state, transfer.shipped_at = State.SHIPPED, occurred_at or datetime.now(UTC)
    transfer.version += 1
    transfer.save(update_fields=["state", "shipped_at", "version"])
    record_transfer(
        AuditEntry.Action.CHANGE,
        transfer,
        actor,
        {
            "state": (State.DRAFT, State.SHIPPED),
            "units": (None, plain_decimal(sum((units.good for units in shipped.values()), Decimal(0)))),
        },
    )
    source, destination = transfer.source_id, transfer.destination_id
    lock_levels([(variant, place) for variant in shipped for place in (source, destination)])
    told = TransferShipped(
        transfer_id=transfer.pk,
        version=transfer.version,
        number=transfer.number,
        location_id=source,
        destination_id=destination,
        lines=len(shipped),
    )
    left = move_stock(
        deltas={(variant, source): _leaving(units) for variant, units in shipped.items()},
        kind=Kind.SHIPPED,
        reference_type=SHIPMENT,
        reference_id=transfer.pk,
        actor=actor,
        occurred_at=transfer.shipped_at,
        may_refuse=True,
        told_before=[told],
    )
    move_stock(
        deltas={
            (moved.variant_id, destination): Change(
                in_transit=-moved.delta, unit_cost=moved.unit_cost, serials=shipped[moved.variant_id].serials
            )
            for moved in left
        },
        kind=Kind.TRANSIT,
        reference_type=SHIPMENT,
        reference_id=transfer.pk,
        actor=actor,
        occurred_at=transfer.shipped_at,
        may_refuse=False,
    )
    return transfer


@transaction.atomic
def take_back_transfer(
    transfer_id: UUID, *, actor: Actor, reason: str, expected_version: int | None = None
) -> Transfer:
    """Bring what is still on its way back to the source's shelf. What had arrived before stays where it is.

    Raises:
        NotFound, StaleVersion: as in `edit_transfer`.
        Forbidden: the actor may not move stock at the source.
        Conflict: nothing of it is on its way.
    """
    transfer = locked_transfer(transfer_id, actor=actor, expected_version=expected_version)
    actor.require(MOVE_STOCK, at=transfer.source_id)
    must_be(transfer, State.SHIPPED, "Nothing of it is on its way.")
    lines = [line for line in transfer.lines.order_by("pk") if line.on_its_way]
    back = {line.variant_id: line.on_its_way for line in lines}
    for line in lines:
        line.shipped -= line.on_its_way
    TransferLine.objects.bulk_update(lines, ["shipped"])
    arrived = transfer.lines.filter(shipped__gt=0).exists()
    end_transfer(transfer, State.CLOSED if arrived else State.CANCELLED, actor, reason=reason)
    _move_back(transfer, back, actor=actor, reason=reason)
    if arrived:
        tell_closed(transfer, actor)
    else:
        tell_cancelled(transfer, actor, returned=sum(back.values(), Decimal(0)))
    return transfer


def _leaving(units: Units) -> Change:
    lots = tuple((lot, -parts) for lot, parts in units.lots.items())
    return Change(on_hand=-units.good, lots=lots, serials=units.serials)


def _move_back(transfer: Transfer, back: Mapping[UUID, Decimal], *, actor: Actor, reason: str) -> None:
    """The ledger's lines of goods that turn round: out of transit at the destination, onto the source's shelf."""
    source, destination = transfer.source_id, transfer.destination_id
    lock_levels([(variant, place) for variant in back for place in (source, destination)])
    when = datetime.now(UTC)
    pieces = pieces_on_way(transfer, back)
    left = move_stock(
        deltas={
            (variant, destination): Change(in_transit=-units, serials=pieces.get(variant, ()))
            for variant, units in back.items()
        },
        kind=Kind.TRANSIT,
        reference_type=RETURN,
        reference_id=transfer.pk,
        actor=actor,
        occurred_at=when,
        may_refuse=False,
        reason=reason,
    )
    move_stock(
        deltas={
            (moved.variant_id, source): Change(
                on_hand=-moved.in_transit_delta,
                unit_cost=moved.unit_cost,
                serials=pieces.get(moved.variant_id, ()),
                back_from=causes_of(transfer),
            )
            for moved in left
        },
        kind=Kind.ARRIVED,
        reference_type=RETURN,
        reference_id=transfer.pk,
        actor=actor,
        occurred_at=when,
        may_refuse=False,
        reason=reason,
    )


def _ship_lines(transfer: Transfer, lines: Sequence[GoodsLine] | None) -> dict[UUID, Units]:
    """Note on the lines what goes; what was not on the list gets a line of its own."""
    stored = {line.variant_id: line for line in transfer.lines.order_by("pk")}
    if lines is None:
        going = {variant: Units(line.quantity, Decimal(0)) for variant, line in stored.items()}
        if not going:
            raise Conflict("There is nothing on its list yet.")
    else:
        going = units_of(good_only(lines), names_pieces=True)
    for variant, units in going.items():
        if variant in stored:
            stored[variant].shipped = units.good
    TransferLine.objects.bulk_update(stored.values(), ["shipped"])
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, variant_id=variant, quantity=units.good, shipped=units.good)
        for variant, units in going.items()
        if variant not in stored
    )
    return going
