"""What a sale says of goods told apart and set aside, in the words of the ledger."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Invalid, fault, refuse
from inventory.models import Lot, Variant
from inventory.services.ledger import Change, Key
from inventory.services.naming import Named
from inventory.services.reservations import sell_reserved
from orders.models import OrderLine
from orders.permissions import SELL_EXPIRED
from orders.services.approvals import allowed, approval_for
from orders.services.basket import Sale


def goods_of(
    sale: Sale, lines: Sequence[OrderLine], deltas: Mapping[Key, Decimal], *, may_refuse: bool
) -> Mapping[Key, Decimal | Change]:
    """What leaves, with the lots and pieces the lines name and the reservations the sale takes up.

    Belongs in the sale's transaction, after its own row and before `move_stock`: reservations end here.

    Raises:
        Invalid: a line names a lot that there is not.
        ReservationOver: a reservation does not hold any more, and the sale is a wish.
    """
    lots: dict[UUID, dict[UUID, Decimal]] = {}
    serials: dict[UUID, list[str]] = {}
    named = _lots_named(sale, lines)
    for place, (said, line) in enumerate(zip(sale.lines, lines, strict=False)):
        if line.variant_id is None:
            continue
        if said.lot:
            parts = lots.setdefault(line.variant_id, {})
            parts[named[place]] = parts.get(named[place], Decimal(0)) - line.quantity
        serials.setdefault(line.variant_id, []).extend(said.serials)
    reserved = sell_reserved(
        sale.reservations,
        location_id=sale.location_id,
        reference_type="order",
        reference_id=sale.order_id,
        must_all=may_refuse,
    )
    if stray := reserved.keys() - {variant for variant, _ in deltas}:
        error = {"pointer": "/reservations", "code": "not-sold", "detail": "A reservation is for goods not sold here."}
        raise Invalid(error["detail"], details={"errors": [error], "variants": [str(one) for one in sorted(stray)]})
    return {
        key: Change(
            on_hand=delta,
            reserved=reserved.get(key[0], Decimal(0)),
            lots=tuple(lots.get(key[0], {}).items()),
            serials=tuple(serials.get(key[0], ())),
            any_lot=sale.accept_expired,
        )
        for key, delta in deltas.items()
    }


def check_named(sale: Sale, lines: Sequence[OrderLine]) -> None:
    """Refuse pieces and lots that an order for later cannot name: each by its pointer. Reads only."""
    tracking = dict(
        Variant.objects.filter(pk__in=[x.variant_id for x in lines if x.variant_id]).values_list("pk", "tracking")
    )
    errors, seen = [], set[tuple[UUID | None, str]]()
    for place, (said, line) in enumerate(zip(sale.lines, lines, strict=False)):
        how = tracking.get(line.variant_id) if line.variant_id else None
        if said.lot and how != Variant.Tracking.LOT:
            errors.append(fault(f"/lines/{place}/lot", "not-tracked", "This article has no lots."))
        if said.serials and how != Variant.Tracking.SERIAL:
            errors.append(fault(f"/lines/{place}/serials", "not-tracked", "This article has no serial numbers."))
        elif len(said.serials) > line.quantity:
            errors.append(fault(f"/lines/{place}/serials", "too-many", "More pieces than units."))
        if len(seen | {(line.variant_id, one) for one in said.serials}) < len(seen) + len(said.serials):
            errors.append(fault(f"/lines/{place}/serials", "twice", "A piece is named twice."))
        seen |= {(line.variant_id, one) for one in said.serials}
    refuse(*errors)


def named_in(sale: Sale, lines: Sequence[OrderLine]) -> Named:
    """The pieces and lots that the lines of an order for later name."""
    serials: dict[UUID, list[str]] = {}
    lots: dict[tuple[UUID, str], Decimal] = {}
    pointers: dict[tuple[UUID, str], str] = {}
    for place, (said, line) in enumerate(zip(sale.lines, lines, strict=False)):
        if line.variant_id is None:
            continue
        if said.lot:
            key = (line.variant_id, said.lot)
            lots[key] = lots.get(key, Decimal(0)) + line.quantity
            pointers.setdefault(key, f"/lines/{place}/lot")
        if said.serials:
            serials.setdefault(line.variant_id, []).extend(said.serials)
            pointers |= {(line.variant_id, number): f"/lines/{place}/serials" for number in said.serials}
    return Named(serials, lots, pointers)


def let_expired_go(
    order_id: UUID, number: str, *, location_id: UUID, approval_ids: Sequence[UUID], actor: Actor
) -> None:
    """Let goods of expired lots leave for an order, in its transaction: by who may, or with somebody's approval.

    The audit log says who sold and who let them. Raises `ApprovalNeeded`, `ApprovalRefused`.
    """
    approval = allowed(
        actor,
        SELL_EXPIRED,
        at=location_id,
        approval_id=approval_for(SELL_EXPIRED, approval_ids),
        act=("order", order_id),
    )
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="order",
        object_id=order_id,
        object_label=number,
        changes={"expired_lots": (None, f"let go by {approval.approved_by_label if approval else actor.label}")},
    )


def _lots_named(sale: Sale, lines: Sequence[OrderLine]) -> dict[int, UUID]:
    """The lot of each line that names one; no query where none does."""
    wanted = {place: line.lot for place, line in enumerate(sale.lines) if line.lot}
    if not wanted:
        return {}
    rows = Lot.objects.filter(code__in=set(wanted.values()), variant__in=[line.variant_id for line in lines])
    known = {(row.variant_id, row.code): row.pk for row in rows}
    errors = [
        {"pointer": f"/lines/{place}/lot", "code": "unknown", "detail": f"There is no lot {code}."}
        for place, code in wanted.items()
        if (lines[place].variant_id, code) not in known
    ]
    refuse(*errors)
    return {place: known[variant, code] for place, code in wanted.items() if (variant := lines[place].variant_id)}
