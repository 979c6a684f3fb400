"""Read transfers: for the pages and the API, at the locations the actor may see."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.selectors import entries
from core.errors import NotFound
from core.money import plain_decimal
from inventory.models import ScanCode, Serial, StockMovement, Transfer, TransferLine, Variant
from inventory.permissions import MOVE_STOCK, VIEW_STOCK

Cause = tuple[str, UUID]
MOST_UNDER_WAY = 100
"""Transfers to one place that a device keeps, those that left first."""
SHIPMENT, ARRIVAL = "transfer", "transfer_receipt"
"""What the ledger calls the causes: a transfer that left, and an arrival of (a part of) it."""


def transfers(*, actor: Actor, state: str = "", location_id: UUID | None = None) -> QuerySet[Transfer]:
    """Transfers from or to the actor's locations, with both ends, lines and receipts."""
    lines = TransferLine.objects.select_related("variant__product").order_by("pk")
    rows = Transfer.objects.select_related("source", "destination")
    rows = rows.prefetch_related(Prefetch("lines", lines), "receipts")
    places = actor.places(VIEW_STOCK)
    if places is not None:
        rows = rows.filter(Q(source__in=places) | Q(destination__in=places))
    if state:
        rows = rows.filter(state=state)
    if location_id is not None:
        rows = rows.filter(Q(source=location_id) | Q(destination=location_id))
    return rows


def transfer_rows(*, actor: Actor, state: str = "", location_id: UUID | None = None) -> QuerySet[Transfer]:
    """The same for a list: without the lines, with ``line_count``."""
    rows = transfers(actor=actor, state=state, location_id=location_id).prefetch_related(None)
    return rows.annotate(line_count=Count("lines"))


def find_transfer(transfer_id: UUID, *, actor: Actor) -> Transfer:
    """One transfer. Raises `NotFound`, also for one between locations the actor does not see."""
    transfer = transfers(actor=actor).filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound("There is no such transfer.")
    return transfer


@dataclass(frozen=True, slots=True)
class MayDo:
    """What the actor may do with a transfer as it stands."""

    edit: bool
    ship: bool
    receive: bool
    take_back: bool


def what_may_be_done(transfer: Transfer, *, actor: Actor) -> MayDo:
    """What the services would allow."""
    at_source = actor.may(MOVE_STOCK, at=transfer.source_id)
    at_destination = actor.may(MOVE_STOCK, at=transfer.destination_id)
    is_draft = transfer.state == Transfer.State.DRAFT
    is_shipped = transfer.state == Transfer.State.SHIPPED
    return MayDo(
        edit=is_draft and (at_source or at_destination),
        ship=is_draft and at_source,
        receive=is_shipped and at_destination,
        take_back=is_shipped and at_source,
    )


def who_ended(transfer: Transfer) -> dict[str, str]:
    """Who brought a transfer into each state it was changed to, by state: of the audit log."""
    changes = entries(object_type="transfer", object_id=str(transfer.pk), action=AuditEntry.Action.CHANGE)
    found = {}
    for told, who in changes.order_by("pk").values_list("changes", "actor_label"):
        if "state" in told:
            found[str(told["state"][1])] = who
    return found


def causes_of(transfer: Transfer) -> tuple[Cause, ...]:
    """What the ledger calls the shipping of a transfer and every arrival of it so far."""
    return ((SHIPMENT, transfer.pk), *((ARRIVAL, pk) for pk in transfer.receipts.values_list("pk", flat=True)))


def pieces_on_way(transfer: Transfer, variant_ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The pieces of each variant that left with this transfer and have not arrived: one query."""
    rows = Serial.objects.filter(
        variant__in=variant_ids,
        state=Serial.State.IN_TRANSIT,
        location=transfer.destination_id,
        movements__movement__kind=StockMovement.Kind.TRANSIT,
        movements__movement__reference_type=SHIPMENT,
        movements__movement__reference_id=transfer.pk,
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for variant, number in rows.order_by("number").values_list("variant_id", "number").distinct():
        found[variant] = (*found.get(variant, ()), number)
    return found


def codes_of(variant_ids: list[UUID]) -> dict[str, tuple[str, Decimal]]:
    """Every code of some variants: which variant, and how many units a scan of it counts."""
    rows = ScanCode.objects.filter(kind=ScanCode.Kind.VARIANT, variant__in=variant_ids)
    return {row.code: (str(row.variant_id), row.pack_quantity) for row in rows}


def under_way_to(location_id: UUID) -> list[dict[str, Any]]:
    """What is on its way to a place, for a device that is to receive it by itself: no costs, the oldest first."""
    rows = Transfer.objects.filter(destination=location_id, state=Transfer.State.SHIPPED).select_related("source")
    lines = TransferLine.objects.select_related("variant__product").order_by("pk")
    found = rows.order_by("shipped_at", "pk").prefetch_related(Prefetch("lines", lines))[:MOST_UNDER_WAY]
    return [_under_way(transfer) for transfer in found]


def _under_way(transfer: Transfer) -> dict[str, Any]:
    lines = [line for line in transfer.lines.all() if line.on_its_way > 0]
    counted = [line.variant_id for line in lines if line.variant.tracking == Variant.Tracking.SERIAL]
    pieces = pieces_on_way(transfer, counted) if counted else {}
    return {
        "id": transfer.pk,
        "number": transfer.number,
        "source": transfer.source.name,
        "shipped_at": transfer.shipped_at,
        "note": transfer.note,
        "lines": [
            {
                "variant": line.variant_id,
                "sku": line.variant.sku,
                "title": line.variant.title,
                "tracking": line.variant.tracking,
                "on_its_way": plain_decimal(line.on_its_way),
                "pieces": list(pieces.get(line.variant_id, ())),
            }
            for line in lines
        ],
    }
