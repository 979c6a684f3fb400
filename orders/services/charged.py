"""A sale as a customer was charged for it while the server was away: amounts that are facts, whatever we would say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.errors import fault, refuse
from core.events import plain
from core.money import plain_amount, plain_decimal
from core.tenancy.context import current_tenant
from inventory.models import Variant
from inventory.selectors import targets_of
from orders.models import OrderLine
from orders.services.basket import Sale
from orders.services.given import MOST_MONEY

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedLine:
    """A line as the till showed and printed it. ``quantity`` None: as the sale states it."""

    variant_id: UUID | None
    sku: str
    title: str
    quantity: Decimal | None
    unit_price: Decimal
    tax_rate: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    tax_parts: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """The lines of a sale, in its order, and what they came to."""

    lines: Sequence[ChargedLine]
    total: Decimal
    cash_rounding: Decimal


def check_adds_up(sale: Sale, charged: Charged) -> None:
    """Raise `Invalid` where what was charged is no sum: then it cannot be a sale, and nobody knows what it was."""
    errors = []
    if len(charged.lines) != len(sale.lines):
        errors.append(fault("/as_sold/lines", "count", "As many lines as the sale has."))
    if not sale.lines and not sale.gift_cards:
        errors.append(fault("/order/lines", "empty", "There is nothing in the basket."))
    for place, line in enumerate(charged.lines):
        quantity = line.quantity if line.quantity is not None else sale.lines[min(place, len(sale.lines) - 1)].quantity
        if line.net + line.tax != line.total:
            errors.append(fault(f"/as_sold/lines/{place}/total", "sum", "Net and tax do not come to the total."))
        if quantity <= 0 or line.discount < 0 or line.total < 0 or line.total >= MOST_MONEY:
            errors.append(fault(f"/as_sold/lines/{place}", "range", "Quantity and amounts of a sale are positive."))
    cards = sum((card.amount for card in sale.gift_cards), NOTHING)
    if sum((line.total for line in charged.lines), cards) != charged.total:
        errors.append(fault("/as_sold/total", "sum", "The lines do not come to the total."))
    paid = sum((tender.amount for tender in sale.payments), NOTHING)
    if paid != charged.total + charged.cash_rounding:
        errors.append(fault("/order/payments", "sum", "The payments do not come to the total."))
    most = max(Decimal(1), current_tenant().cash_step or NOTHING)
    if abs(charged.cash_rounding) >= most or charged.total >= MOST_MONEY:
        errors.append(fault("/as_sold/cash_rounding", "range", "Nobody rounds that much."))
    refuse(*errors)


def variants_of(sale: Sale, charged: Charged) -> list[Variant | None]:
    """What each line sold, also what is not for sale any more; None for what this shop has never had."""
    targets = targets_of({line.code for line in sale.lines if line.variant_id is None})
    ids = [
        said.variant_id or line.variant_id or (targets[said.code].variant_id if said.code in targets else None)
        for said, line in zip(sale.lines, charged.lines, strict=True)
    ]
    known = Variant.objects.select_related("product").in_bulk([pk for pk in ids if pk is not None])
    return [known.get(pk) if pk is not None else None for pk in ids]


def lines_as_charged(
    sale: Sale, charged: Charged, variants: Sequence[Variant | None], ours: Sequence[OrderLine] = ()
) -> list[OrderLine]:
    """The lines of the order, at the prices, discounts and taxes of that moment.

    ``ours`` are the lines as the server would have them: a label or a pack says its units there.
    """
    known: list[Decimal | None] = [line.quantity for line in ours] or [None] * len(charged.lines)
    return [
        _line(place, sale, line, variants[place], known[place] if line.quantity is None else line.quantity)
        for place, line in enumerate(charged.lines)
    ]


def _line(place: int, sale: Sale, line: ChargedLine, variant: Variant | None, quantity: Decimal | None) -> OrderLine:
    said, currency = sale.lines[place], current_tenant().currency
    trace: list[dict[str, Any]] = [{"step": "charged", "amount": plain_decimal(line.unit_price, places=4)}]
    if line.discount:
        trace.append({"step": "discount", "name": AS_CHARGED, "amount": plain_amount(-line.discount, currency)})
    return OrderLine(
        position=place + 1,
        variant=variant,
        sku=(variant.sku if variant else line.sku)[:64],
        code=(said.label or said.code)[:80],
        name=(line.title or (variant.title if variant else said.code))[:250],
        quantity=said.quantity if quantity is None else quantity,
        unit_price=line.unit_price,
        list_price=variant.unit_price if variant else line.unit_price,
        discount=line.discount,
        tax_rate=line.tax_rate,
        net=line.net,
        tax=line.tax,
        total=line.total,
        tax_parts=[dict(part) for part in line.tax_parts],
        trace=trace,
        unit_cost=variant.unit_cost if variant else None,
        is_stocked=bool(variant and variant.is_stocked),
    )


OWN = ("unit_price", "list_price", "discount", "tax_rate", "net", "tax", "total", "tax_parts", "trace")


def own_prices(ours: Sequence[OrderLine]) -> list[dict[str, Any]]:
    """The lines as the shop would have charged them, as JSON keeps them: for who gives back the difference."""
    return [{name: plain(getattr(line, name)) for name in ("position", "quantity", *OWN)} for line in ours]


AS_CHARGED = "As charged by the till"


def differs(ours: Sequence[OrderLine], charged: Charged) -> bool:
    """Whether the server would have charged something else for any line."""
    return any(
        (mine.unit_price, mine.discount, mine.tax_rate, mine.net, mine.tax, mine.total)
        != (theirs.unit_price, theirs.discount, theirs.tax_rate, theirs.net, theirs.tax, theirs.total)
        or (theirs.quantity is not None and mine.quantity != theirs.quantity)
        for mine, theirs in zip(ours, charged.lines, strict=True)
    )


def discounts_of(charged: Charged) -> list[dict[str, Any]]:
    """What stands on the order where nobody knows which discounts they were."""
    amount = sum((line.discount for line in charged.lines), NOTHING)
    return [{"name": AS_CHARGED, "amount": plain_amount(amount, current_tenant().currency)}] if amount else []
