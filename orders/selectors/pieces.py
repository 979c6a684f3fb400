"""Which pieces and lots the lines of a document were of, read from the ledger of stock."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum

from core.money import plain_decimal
from inventory.models import MovementLot, MovementSerial, NamedGoods, Serial, StockMovement, Variant
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine
from orders.selectors.axes import GONE

MOVED = (StockMovement.Kind.SALE, StockMovement.Kind.REFUND, StockMovement.Kind.EDIT, StockMovement.Kind.RECEIPT)
"""What a document moves (a purchase receives). A void is none of them: its receipt goes on saying what was sold."""


def name_pieces(order: Order, lines: Sequence[OrderLine]) -> None:
    """Say in ``pieces`` of each line what is told apart of it: ``Serial no. A1``, ``Lot L7 × 2``; one query for none.

    Of several lines of one variant the ledger does not tell which piece was whose: they are shared out in their order.
    """
    tracked = Variant.objects.filter(pk__in={line.variant_id for line in lines if line.variant_id})
    tracked = tracked.exclude(tracking=Variant.Tracking.NONE)
    kinds = dict(tracked.values_list("pk", "tracking"))
    if not kinds:
        return
    moved = _moved_by(order)
    numbers = _numbers(moved, is_back=order.kind in (Order.Kind.REFUND, Order.Kind.PURCHASE))
    lots = _lots(moved)
    if order.state == Order.State.OPEN:
        _add_named(order.pk, numbers, lots)
    for line in lines:
        if line.variant_id in kinds:
            line.pieces = _share(line.variant_id, abs(line.quantity), numbers, lots)


def name_pieces_of_parcel(fulfilment: Fulfilment, parts: Sequence[FulfilmentLine]) -> None:
    """Say in ``pieces`` of each part what goes: as it left, or as the order named it where it waits to leave."""
    numbers: dict[UUID, list[str]] = defaultdict(list)
    lots: dict[UUID, list[tuple[str, Decimal]]] = defaultdict(list)
    if fulfilment.state in GONE:
        moved = Q(movement__reference_type="fulfilment", movement__reference_id=fulfilment.pk, movement__kind__in=MOVED)
        numbers, lots = _numbers(moved, is_back=False), _lots(moved)
    else:
        _add_named(fulfilment.order_id, numbers, lots)
        waiting = FulfilmentLine.objects.filter(
            fulfilment__order=fulfilment.order_id,
            fulfilment__created_at__lt=fulfilment.created_at,
            fulfilment__state__in=(Fulfilment.State.OPEN, Fulfilment.State.PACKED),
        )
        for variant, units in waiting.order_by("pk").values_list("line__variant_id", "quantity"):
            _share(variant, units, numbers, lots)  # an earlier parcel takes its part first
    for part in parts:
        part.pieces = _share(part.line.variant_id, part.quantity, numbers, lots)  # type: ignore[attr-defined]


def _add_named(order_id: UUID, numbers: dict[UUID, list[str]], lots: dict[UUID, list[tuple[str, Decimal]]]) -> None:
    rows = NamedGoods.objects.filter(reference_type="order", reference_id=order_id).order_by("pk")
    for variant, number, code, units in rows.values_list("variant_id", "serial__number", "lot__code", "units"):
        if number:
            numbers[variant].append(number)
        else:
            lots[variant].append((code, units))


def _share(
    variant_id: UUID | None,
    units: Decimal,
    numbers: dict[UUID, list[str]],
    lots: dict[UUID, list[tuple[str, Decimal]]],
) -> list[str]:
    """What so many units of a variant are told apart by; it is taken from what is there."""
    if variant_id is None:
        return []
    mine, numbers[variant_id] = _split(numbers[variant_id], int(units))
    told = [f"Serial no. {number}" for number in mine]
    return told or [_told(code, part) for code, part in _taken(lots[variant_id], units)]


def _moved_by(order: Order) -> Q:
    """The movements of the order, of its fulfilments and of its changes."""
    causes: dict[str, list[UUID]] = {"order": [order.pk]}
    if order.kind == Order.Kind.SALE:
        causes["fulfilment"] = list(order.fulfilments.values_list("pk", flat=True))
        causes["order_change"] = causes["change_undone"] = list(order.changes.values_list("pk", flat=True))
    wanted = Q(pk__in=[])
    for kind, ids in causes.items():
        if ids:
            wanted |= Q(movement__reference_type=kind, movement__reference_id__in=ids)
    return wanted & Q(movement__kind__in=MOVED)


def _numbers(moved: Q, *, is_back: bool) -> dict[UUID, list[str]]:
    """Per variant the pieces that left and were not taken back by a change; of a refund those that came back."""
    found: dict[UUID, dict[str, None]] = defaultdict(dict)
    rows = MovementSerial.objects.filter(moved).order_by("pk")
    for variant, number, state in rows.values_list("serial__variant_id", "serial__number", "state"):
        if is_back or state == Serial.State.SOLD:
            found[variant][number] = None
        else:
            found[variant].pop(number, None)
    return defaultdict(list, {variant: list(numbers) for variant, numbers in found.items()})


def _lots(moved: Q) -> dict[UUID, list[tuple[str, Decimal]]]:
    """Per variant how much of which lot moved in all, the earliest first."""
    found: dict[UUID, list[tuple[str, Decimal]]] = defaultdict(list)
    rows = MovementLot.objects.filter(moved).order_by("lot__created_at", "lot__pk")
    for variant, code, units in rows.values_list("lot__variant_id", "lot__code").annotate(units=Sum("delta")):
        if units:
            found[variant].append((code, abs(units)))
    return found


def _split(numbers: list[str], most: int) -> tuple[list[str], list[str]]:
    return numbers[:most], numbers[most:]


def _taken(lots: list[tuple[str, Decimal]], units: Decimal) -> Iterator[tuple[str, Decimal]]:
    """So much of the lots, which are emptied by it."""
    while lots and units > 0:
        code, there = lots.pop(0)
        part = min(there, units)
        units -= part
        if there > part:
            lots.insert(0, (code, there - part))
        yield code, part


def _told(code: str, units: Decimal) -> str:
    return f"Lot {code}" if units == 1 else f"Lot {code} × {plain_decimal(units)}"
