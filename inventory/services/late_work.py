"""Work on the floor that a device sent too late to be booked as it came: booked as the correction that it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from django.db import transaction

from core.actors import Actor
from core.errors import Invalid, NotFound, fault, refuse
from inventory.errors import OutOfStock
from inventory.models import Count, CountLine, Transfer
from inventory.selectors import targets_of
from inventory.selectors.counts import on_hand_as_of
from inventory.services.count_entries import EntryDraft
from inventory.services.documents import book_stock
from inventory.services.lines import GoodsLine
from inventory.services.shipping import ship_transfer
from inventory.services.stating import Kind, StockChange, StockLine

NOTHING = Decimal(0)


@dataclass(slots=True)
class Seen:
    """What late entries say of one article, together."""

    units: Decimal
    at: datetime


def book_late_entries(
    count_id: UUID, entries: Sequence[EntryDraft], *, document_id: UUID, item_at: datetime, actor: Actor
) -> UUID | None:
    """Book what was counted for a stocktake that was over: as a correction, by what the stocktake says of it.

    Where the stocktake booked an article, its late entries are more of it. Where it did not, they are all there was at
    that moment. What another stocktake has counted since is right already and left as it is. Answers the document,
    None where nothing differs.

    Raises:
        NotFound, Forbidden: there is no such stocktake, or the actor may not correct stock there.
        Invalid: an entry names no article, or goods that are told apart by lots or serial numbers.
    """
    count = Count.objects.filter(pk=count_id).first()
    if count is None:
        raise NotFound("There is no such stocktake.")
    seen = _seen(entries, item_at)
    booked = set(count.lines.values_list("variant_id", flat=True)) if count.state == Count.State.CLOSED else set()
    there = on_hand_as_of({variant: one.at for variant, one in seen.items()}, location_id=count.location_id)
    later = CountLine.objects.filter(
        count__location=count.location_id, count__state=Count.State.CLOSED, variant__in=seen
    ).exclude(count=count)
    counted_at: dict[UUID, datetime] = {}
    for variant, at in later.values_list("variant_id", "counted_at"):
        if at is not None:
            counted_at[variant] = max(at, counted_at.get(variant, at))
    lines = []
    for variant, one in sorted(seen.items()):
        if variant in counted_at and counted_at[variant] > one.at:
            continue
        more = one.units if variant in booked else one.units - there.get(variant, NOTHING)
        if more:
            lines.append(StockLine(variant_id=variant, quantity=more))
    if not lines:
        return None
    change = StockChange(
        document_id=document_id,
        kind=Kind.ADJUSTMENT,
        location_id=count.location_id,
        lines=lines,
        reason=f"Counted for {count.number}, and came late",
    )
    return book_stock(change, actor=actor).document.pk


def _seen(entries: Sequence[EntryDraft], item_at: datetime) -> dict[UUID, Seen]:
    targets = targets_of({entry.code for entry in entries if entry.variant_id is None})
    seen: dict[UUID, Seen] = {}
    errors = []
    for place, entry in enumerate(entries):
        target = targets.get(entry.code) if entry.variant_id is None else None
        variant = entry.variant_id or (target.variant_id if target else None)
        units = target.units(entry.quantity) if target else entry.quantity
        if variant is None or units is None or units < 0:
            errors.append(fault(f"/entries/{place}", "unknown", "This is nothing that is counted here."))
            continue
        at = entry.counted_at or item_at
        known = seen.setdefault(variant, Seen(NOTHING, at))
        known.units += units
        known.at = max(known.at, at)
    refuse(*errors)
    return seen


@transaction.atomic
def ship_off_the_record(
    transfer_id: UUID, *, lines: Sequence[GoodsLine] | None, document_id: UUID, actor: Actor
) -> Transfer:
    """Let a transfer leave that left: what the record lacks at the source is corrected first, in the same transaction.

    Raises:
        As `ship_transfer` and `book_stock`, but for `OutOfStock`.
    """
    transfer = Transfer.objects.filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound("There is no such transfer.")
    try:
        with transaction.atomic():
            return ship_transfer(transfer_id, lines=lines, actor=actor)
    except OutOfStock as refusal:
        short = refusal.details["short"]
    change = StockChange(
        document_id=document_id,
        kind=Kind.ADJUSTMENT,
        location_id=transfer.source_id,
        lines=[
            StockLine(variant_id=UUID(one["variant_id"]), quantity=Decimal(one["wanted"]) - Decimal(one["available"]))
            for one in short
        ],
        reason=f"Left with {transfer.number}, and was not on record",
    )
    book_stock(change, actor=actor)
    try:
        return ship_transfer(transfer_id, lines=lines, actor=actor)
    except OutOfStock as refusal:  # a sale was faster with what was corrected
        raise Invalid(refusal.detail, details=refusal.details) from refusal


def document_id_of(item_id: UUID) -> UUID:
    """The id of the correction that belongs to an item: the same at every try."""
    return uuid5(item_id, "correction")
