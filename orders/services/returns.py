"""Goods come back: at the price, discount and tax of their sale, in as many pieces as the customer likes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, NotFound, ReusedIdentifier, fault, refuse
from core.events import DomainEvent
from core.locations.models import Location
from core.locations.selectors import active_location
from core.money import plain_amount, plain_decimal
from core.retry import with_locks
from core.tenancy.context import current_tenant
from inventory.models import StockMovement
from inventory.services.ledger import move_stock
from orders.errors import PriceChanged
from orders.events import OrderRefunded
from orders.models import Order, OrderLine, Payment
from orders.permissions import REFUND, VIEW_ORDERS
from orders.selectors.axes import bump, returned_of, updated
from orders.selectors.ways import ways_of
from orders.services.basket import Tender
from orders.services.cards_sold import cards_in
from orders.services.drawers import Drawer, check_cash_has_drawer, check_register, enter_drawer, settle_drawer
from orders.services.goods_back import changes_of, left_with
from orders.services.money_back import give_to_accounts, money_back, refunded_events
from orders.services.papers import new_document, same_request
from orders.services.pieces_back import NO_PIECES, PiecesBack, pieces_back
from orders.services.points import part_back
from orders.services.refund_limits import is_beyond_limits, let_back
from orders.tax import share_of, to_give_back

Disposition = OrderLine.Disposition
MOST_LINES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    """So much of a line of the sale (by its ``position``) comes back, and where it goes.

    ``serials`` are the pieces that come back, of goods with serial numbers: one per unit.
    """

    position: int
    quantity: Decimal
    disposition: str = Disposition.RESTOCK.value
    serials: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What comes back. ``refund_id`` is the client's and makes repeats harmless.

    ``payments`` None: all by one way (``by_method``), or by the ways in which it was paid. ``location_id`` None: where
    it was sold. ``occurred_at`` None: now; another time is that of a fact which is known late. ``needs_drawer``: cash
    must name the register it leaves, where the place has any. ``paid_out_because``: the payments are what was given
    back, whatever it comes to; the difference stands apart with this reason. ``may_wait_for_shift`` as in a sale.
    """

    refund_id: UUID
    order_id: UUID
    lines: Sequence[ReturnLine]
    reason: str
    payments: Sequence[Tender] | None = None
    by_method: str = ""
    register_id: UUID | None = None
    location_id: UUID | None = None
    approval_id: UUID | None = None
    expected_total: Decimal | None = None
    needs_drawer: bool = False
    occurred_at: datetime | None = None
    paid_out_because: str = ""
    may_wait_for_shift: bool = False

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try; the approval that was needed for it is no content."""
        lines = [
            [
                line.position,
                line.quantity.normalize(),
                line.disposition,
                *([list(line.serials)] if line.serials else []),
            ]
            for line in self.lines
        ]
        paid = None if self.payments is None else [[x.method, x.amount.normalize(), x.reference] for x in self.payments]
        return fingerprint(
            [self.order_id, lines, self.reason, paid, self.by_method, self.location_id, self.register_id]
        )


@dataclass(frozen=True, slots=True)
class Refunded:
    """The refund with its rows, and whether this call made it."""

    order: Order
    is_new: bool
    lines: Sequence[OrderLine]
    payments: Sequence[Payment]


def return_goods(wanted: Return, *, actor: Actor) -> Refunded:
    """Take goods back and give the money back, in one transaction; a repeat answers the refund it made.

    Raises:
        Forbidden: the actor takes nothing back at this location.
        ApprovalNeeded, ApprovalRefused: it is late, more than the shop lets the actor give back alone, or money for
            what a gift card or store credit paid.
        NotFound: there is no such sale here.
        Invalid: a line is wrong, or more of it comes back than is left, or the pieces that come back are not those
            that were sold; every such line is named.
        Conflict: it is no completed sale.
        NoOpenShift: the register named has no open shift.
        GiftCardUsed: a gift card that was sold with it was used.
        PriceChanged: ``expected_total`` is not what is to be given back.
        WrongPayment: the payments do not come to it.
        ReusedIdentifier: the id belongs to something else.
    """
    try:
        return with_locks(lambda: _commit(wanted, actor))
    except IntegrityError as conflict:
        raise ReusedIdentifier("This id, or one of a payment, belongs to something else.") from conflict


@transaction.atomic
def _commit(wanted: Return, actor: Actor) -> Refunded:
    sale = locked_sale(wanted.order_id, actor)
    stored = Order.objects.filter(pk=wanted.refund_id).first()
    if stored is not None:
        told = "This id belongs to an order with other content."
        same_request(stored, actor=actor, request_hash=wanted.hash(), told=told)
        return Refunded(stored, False, list(stored.lines.all()), list(stored.payments.all()))
    place = active_location(wanted.location_id or sale.location_id)
    actor.require(REFUND, at=place.pk)
    draft = draft_of(wanted, sale, place, actor)
    stated = wanted.payments
    if stated is None and wanted.by_method:
        rest = draft.due - draft.by_points
        stated = [Tender(method=wanted.by_method, amount=rest)] if rest else []
    drawer = through_drawer(draft.order, or_next=wanted.may_wait_for_shift)
    back = money_back(draft.order, sale, draft.due, stated, actor=actor, by_points=draft.by_points)
    must_be_allowed(draft, wanted, beyond=back.beyond, actor=actor)
    payments = back.payments
    if wanted.needs_drawer:
        check_cash_has_drawer(payments, location_id=place.pk, register_id=wanted.register_id)
    return book(draft, payments, drawer, actor)


def through_drawer(order: Order, *, or_next: bool = False) -> Drawer | None:
    """Let a document go through the open drawer of its register, if it names one: before it is written."""
    if order.register_id is None:
        return None
    check_register(order.register_id, location_id=order.location_id)
    drawer = enter_drawer(order.register_id, when=order.occurred_at, or_next=or_next)
    drawer.stamp(order, ())
    return drawer


def locked_sale(order_id: UUID, actor: Actor) -> Order:
    """A completed sale that the actor may see, its row locked: what was returned of it cannot change meanwhile."""
    rows = Order.objects.select_for_update(of=("self",), no_key=True).filter(pk=order_id)
    sale = rows.select_related("location").first()
    if sale is None or not actor.may(VIEW_ORDERS, at=sale.location_id):
        raise NotFound("There is no such order.")
    check_completed(sale)
    return sale


def check_completed(sale: Order) -> None:
    """Raise `Conflict` for what is no completed sale: nothing of it can come back."""
    if sale.kind != Order.Kind.SALE or sale.state != Order.State.COMPLETED:
        raise Conflict(f"Only a completed sale can be returned; this {sale.kind} is {sale.state}.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A refund as computed under the lock of its sale, not written. ``due`` is to be given back: zero or more;
    ``by_points`` of it as points. ``pieces`` are those with serial numbers that come back.
    """

    sale: Order
    order: Order
    lines: list[OrderLine]
    due: Decimal
    by_points: Decimal
    pieces: PiecesBack = NO_PIECES


def draft_of(wanted: Return, sale: Order, place: Location, actor: Actor) -> Draft:
    """What a return comes to, against what is left of the sale by now, with the pieces that come back."""
    draft = worked_out(wanted, sale, place, actor)
    due = draft.due
    if wanted.expected_total is not None and wanted.expected_total != due:
        told = {name: plain_amount(x, sale.currency) for name, x in (("due", due), ("expected", wanted.expected_total))}
        raise PriceChanged(f"{told['due']} is to be given back, not {told['expected']}.", details=told)
    origins = {line.position: line for line in sale.lines.all()}
    pieces = pieces_back(wanted.lines, origins, causes=left_with(sale, besides=wanted.refund_id))
    return replace(draft, pieces=pieces)


def must_be_allowed(draft: Draft, wanted: Return, *, beyond: Decimal, actor: Actor) -> None:
    """Ask for an approval of what is late, large, or (``beyond``) money for what a gift card or store credit paid."""
    sale, place, due = draft.sale, draft.order.location, draft.due
    if beyond or is_beyond_limits(sale, place, due):
        let_back(sale, due, document_id=wanted.refund_id, at=place.pk, approval_id=wanted.approval_id, actor=actor)


def worked_out(wanted: Return, sale: Order, place: Location, actor: Actor) -> Draft:
    """What a return comes to, against what is left of the sale by now. Reads only."""
    origins = {line.position: line for line in sale.lines.all()}
    back = returned_of(sale.pk)
    _check(wanted, origins, back)
    lines = [
        _line(place_, each, origins[each.position], back, sale) for place_, each in enumerate(wanted.lines, start=1)
    ]
    when = wanted.occurred_at or datetime.now(UTC)
    order = new_document(
        order_id=wanted.refund_id,
        request_hash=wanted.hash(),
        location=place,
        lines=lines,
        actor=actor,
        when=when,
        like=sale,
        kind=Order.Kind.REFUND,
        channel=Order.Channel.COUNTER if sale.channel == Order.Channel.HISTORY else sale.channel,
        customer_id=sale.customer_id,
        refund_of=sale,
        register_id=wanted.register_id,
        note=wanted.reason[:300],
    )
    is_last = all(
        back.get(line.pk, Decimal(0))
        + sum((x.quantity for x in wanted.lines if x.position == line.position), Decimal(0))
        >= line.quantity
        for line in origins.values()
    )
    documents = sale.refunds.exclude(state=Order.State.VOIDED)
    paid_back = -sum((x.payable for x in documents), Decimal(0))
    due = _due(order, sale, paid_back, is_last=is_last, by_cash=only_cash(wanted, sale))
    order.cash_rounding = -due - order.total
    if wanted.paid_out_because and wanted.payments is not None:
        paid = sum((tender.amount for tender in wanted.payments), Decimal(0))
        order.payment_difference, due = due - paid, paid
        order.difference_reason = wanted.paid_out_because[:200] if order.payment_difference else ""
    return Draft(sale, order, lines, due, part_back(sale, paid_back, due))


def _check(wanted: Return, origins: Mapping[int, OrderLine], back: Mapping[int, Decimal]) -> None:
    errors = []
    if not wanted.lines or len(wanted.lines) > MOST_LINES:
        errors.append(fault("/lines", "length", f"Between 1 and {MOST_LINES} lines."))
    seen: set[int] = set()
    for place, line in enumerate(wanted.lines):
        origin = origins.get(line.position)
        if origin is None or line.position in seen:
            detail = "There is no such line in this sale." if origin is None else "This line stands here twice."
            errors.append(fault(f"/lines/{place}/position", "unknown" if origin is None else "twice", detail))
            continue
        seen.add(line.position)
        left = origin.quantity - back.get(origin.pk, Decimal(0))
        if not 0 < line.quantity <= left:
            detail = f"Between 0 and {plain_decimal(max(left, Decimal(0)))} can come back."
            errors.append(fault(f"/lines/{place}/quantity", "too-many" if line.quantity > 0 else "positive", detail))
        elif origin.gift_card_id is not None and line.quantity != origin.quantity:
            errors.append(fault(f"/lines/{place}/quantity", "whole", "A gift card comes back whole."))
        if line.disposition not in Disposition.values:
            errors.append(fault(f"/lines/{place}/disposition", "unknown", "Nobody knows this place."))
    if not wanted.reason.strip():
        errors.append(fault("/reason", "required", "Say why it comes back."))
    refuse(*errors)


def _line(place: int, wanted: ReturnLine, origin: OrderLine, back: Mapping[int, Decimal], sale: Order) -> OrderLine:
    share = share_of(
        origin,
        back.get(origin.pk, Decimal(0)),
        wanted.quantity,
        currency=sale.currency,
        rounding=sale.rounding,  # type: ignore[arg-type]
    )
    nothing_came = wanted.disposition == Disposition.NONE
    return OrderLine(
        position=place,
        kind=origin.kind,
        gift_card_id=origin.gift_card_id,
        variant_id=origin.variant_id,
        sku=origin.sku,
        code=origin.code,
        name=origin.name,
        quantity=-share.quantity,
        unit_price=origin.unit_price,
        list_price=origin.list_price,
        discount=-share.discount,
        tax_rate=origin.tax_rate,
        net=-share.net,
        tax=-share.tax,
        total=-share.total,
        # Goods that did not come back were sold for less, not un-sold: their cost stays spent.
        unit_cost=Decimal(0) if nothing_came and origin.unit_cost is not None else origin.unit_cost,
        is_stocked=origin.is_stocked,
        origin=origin,
        disposition=wanted.disposition,
        tax_parts=[{**part, "amount": str(-Decimal(part["amount"]))} for part in share.tax_parts],
    )


def only_cash(wanted: Return, sale: Order) -> bool:
    """Whether all that goes back goes back in cash; what an exchange had paid goes back as its goods were paid."""
    if wanted.payments is None and wanted.by_method:
        return wanted.by_method == Payment.Method.CASH
    methods = {x.method for x in (sale.payments.all() if wanted.payments is None else wanted.payments)}
    if Payment.Method.EXCHANGE in methods:
        methods = methods - {Payment.Method.EXCHANGE} | {method for method, _ in ways_of(sale).came}
    return methods == {Payment.Method.CASH}


def _due(order: Order, sale: Order, paid_back: Decimal, *, is_last: bool, by_cash: bool) -> Decimal:
    return to_give_back(
        -order.total,
        left=sale.payable - paid_back,
        is_last=is_last,
        currency=sale.currency,
        cash_step=current_tenant().cash_step if by_cash else None,
    )


def book(draft: Draft, payments: Sequence[Payment], drawer: Drawer | None, actor: Actor) -> Refunded:
    """Write a refund: its own rows, the sale's version, audit and events, and the stock rows last."""
    order, sale = draft.order, draft.sale
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(draft.lines)
    Payment.objects.bulk_create(payments)
    bump(sale)
    amended = settle_drawer(drawer, order, actor=actor)
    record(
        AuditEntry.Action.REFUND,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={"refund_of": (None, sale.number), "total": (None, order.total), "reason": (None, order.note)},
    )
    give_to_accounts(payments, actor=actor, sale=sale, document=order, cards=cards_in(draft.lines))
    move_stock(
        deltas=changes_of(
            draft.lines, order.location_id, back_from=left_with(sale, besides=order.pk), pieces=draft.pieces
        ),
        kind=StockMovement.Kind.REFUND,
        reference_type="order",
        reference_id=order.pk,
        actor=actor,
        occurred_at=order.occurred_at,
        may_refuse=False,
        reason=order.note,
        told_before=[*_told(order, sale, payments), updated(sale), *amended],
    )
    return Refunded(order, True, draft.lines, payments)


def _told(order: Order, sale: Order, payments: Sequence[Payment]) -> list[DomainEvent]:
    return [
        OrderRefunded(
            order_id=order.pk,
            version=order.version,
            number=order.number,
            refund_of=sale.pk,
            location_id=order.location_id,
            currency=order.currency,
            total=order.total,
            tax_total=order.tax_total,
            items=order.items,
            lines=order.line_count,
            business_date=order.business_date,
        ),
        *refunded_events(payments, order),
    ]
