"""The stock of the demo shop in motion: goods received and damaged, sent between places, counted, set aside."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from core.ids import uuid7
from core.locations.models import Location
from core.locations.selectors import business_today
from inventory.models import Category, Count, StockLevel, Transfer, Variant
from inventory.services.alerts import look_over_stock
from inventory.services.arrivals import Arrival, receive_transfer
from inventory.services.count_booking import approve_count
from inventory.services.count_entries import EntryDraft, add_entries
from inventory.services.counts import CountDraft, open_count, review_count
from inventory.services.documents import book_stock
from inventory.services.limits import set_limits
from inventory.services.lines import GoodsLine
from inventory.services.reservations import Reserve, reserve
from inventory.services.shipping import ship_transfer
from inventory.services.stating import StockChange, StockLine
from inventory.services.transfers import TransferDraft, create_transfer
from orders.demo.places import Places, Staff
from orders.demo.special import Special

KEPT = 12
BOX = Decimal(24)


def fill_shelves(places: Places, special: Special, staff: Staff) -> None:
    """Goods come in: into the stock room, and lots, pieces and sizes into the stores."""
    today = business_today()
    _receive(places.room, [StockLine(variant_id=row.pk, quantity=BOX * 2) for row in _kept()], staff, staff.clerk)
    told_apart = [
        StockLine(
            variant_id=special.pasta.pk, quantity=Decimal(units), lot=lot, expires_on=today + timedelta(days=days)
        )
        for lot, units, days in (("P-117", 6, 2), ("P-118", 18, 16))
    ]
    serials = [f"CG-{number}" for number in range(4001, 4006)]
    pieces = StockLine(variant_id=special.grinder.pk, quantity=Decimal(5), serials=serials)
    plain = [
        StockLine(variant_id=row.pk, quantity=Decimal(units))
        for row, units in ((special.cheese, "8.400"), (special.honey, "3"), *((one, "4") for one in special.apron))
    ]
    _receive(places.main, [*told_apart, pieces, *plain], staff, staff.manager)
    _receive(places.market, [StockLine(variant_id=special.honey.pk, quantity=Decimal(2))], staff, staff.manager)
    for row, low, over in ((special.honey, "4", None), (special.cheese, "2", "8")):
        limits = {"low_at": Decimal(low), "over_at": Decimal(over) if over else None}
        set_limits(row.pk, places.main.pk, **limits, actor=staff.manager)


def _kept() -> list[Variant]:
    rows = Variant.objects.filter(product__category__name__in=["Store cupboard", "Drinks"])
    return list(rows.order_by("sku").exclude(sku__startswith="D2")[:KEPT])


def _receive(place: Location, lines: Sequence[StockLine], staff: Staff, actor: object) -> None:
    who = staff.clerk if actor is staff.clerk else staff.manager
    change = StockChange(document_id=uuid7(), kind="receipt", location_id=place.pk, lines=lines, reason="Delivery")
    book_stock(change, actor=who)


def move_goods(places: Places, special: Special, staff: Staff) -> None:
    """A draft, one on its way, one received in part; something damaged, something set aside, alerts that follow."""
    boxes = _kept()
    _send(places, boxes[:3], places.main, staff, ships=False, note="For the weekend")
    _send(places, boxes[3:6], places.market, staff, note="Market day")
    half = _send(places, boxes[6:9], places.main, staff, note="Weekly boxes")
    came = [GoodsLine(variant_id=row.pk, quantity=BOX / 2) for row in boxes[6:8]]
    receive_transfer(
        Arrival(receipt_id=uuid7(), transfer_id=half.pk, lines=came, reason="The rest comes tomorrow"),
        actor=staff.manager,
    )
    broken = StockChange(
        document_id=uuid7(),
        kind="adjustment",
        location_id=places.main.pk,
        lines=[StockLine(variant_id=boxes[6].pk, quantity=Decimal(2))],
        reason_code="damaged",
        reason="Fell off the trolley",
    )
    book_stock(broken, actor=staff.manager)
    wanted = Reserve(
        reservation_id=uuid7(),
        variant_id=special.apron[0].pk,
        location_id=places.main.pk,
        quantity=Decimal(1),
        expires_at=datetime.now(UTC) + timedelta(days=3),
        note="Customer 2, collects on the way home",
    )
    reserve(wanted, actor=staff.manager)


def _send(
    places: Places, goods: Sequence[Variant], to: Location, staff: Staff, *, note: str, ships: bool = True
) -> Transfer:
    lines = [GoodsLine(variant_id=row.pk, quantity=BOX / 2) for row in goods]
    wanted = TransferDraft(transfer_id=uuid7(), source_id=places.room.pk, destination_id=to.pk, lines=lines, note=note)
    transfer = create_transfer(wanted, actor=staff.clerk).transfer
    return ship_transfer(transfer.pk, actor=staff.clerk) if ships else transfer


def count_shelves(places: Places, staff: Staff) -> None:
    """One count that runs, one that was booked with a difference; then the alerts of all levels as they are."""
    running = _count(places.main, "Bakery", staff, blind=True)
    _enter(running, places.main, staff, shelf=_shelf("Bakery")[:3], off={})
    sweets = _shelf("Sweets and snacks")
    booked = _count(places.market, "Sweets and snacks", staff, blind=False)
    _enter(booked, places.market, staff, shelf=sweets, off={sweets[0].pk: Decimal(-1), sweets[1].pk: Decimal(2)})
    review_count(booked.pk, actor=staff.manager)
    approve_count(booked.pk, actor=staff.manager, not_counted="leave")
    look_over_stock(actor=staff.manager)


def _shelf(category: str) -> list[Variant]:
    return list(Variant.objects.filter(product__category__name=category).order_by("sku"))


def _count(place: Location, category: str, staff: Staff, *, blind: bool) -> Count:
    scope = {"categories": [Category.objects.get(name=category).pk]}
    draft = CountDraft(count_id=uuid7(), location_id=place.pk, name=f"{category}, shelf", scope=scope, is_blind=blind)
    return open_count(draft, actor=staff.manager).count


def _enter(
    count: Count, place: Location, staff: Staff, *, shelf: Sequence[Variant], off: Mapping[UUID, Decimal]
) -> None:
    there = dict(StockLevel.objects.filter(location=place, variant__in=shelf).values_list("variant_id", "on_hand"))
    entries = [
        EntryDraft(
            entry_id=uuid7(),
            variant_id=row.pk,
            quantity=max(there[row.pk] + off.get(row.pk, Decimal(0)), Decimal(0)),
            device="Handheld 1",
        )
        for row in shelf
    ]
    add_entries(count.pk, entries, actor=staff.manager)
