"""What comes back to the shelf with a refund: units, cost, lots and pieces in the words of the ledger."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from inventory.services.ledger import Cause, Change
from orders.models import Order, OrderLine
from orders.services.pieces_back import PiecesBack, moved_by_changes

Disposition = OrderLine.Disposition


def left_with(sale: Order, *, besides: UUID) -> tuple[Cause, ...]:
    """By what the goods of a sale left, and by what some of them came back before: they return to their lots."""
    refunds = Order.objects.filter(refund_of=sale).exclude(pk=besides).values_list("pk", flat=True)
    sent = sale.fulfilments.values_list("pk", flat=True)
    return (
        ("order", sale.pk),
        *(("order", pk) for pk in refunds),
        *(("fulfilment", pk) for pk in sent),
        *moved_by_changes(sale),
    )


def changes_of(
    lines: Sequence[OrderLine],
    location_id: UUID,
    *,
    back_from: tuple[Cause, ...] = (),
    pieces: PiecesBack | None = None,
) -> dict[tuple[UUID, UUID], Change]:
    """What comes back on the shelf or damaged, at the cost it was sold at (their mean, where lines differ)."""
    coming: dict[UUID, list[OrderLine]] = defaultdict(list)
    for line in lines:
        if line.is_stocked and line.variant_id and line.disposition in (Disposition.RESTOCK, Disposition.DAMAGED):
            coming[line.variant_id].append(line)
    made = {}
    for variant_id, rows in coming.items():
        units = {kind: -sum((x.quantity for x in rows if x.disposition == kind), Decimal(0)) for kind in Disposition}
        costs = [(x.quantity, x.unit_cost) for x in rows if x.unit_cost is not None]
        worth, of = sum((q * c for q, c in costs), Decimal(0)), sum((q for q, _ in costs), Decimal(0))
        made[variant_id, location_id] = Change(
            on_hand=units[Disposition.RESTOCK],
            damaged=units[Disposition.DAMAGED],
            unit_cost=(worth / of).quantize(Decimal("0.0001")) if of else None,
            back_from=back_from,
            serials=pieces.all_of(variant_id) if pieces else (),
            damaged_serials=pieces.damaged_of(variant_id) if pieces else (),
        )
    return made
