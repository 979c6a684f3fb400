"""Which pieces and lots the lines of a document were of, read from the ledger of stock."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum

from core.money import plain_decimal
from inventory.models import MovementLot, MovementSerial, Serial, StockMovement, Variant
from orders.models import Order, OrderLine

MOVED = (StockMovement.Kind.SALE, StockMovement.Kind.REFUND, StockMovement.Kind.EDIT)
"""What a document moves. A void is none of them: its receipt goes on saying what was sold."""


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
    numbers = _numbers(moved, is_back=order.kind == Order.Kind.REFUND)
    lots = _lots(moved)
    for line in lines:
        if line.variant_id not in kinds:
            continue
        units = abs(line.quantity)
        if kinds[line.variant_id] == Variant.Tracking.SERIAL:
            mine, numbers[line.variant_id] = _split(numbers[line.variant_id], int(units))
            line.pieces = [f"Serial no. {number}" for number in mine]
        else:
            line.pieces = [_told(code, part) for code, part in _taken(lots[line.variant_id], units)]


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
