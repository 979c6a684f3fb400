"""Walks of the services around transfers, stocktakes and alerts, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.ids import uuid7
from core.locations.models import Location
from core.testing import Shop
from inventory.models import StockAlert
from inventory.services import alerts, arrivals, count_booking, count_entries, counts, shipping, transfers
from inventory.services.lines import GoodsLine

MODULES = (alerts, arrivals, count_booking, count_entries, counts, shipping, transfers)
OTHERS = {"inventory.services.lines", "inventory.services.rebasing"}
PARTS = {"locked_transfer", "good_only", "must_be", "end_transfer", "record_transfer", "tell_cancelled", "tell_closed"}
PARTS |= {"locked_count", "watch", "write_lines"}
"""Parts of other services, told by those."""


def tea(shop: Shop, units: int) -> list[GoodsLine]:
    return [GoodsLine(variant_id=shop.variant("TEA").pk, quantity=Decimal(units))]


def draft(shop: Shop) -> Any:
    there, _ = Location.objects.get_or_create(code="NORTH", defaults={"name": "North"})
    wanted = transfers.TransferDraft(
        transfer_id=uuid7(), source_id=shop.location.pk, destination_id=there.pk, lines=tea(shop, 2)
    )
    return transfers.create_transfer(wanted, actor=shop.actor()).transfer


def on_its_way(shop: Shop) -> Any:
    return shipping.ship_transfer(draft(shop).pk, actor=shop.actor())


def arrived(shop: Shop, transfer: Any) -> Any:
    arrival = arrivals.Arrival(receipt_id=uuid7(), transfer_id=transfer.pk, lines=tea(shop, 1))
    return arrivals.receive_transfer(arrival, actor=shop.actor())


def counted(shop: Shop) -> Any:
    draft = counts.CountDraft(count_id=uuid7(), location_id=shop.location.pk, recount_above=Decimal(0))
    count = counts.open_count(draft, actor=shop.actor()).count
    entry = count_entries.EntryDraft(entry_id=uuid7(), variant_id=shop.variant("TEA").pk, quantity=Decimal(9))
    count_entries.add_entries(count.pk, [entry], actor=shop.actor())
    return count


def reviewed(shop: Shop) -> Any:
    return counts.review_count(counted(shop).pk, actor=shop.actor())


def alerted(shop: Shop) -> Any:
    return StockAlert.objects.create(kind="low", variant=shop.variant("TEA"), location=shop.location)


QUIET = {
    "look_over_stock": "the system itself; it tells stock.dead and stock.expiring, see tests/test_alerts.py",
    "add_entries": "what was seen is no fact of the stock before somebody approves it; the entries are the record",
}
TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "create_transfer": (lambda s: None, lambda s, _: draft(s), ("create", "transfer"), ["transfer.created"]),
    "edit_transfer": (
        draft,
        lambda s, t: transfers.edit_transfer(t.pk, note="fragile", actor=s.actor()),
        ("change", "transfer"),
        [],
    ),
    "cancel_transfer": (
        draft,
        lambda s, t: transfers.cancel_transfer(t.pk, actor=s.actor()),
        ("change", "transfer"),
        ["transfer.cancelled"],
    ),
    "ship_transfer": (
        draft,
        lambda s, t: shipping.ship_transfer(t.pk, actor=s.actor()),
        ("change", "transfer"),
        ["transfer.shipped", "stock.changed", "stock.changed"],
    ),
    "take_back_transfer": (
        on_its_way,
        lambda s, t: shipping.take_back_transfer(t.pk, actor=s.actor(), reason="wrong van"),
        ("change", "transfer"),
        ["stock.changed", "stock.changed", "transfer.cancelled"],
    ),
    "receive_transfer": (on_its_way, arrived, ("change", "transfer"), ["transfer.received", "stock.changed"]),
    "open_count": (
        lambda s: None,
        lambda s, _: counts.open_count(counts.CountDraft(count_id=uuid7(), location_id=s.location.pk), actor=s.actor()),
        ("create", "count"),
        ["count.opened"],
    ),
    "take_back_entry": (
        counted,
        lambda s, c: count_entries.take_back_entry(c.pk, c.entries.get().pk, actor=s.actor()),
        ("change", "count"),
        [],
    ),
    "review_count": (counted, lambda s, c: counts.review_count(c.pk, actor=s.actor()), ("change", "count"), []),
    "resume_count": (reviewed, lambda s, c: counts.resume_count(c.pk, actor=s.actor()), ("change", "count"), []),
    "recount": (reviewed, lambda s, c: counts.recount(c.pk, actor=s.actor()), ("change", "count"), []),
    "cancel_count": (
        counted,
        lambda s, c: counts.cancel_count(c.pk, actor=s.actor()),
        ("change", "count"),
        ["count.closed"],
    ),
    "approve_count": (
        reviewed,
        lambda s, c: count_booking.approve_count(c.pk, actor=s.actor(), not_counted="leave"),
        ("change", "count"),
        ["count.closed", "stock.changed"],
    ),
    "snooze_alert": (
        alerted,
        lambda s, a: alerts.snooze_alert(a.pk, days=7, actor=s.actor()),
        ("change", "stock_alert"),
        [],
    ),
}
