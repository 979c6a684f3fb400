"""Goods come back and nobody can say with which sale they went: store credit, at the lowest price they had lately.

Nobody gets more than the goods could have been bought for in that time, no cash, and no points: those that such a
purchase earns today are taken back. Tax is today's: there is no sale whose tax could be undone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound, ReusedIdentifier, fault, refuse
from core.events import DomainEvent
from core.locations.models import Location
from core.locations.selectors import active_location, business_date
from core.money import plain_amount, plain_decimal
from core.retry import with_locks
from core.tenancy.context import current_tenant
from inventory.models import StockMovement, Variant
from inventory.selectors import ForSale, PriceTerms, for_sale, targets_of
from inventory.selectors.prices import lowest_prices
from inventory.services.ledger import move_stock
from orders.errors import NoReceiptRefused, PriceChanged
from orders.events import OrderRefunded
from orders.models import CreditAccount, Customer, Order, OrderLine, Payment, SellingPolicy
from orders.permissions import REFUND_BEYOND, RETURN_WITHOUT_RECEIPT
from orders.selectors.policy import policy
from orders.services.approvals import allowed
from orders.services.credit import account_for, give, lock_accounts
from orders.services.drawers import settle_drawer
from orders.services.goods_back import changes_of
from orders.services.money_back import refunded_events, row
from orders.services.papers import new_document, same_request
from orders.services.points import take_back_earned
from orders.services.pricing import MOST_UNITS, tax_parts_from
from orders.services.returns import MOST_LINES, Refunded, through_drawer
from orders.tax import Goods, LineAmounts, Terms, document_amounts

Disposition = OrderLine.Disposition
NoReceipt = SellingPolicy.NoReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseLine:
    """So much of an article comes back, named by variant or code, and where it goes."""

    quantity: Decimal
    variant_id: UUID | None = None
    code: str = ""
    disposition: str = Disposition.RESTOCK.value


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseReturn:
    """What comes back without a receipt. ``refund_id`` is the client's and makes repeats harmless."""

    refund_id: UUID
    customer_id: UUID
    location_id: UUID
    lines: Sequence[LooseLine]
    reason: str
    register_id: UUID | None = None
    approval_id: UUID | None = None
    expected_total: Decimal | None = None

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        lines = [[x.variant_id, x.code, x.quantity.normalize(), x.disposition] for x in self.lines]
        return fingerprint(["no-receipt", self.customer_id, self.location_id, lines, self.reason, self.register_id])


@dataclass(frozen=True, slots=True)
class Worth:
    """What goods come to without a receipt: lines with negative amounts, and the credit that is given for them.

    ``used``: what the customer got so in the running period. ``needs_approval``: somebody must approve this one.
    """

    lines: list[OrderLine]
    credit: Decimal
    used: Decimal
    needs_approval: bool


def worth_of(wanted: LooseReturn, *, actor: Actor) -> Worth:
    """What goods would come to now; nothing is booked, set aside or counted. Raises as `return_without_receipt`."""
    place, limits = _may(wanted, actor)
    lines = _lines(wanted, place, limits)
    credit = -sum((line.total for line in lines), Decimal(0))
    used = _used(wanted.customer_id, place, limits)
    return Worth(lines, credit, used, _asks(limits, credit, used))


def return_without_receipt(wanted: LooseReturn, *, actor: Actor) -> Refunded:
    """Take goods back for store credit, in one transaction; a repeat answers the refund it made.

    Raises:
        Forbidden: the actor takes nothing back without a receipt here.
        NoReceiptRefused: the shop does not do it.
        ApprovalNeeded, ApprovalRefused: the shop wants each approved, or it is more than a customer gets in a period.
        NotFound: there is no such customer, location or register.
        Invalid: a line is wrong; every such line is named.
        PriceChanged: ``expected_total`` is not what is to be given.
        NoOpenShift: the register named has no open shift.
        ReusedIdentifier: the id belongs to something else.
    """
    try:
        return with_locks(lambda: _commit(wanted, actor))
    except IntegrityError as conflict:
        raise ReusedIdentifier("This id belongs to something else.") from conflict


@transaction.atomic
def _commit(wanted: LooseReturn, actor: Actor) -> Refunded:
    customer_id = _hold(wanted.customer_id)
    stored = Order.objects.filter(pk=wanted.refund_id).first()
    if stored is not None:
        told = "This id belongs to an order with other content."
        same_request(stored, actor=actor, request_hash=wanted.hash(), told=told)
        return Refunded(stored, False, list(stored.lines.all()), list(stored.payments.all()))
    place, limits = _may(wanted, actor)
    lines = _lines(wanted, place, limits)
    order = _document(wanted, place, lines, customer_id, actor)
    credit = -order.total
    _as_expected(wanted, credit)
    drawer = through_drawer(order)
    if _asks(limits, credit, _used(customer_id, place, limits)):
        allowed(
            actor,
            REFUND_BEYOND,
            at=place.pk,
            approval_id=wanted.approval_id,
            act=("order", order.pk),
            subject=customer_id,
            amount=credit,
        )
    payments = [row(order, Payment.Method.CREDIT, -credit, actor)] if credit else []
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(lines)
    events = [
        *_settle(order, customer_id, payments, limits, actor),
        *refunded_events(payments, order),
        *settle_drawer(drawer, order, actor=actor),
    ]
    move_stock(
        deltas=changes_of(lines, place.pk),
        kind=StockMovement.Kind.REFUND,
        reference_type="order",
        reference_id=order.pk,
        actor=actor,
        occurred_at=order.occurred_at,
        may_refuse=False,
        reason=order.note,
        told_before=events,
    )
    return Refunded(order, True, lines, payments)


def _document(wanted: LooseReturn, place: Location, lines: list[OrderLine], customer_id: UUID, actor: Actor) -> Order:
    return new_document(
        order_id=wanted.refund_id,
        request_hash=wanted.hash(),
        location=place,
        lines=lines,
        actor=actor,
        when=datetime.now(UTC),
        kind=Order.Kind.REFUND,
        channel=Order.Channel.COUNTER,
        customer_id=customer_id,
        register_id=wanted.register_id,
        is_without_receipt=True,
        note=wanted.reason.strip()[:300],
    )


def _settle(
    order: Order, customer_id: UUID, payments: Sequence[Payment], limits: SellingPolicy, actor: Actor
) -> list[DomainEvent]:
    """The credit, and the points that such a purchase earns today; with what is written and told of the refund."""
    account = account_for(customer_id, CreditAccount.Kind.CREDIT).pk
    points = account_for(customer_id, CreditAccount.Kind.POINTS).pk if limits.points_per_unit else None
    for payment in payments:
        payment.account_id = account
    Payment.objects.bulk_create(payments)
    record(
        AuditEntry.Action.REFUND,
        actor=actor,
        object_type="order",
        object_id=order.pk,
        object_label=order.number,
        changes={"without_receipt": (None, True), "total": (None, order.total), "reason": (None, order.note)},
    )
    lock_accounts({account} | ({points} if points else set()))
    for payment in payments:
        give(account, -payment.amount, reference_type="payment", reference_id=payment.pk, actor=actor)
    if points:
        take_back_earned(points, -order.total, order, actor=actor)
    return [
        OrderRefunded(
            order_id=order.pk,
            version=order.version,
            number=order.number,
            refund_of=None,
            location_id=order.location_id,
            currency=order.currency,
            total=order.total,
            tax_total=order.tax_total,
            items=order.items,
            lines=order.line_count,
            business_date=order.business_date,
        )
    ]


def _hold(customer_id: UUID) -> UUID:
    """The customer's row for ourselves: of two returns at once the second sees what the first gave."""
    while True:
        customer = Customer.objects.select_for_update(of=("self",), no_key=True).filter(pk=customer_id).first()
        if customer is None:
            raise NotFound("There is no such customer.", details={"customer": str(customer_id)})
        if customer.merged_into_id is None:
            return customer_id
        customer_id = customer.merged_into_id


def _may(wanted: LooseReturn, actor: Actor) -> tuple[Location, SellingPolicy]:
    place = active_location(wanted.location_id)
    actor.require(RETURN_WITHOUT_RECEIPT, at=place.pk)
    limits = policy()
    if limits.no_receipt == NoReceipt.FORBIDDEN:
        raise NoReceiptRefused
    if not Customer.objects.filter(pk=wanted.customer_id).exists():
        raise NotFound("There is no such customer.", details={"customer": str(wanted.customer_id)})
    return place, limits


def _as_expected(wanted: LooseReturn, credit: Decimal) -> None:
    if wanted.expected_total is None or wanted.expected_total == credit:
        return
    currency = current_tenant().currency
    told = {name: plain_amount(x, currency) for name, x in (("due", credit), ("expected", wanted.expected_total))}
    raise PriceChanged(f"{told['due']} is to be given, not {told['expected']}.", details=told)


def _asks(limits: SellingPolicy, credit: Decimal, used: Decimal) -> bool:
    """Whether somebody must approve: always, or beyond what a customer gets in a period."""
    return limits.no_receipt == NoReceipt.APPROVAL or used + credit > limits.no_receipt_credit


def _used(customer_id: UUID, place: Location, limits: SellingPolicy) -> Decimal:
    """What a customer got without receipts in the running period, at any location."""
    since = business_date(datetime.now(UTC), place) - timedelta(days=limits.no_receipt_period_days)
    rows = Order.objects.filter(
        customer=customer_id, is_without_receipt=True, state=Order.State.COMPLETED, business_date__gt=since
    )
    return -(rows.aggregate(sum=Sum("total"))["sum"] or Decimal(0))


def _lines(wanted: LooseReturn, place: Location, limits: SellingPolicy) -> list[OrderLine]:
    named = units_named(wanted.lines)
    ids = {variant_id for variant_id, _ in named if variant_id}
    known = for_sale(ids, location_id=place.pk, terms=PriceTerms(channel=Order.Channel.COUNTER.value))
    tracked = set(
        Variant.objects.filter(pk__in=ids).exclude(tracking=Variant.Tracking.NONE).values_list("pk", flat=True)
    )
    _check(wanted, named, known, tracked)
    since = datetime.now(UTC) - timedelta(days=limits.no_receipt_days)
    lowest = lowest_prices(ids, since=since, location_id=place.pk)
    taken = [(known[variant_id], units) for variant_id, units in named if variant_id and units]
    prices = [min(one.unit_price, one.own_price, lowest.get(one.id, one.own_price)) for one, _ in taken]
    tenant = current_tenant()
    goods = [
        Goods(
            quantity=units,
            unit_price=price,
            rate=variant.tax_rate,
            parts=tax_parts_from(variant.tax_parts),
            discount=Decimal(0),
        )
        for (variant, units), price in zip(taken, prices, strict=True)
    ]
    terms = Terms(
        inclusive=tenant.prices_include_tax,
        currency=tenant.currency,
        rounding=tenant.rounding,  # type: ignore[arg-type]
        by_document=tenant.tax_by_document,
    )
    return [
        _line(place_, wanted.lines[place_ - 1], variant, one, amounts)
        for place_, ((variant, _), one, amounts) in enumerate(
            zip(taken, goods, document_amounts(goods, terms), strict=True), start=1
        )
    ]


class Named(Protocol):
    """A line that names goods by variant or code."""

    @property
    def variant_id(self) -> UUID | None: ...
    @property
    def code(self) -> str: ...
    @property
    def quantity(self) -> Decimal: ...


def units_named(lines: Sequence[Named]) -> list[tuple[UUID | None, Decimal | None]]:
    """The variant of each line and how many units of it; None where there is no such thing."""
    targets = targets_of({line.code for line in lines if line.variant_id is None})
    found: list[tuple[UUID | None, Decimal | None]] = []
    for line in lines:
        target = targets.get(line.code)
        if line.variant_id is not None:
            found.append((line.variant_id, line.quantity))
        else:
            found.append((target.variant_id, target.units(line.quantity)) if target else (None, None))
    return found


def _check(
    wanted: LooseReturn,
    named: Sequence[tuple[UUID | None, Decimal | None]],
    known: Mapping[UUID, ForSale],
    tracked: set[UUID],
) -> None:
    errors = []
    if not wanted.lines or len(wanted.lines) > MOST_LINES:
        errors.append(fault("/lines", "length", f"Between 1 and {MOST_LINES} lines."))
    for place, (line, (variant_id, units)) in enumerate(zip(wanted.lines, named, strict=True)):
        at = f"/lines/{place}"
        if variant_id is None or variant_id not in known:
            name = "variant" if line.variant_id else "code"
            errors.append(fault(f"{at}/{name}", "unknown", "This is not for sale (any more)."))
        elif variant_id in tracked:
            detail = "Goods with lots or serial numbers come back with their sale: look for it by the number."
            errors.append(fault(f"{at}/{'variant' if line.variant_id else 'code'}", "told-apart", detail))
        if line.quantity <= 0 or (units is not None and units > MOST_UNITS):
            errors.append(fault(f"{at}/quantity", "positive", "More than zero, and no more than there can be."))
        elif variant_id is not None and units is None:
            errors.append(fault(f"{at}/quantity", "places", "So many packs come to a part of a unit."))
        if line.disposition not in Disposition.values:
            errors.append(fault(f"{at}/disposition", "unknown", "Nobody knows this place."))
    if not wanted.reason.strip():
        errors.append(fault("/reason", "required", "Say why it comes back."))
    refuse(*errors)


def _line(place: int, wanted: LooseLine, variant: ForSale, goods: Goods, amounts: LineAmounts) -> OrderLine:
    currency = current_tenant().currency
    nothing_came = wanted.disposition == Disposition.NONE
    steps = [{"step": "listed", "amount": plain_decimal(variant.own_price, places=4)}]
    if goods.unit_price != variant.own_price:
        steps.append({"step": "lowest", "amount": plain_decimal(goods.unit_price, places=4)})
    return OrderLine(
        position=place,
        variant_id=variant.id,
        sku=variant.sku,
        code=wanted.code[:80],
        name=variant.title[:250],
        quantity=-goods.quantity,
        unit_price=goods.unit_price,
        list_price=variant.own_price,
        tax_rate=variant.tax_rate,
        net=-amounts.net,
        tax=-amounts.tax,
        total=-amounts.total,
        tax_parts=[
            {"name": part.name, "rate": plain_decimal(part.rate), "amount": plain_amount(-part.amount, currency)}
            for part in amounts.parts
            if goods.parts
        ],
        trace=steps,
        unit_cost=Decimal(0) if nothing_came and variant.unit_cost is not None else variant.unit_cost,
        is_stocked=variant.is_stocked,
        disposition=wanted.disposition,
    )
