"""What happened to an order, in words: from its events, its payments, its parcels, its changes and what came back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime

from core.audit.models import AuditEntry
from core.money import plain_decimal
from orders.models import Fulfilment, FulfilmentLine, Order, OrderChange
from orders.selectors.changes import changes_of
from orders.web.selectors import HISTORY_SHOWN, history_of

WORDS = {
    "order.created": "Placed",
    "order.completed": "Paid and handed over",
    "order.bought": "Bought from the customer",
    "order.refunded": "Goods came back",
    "order.cancelled": "Cancelled",
    "order.voided": "Voided",
    "order.parked": "Parked",
    "order.resumed": "Taken up",
    "order.discarded": "Thrown away",
}
STEPS: Mapping[tuple[str, str], str] = {
    ("pickup", "open"): "To be packed",
    ("delivery", "open"): "To be packed",
    ("pickup", "packed"): "Ready to collect",
    ("delivery", "packed"): "Packed",
    ("delivery", "shipped"): "Sent off",
    ("pickup", "done"): "Handed over",
    ("delivery", "done"): "Delivered",
    ("pickup", "cancelled"): "Not packed after all",
    ("delivery", "cancelled"): "Not packed after all",
}
ADDRESS = {"kind", "name", "address", "city", "postcode", "country", "phone"}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened; ``amount`` and ``when`` are shown behind its words, in the shop's way."""

    at: datetime
    what: str
    by: str = ""
    amount: Decimal | None = None
    when: datetime | None = None
    note: str = ""


def told_of(order: Order, parcels: Sequence[Fulfilment], refunds: Iterable[Order]) -> list[Happened]:
    """What happened to an order, in order; nothing of one that was recorded before there were events."""
    events = history_of(order)
    if not events:
        return []
    placed = events[0].recorded_at
    rows = [
        *(_told(event) for event in events if event.type in WORDS or event.type == "order.promised"),
        *_payments(order, placed),
        *_failed(order),
        *_parcels(order, parcels),
        *_changes(order),
        *(
            Happened(one.recorded_at, f"Came back: {plain_decimal(-one.items)}", one.created_by_label, one.total)
            for one in refunds
        ),
    ]
    ends = {WORDS[name] for name in ("order.completed", "order.cancelled", "order.voided")}
    # What is written in one transaction has instants of its own: the beginning leads, the end closes.
    rows.sort(key=lambda row: (row.at.replace(microsecond=0), row.what in ends, row.what != WORDS["order.created"]))
    return rows[:HISTORY_SHOWN]


def _told(event: Any) -> Happened:
    by = event.actor["label"]
    if event.type != "order.promised":
        return Happened(event.recorded_at, WORDS[event.type], by)
    promised = event.payload.get("promised_at")
    if promised is None:
        return Happened(event.recorded_at, "Promised for no time any more", by)
    return Happened(event.recorded_at, "Promised for", by, when=parse_datetime(promised))


def _payments(order: Order, placed: datetime) -> Iterator[Happened]:
    """Money in and out; what was paid with the order is told with it, also of one that was rung up offline."""
    for payment in order.payments.all():
        at = placed if payment.received_at <= order.occurred_at else payment.received_at
        way = payment.get_method_display().lower()
        what = f"Paid: {way}" if payment.amount >= 0 else f"Given back: {way}"
        yield Happened(at, what, payment.actor_label, abs(payment.amount))


def _failed(order: Order) -> Iterator[Happened]:
    """Attempts to pay that did not succeed."""
    for one in order.failed_payments.all():
        what = f"Payment failed: {one.get_method_display().lower()}"
        yield Happened(one.recorded_at, what, one.actor_label, one.amount, note=one.reason)


def _parcels(order: Order, parcels: Sequence[Fulfilment]) -> Iterator[Happened]:
    """Each step of each parcel, with how much of the order it was."""
    known = {str(parcel.pk): parcel for parcel in parcels}
    if not known:
        return
    lines = FulfilmentLine.objects.filter(fulfilment__in=parcels).values_list("fulfilment_id", "quantity")
    units: dict[str, Decimal] = {}
    for key, quantity in lines:
        units[str(key)] = units.get(str(key), Decimal(0)) + quantity
    every = plain_decimal(sum((line.quantity for line in order.lines.all()), Decimal(0)))
    entries = AuditEntry.objects.filter(object_type="fulfilment", object_id__in=list(known)).order_by("id")
    for entry in entries[:HISTORY_SHOWN]:
        parcel = known[entry.object_id]
        step = STEPS.get((parcel.kind, entry.changes.get("state", [None, ""])[1]))
        if step is not None:
            part = f"{plain_decimal(units.get(entry.object_id, Decimal(0)))} of {every}"
            yield Happened(entry.at, f"{step}: {part}", entry.actor_label, note=parcel.tracking)


def _changes(order: Order) -> Iterator[Happened]:
    """What was changed of its lines, and where it goes."""
    for change in changes_of(order):
        if change.applied_at:
            yield Happened(change.applied_at, "Changed", change.created_by_label, change.difference, note=change.reason)
        if change.state == OrderChange.State.REVERTED and change.reverted_at:
            yield Happened(change.reverted_at, "Change taken back", "", -change.difference)
    if order.delivery:
        entries = AuditEntry.objects.filter(object_type="order", object_id=str(order.pk), action="change")
        for entry in entries.order_by("id")[:HISTORY_SHOWN]:
            if ADDRESS & entry.changes.keys():
                yield Happened(entry.at, "Goes elsewhere", entry.actor_label)
