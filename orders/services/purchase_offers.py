"""What a customer sells to the shop, and what is paid for it by its condition; reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.errors import fault, refuse
from core.locations.models import Location
from core.locations.selectors import business_today
from core.money import is_payable, plain_decimal, round_money
from core.tenancy.context import current_tenant
from inventory.models import StockDocument
from inventory.selectors import ForSale, PriceTerms, for_sale
from inventory.services.lines import Articles, articles_of
from inventory.services.stating import Stated, StockChange, StockLine, read_statement
from orders.models import Order, OrderLine, Payment
from orders.selectors.policy import policy
from orders.services.basket import Sale
from orders.services.pricing import MOST_UNITS
from orders.services.returns import MOST_LINES

Condition = OrderLine.Condition
LONGEST_HOLD = 90
WAYS_OUT = (Payment.Method.CASH.value, Payment.Method.CREDIT.value)
MOST_PAID = Decimal(10) ** 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyLine:
    """So much of an article in one condition. ``unit_price`` is paid for each unit; None: what is suggested.

    ``lot`` with ``expires_on``, or ``serials`` (one per unit), are for goods told apart. The label of a lot or a piece
    as ``code`` names it.
    """

    quantity: Decimal
    condition: str
    variant_id: UUID | None = None
    code: str = ""
    unit_price: Decimal | None = None
    lot: str = ""
    expires_on: date | None = None
    serials: Sequence[str] = ()

    def content(self) -> list[object]:
        """What a repeat must have in common; what was not stated of goods told apart is left out."""
        price = self.unit_price and self.unit_price.normalize()
        told = [self.lot, self.expires_on, list(self.serials)]
        stated = [self.variant_id, self.code, self.quantity.normalize(), self.condition, price]
        return [*stated, *(told if any(told) else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What a customer sells to the shop. ``purchase_id`` is the client's and makes repeats harmless.

    ``hold_days``: so long nobody can sell the goods. ``pay_by``: ``cash`` or ``credit``, for what is left after
    ``sale``, the sale of the same ticket, if there is one; its payments are what the customer pays besides.
    """

    purchase_id: UUID
    customer_id: UUID
    location_id: UUID
    lines: Sequence[BuyLine]
    pay_by: str = "credit"
    hold_days: int = 0
    register_id: UUID | None = None
    sale: Sale | None = None
    note: str = ""
    approval_id: UUID | None = None
    expected_total: Decimal | None = None

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        lines = [line.content() for line in self.lines]
        sale = [self.sale.order_id, self.sale.hash().hex()] if self.sale else None
        more = [self.pay_by, self.hold_days, self.register_id, self.note, sale]
        return fingerprint(["purchase", self.customer_id, self.location_id, lines, *more])


@dataclass(frozen=True, slots=True)
class Offer:
    """What would be paid, a positive amount, and whether somebody must approve it. ``stated``: what comes in."""

    lines: list[OrderLine]
    total: Decimal
    needs_approval: bool
    stated: list[Stated]


def work_out(wanted: Purchase, place: Location, *, actor: Actor) -> Offer:
    articles = articles_of(wanted.lines)
    named = [
        (variant_id, target.units(line.quantity) if target else line.quantity)
        for variant_id, target, line in zip(articles.variants, articles.targets, wanted.lines, strict=True)
    ]
    ids = {variant_id for variant_id, _ in named if variant_id}
    known = for_sale(ids, location_id=place.pk, terms=PriceTerms(channel=Order.Channel.COUNTER.value))
    _check(wanted, named, known)
    stated = _stated(wanted, named, articles, place, actor)
    lines, beyond, percent = [], False, shares()
    unpaid: list[dict[str, str]] = []
    for position, (line, (variant_id, units)) in enumerate(zip(wanted.lines, named, strict=True), start=1):
        assert variant_id is not None and units is not None  # `_check` has refused the others
        variant = known[variant_id]
        suggested = round_money(variant.own_price * percent[line.condition] / 100, current_tenant().currency)
        price = suggested if line.unit_price is None else line.unit_price
        if not price:
            unpaid.append(fault(f"/lines/{position - 1}/unit_price", "nothing-suggested", "Say what is paid for it."))
        beyond = beyond or price > suggested
        lines.append(_line(position, line, variant, units, price))
    refuse(*unpaid)
    return Offer(lines, -sum((line.total for line in lines), Decimal(0)), beyond, stated)


def _stated(
    wanted: Purchase,
    named: Sequence[tuple[UUID | None, Decimal | None]],
    articles: Articles,
    place: Location,
    actor: Actor,
) -> list[Stated]:
    """What comes in, told apart where the article is: read like any receipt of goods. Raises `Invalid`."""
    today = business_today(place)
    over = [
        fault(f"/lines/{at}/expires_on", "expired", "Goods that have expired are not bought.")
        for at, line in enumerate(wanted.lines)
        if line.expires_on is not None and line.expires_on < today
    ]
    refuse(*over)
    lines = []
    for line, target, (variant_id, units) in zip(wanted.lines, articles.targets, named, strict=True):
        assert units is not None  # `_check` has refused the others
        lot, serials = line.lot.strip(), tuple(line.serials)
        if target is not None and not (lot or serials):
            lot, serials = target.lot, (target.serial,) if target.serial else ()
        lines.append(
            StockLine(variant_id=variant_id, quantity=units, lot=lot, expires_on=line.expires_on, serials=serials)
        )
    change = StockChange(
        document_id=wanted.purchase_id, kind=StockDocument.Kind.RECEIPT, location_id=place.pk, lines=lines
    )
    return read_statement(change, actor=actor)


def shares() -> dict[str, Decimal]:
    """What is suggested for goods of a condition, in per cent of what they are sold for new. More takes an approval."""
    decided = policy()
    return {
        Condition.AS_NEW.value: decided.bought_as_new,
        Condition.GOOD.value: decided.bought_good,
        Condition.FAIR.value: decided.bought_fair,
        Condition.PARTS.value: decided.bought_parts,
    }


def _line(position: int, wanted: BuyLine, variant: ForSale, units: Decimal, price: Decimal) -> OrderLine:
    total = round_money(price * units, current_tenant().currency)
    return OrderLine(
        position=position,
        kind=OrderLine.Kind.BOUGHT,
        condition=wanted.condition,
        variant_id=variant.id,
        sku=variant.sku,
        code=wanted.code[:80],
        name=variant.title[:250],
        quantity=-units,
        unit_price=price,
        list_price=variant.own_price,
        net=-total,
        total=-total,
        trace=[{"step": "listed", "amount": plain_decimal(price, places=4)}],
        unit_cost=price,
        is_stocked=True,
    )


def _check(
    wanted: Purchase,
    named: Sequence[tuple[UUID | None, Decimal | None]],
    known: Mapping[UUID, ForSale],
) -> None:
    errors = []
    if not wanted.lines or len(wanted.lines) > MOST_LINES:
        errors.append(fault("/lines", "length", f"Between 1 and {MOST_LINES} lines."))
    if wanted.pay_by not in WAYS_OUT:
        errors.append(fault("/pay_by", "unknown", "In cash or as store credit."))
    if not 0 <= wanted.hold_days <= LONGEST_HOLD:
        errors.append(fault("/hold_days", "range", f"Between 0 and {LONGEST_HOLD} days."))
    for place, (line, (variant_id, units)) in enumerate(zip(wanted.lines, named, strict=True)):
        name = f"/lines/{place}/{'variant' if line.variant_id else 'code'}"
        if variant_id is None or variant_id not in known or not known[variant_id].is_stocked:
            errors.append(fault(name, "unknown", "This is nothing that the shop keeps in stock."))
        errors += _wrong_amounts(line, units, is_known=variant_id is not None, at=f"/lines/{place}")
    refuse(*errors)


def _wrong_amounts(line: BuyLine, units: Decimal | None, *, is_known: bool, at: str) -> list[dict[str, str]]:
    errors = []
    if not 0 < line.quantity <= MOST_UNITS or (units is not None and units > MOST_UNITS):
        errors.append(fault(f"{at}/quantity", "positive", "More than zero, and no more than there can be."))
    elif is_known and units is None:
        errors.append(fault(f"{at}/quantity", "places", "So many packs come to a part of a unit."))
    if line.condition not in Condition.values:
        errors.append(fault(f"{at}/condition", "unknown", "As new, good, fair or for parts."))
    price = line.unit_price
    if price is not None and not (0 < price <= MOST_PAID and is_payable(price, current_tenant().currency)):
        errors.append(fault(f"{at}/unit_price", "range", "This is nothing that can be paid."))
    return errors
