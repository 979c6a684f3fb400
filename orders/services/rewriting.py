"""What the lines of a placed order would be after some actions: by the order's own rules of tax and rounding."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.errors import fault, refuse
from core.events import plain
from core.money import round_money
from orders.models import Order, OrderLine
from orders.permissions import CHANGE_PRICE
from orders.services.basket import BasketLine, Sale
from orders.services.pricing import MOST_UNITS, price_lines
from orders.tax import Goods, Terms, document_amounts, tax_parts_of

MOST_ACTIONS = 200
MOST_MONEY = Decimal(10) ** 12
KEPT = (
    "position",
    "kind",
    "gift_card_id",
    "variant_id",
    "sku",
    "code",
    "name",
    "quantity",
    "unit_price",
    "list_price",
    "discount",
    "tax_rate",
    "net",
    "tax",
    "total",
    "unit_cost",
    "is_stocked",
    "tax_parts",
    "trace",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step: ``add`` (variant or code, quantity), ``remove``, ``quantity`` or ``price`` of a line by position."""

    kind: str
    position: int | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    variant_id: UUID | None = None
    code: str = ""

    def plain(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: plain(value.normalize() if isinstance(value, Decimal) else value)
            for name, value in values.items()
            if value not in (None, "")
        }


def kept(line: OrderLine) -> dict[str, Any]:
    """A line as JSON keeps it."""
    return {name: plain(getattr(line, name)) for name in KEPT}


def restored(stored: Mapping[str, Any]) -> OrderLine:
    """The line that `kept` has kept, not saved."""
    line = OrderLine()
    for name in (name for name in KEPT if name in stored):  # older changes know fewer columns
        column: Any = OrderLine._meta.get_field(name.removesuffix("_id"))
        setattr(line, name, column.to_python(stored[name]))
    return line


def new_lines(order: Order, lines: Sequence[OrderLine], actions: Sequence[Action], actor: Actor) -> list[OrderLine]:
    """Copies of the lines as they would be, by position.

    Raises:
        Invalid: an action cannot be done; every one is named.
        Forbidden: the actor may not sell at another price than the one that holds.
    """
    rows = {line.position: copy(line) for line in lines}
    changed: set[int] = set()
    errors = []
    if not actions or len(actions) > MOST_ACTIONS:
        errors.append(fault("/actions", "length", f"Between 1 and {MOST_ACTIONS} actions."))
    for place, action in enumerate(actions[:MOST_ACTIONS]):
        problem = _apply(action, rows, changed, order, actor, f"/actions/{place}")
        errors += [problem] if problem else []
    refuse(*errors)
    if not rows:
        refuse(fault("/actions", "empty", "An order keeps one line at least. Void it, or take the goods back."))
    made = [rows[position] for position in sorted(rows)]
    _price(order, made, changed)
    if any(abs(line.total) >= MOST_MONEY for line in made):
        refuse(fault("/actions", "too-large", "This amount is too large."))
    return made


def _apply(
    action: Action, rows: dict[int, OrderLine], changed: set[int], order: Order, actor: Actor, pointer: str
) -> dict[str, str] | None:
    if action.kind == "add":
        return _add(action, rows, changed, order, actor, pointer)
    line = rows.get(action.position or 0)
    if line is None:
        return fault(f"{pointer}/position", "unknown", "There is no such line (any more).")
    if line.gift_card_id is not None:
        return fault(f"{pointer}/position", "gift-card", "A gift card that was sold comes back, or stays as it is.")
    if action.kind == "remove":
        del rows[line.position]
        return None
    if action.kind == "quantity":
        if action.quantity is None or not 0 < action.quantity <= MOST_UNITS:
            return fault(f"{pointer}/quantity", "positive", "More than zero; remove the line instead.")
        line.discount = round_money(line.discount * action.quantity / line.quantity, order.currency)
        line.quantity = action.quantity
    elif action.kind == "price":
        if action.unit_price is None or action.unit_price < 0:
            return fault(f"{pointer}/unit_price", "required", "Name the price.")
        if action.unit_price != line.unit_price:
            actor.require(CHANGE_PRICE, at=order.location_id)
        line.unit_price = action.unit_price
    else:
        return fault(f"{pointer}/kind", "unknown", "Nobody knows this action.")
    changed.add(line.position)
    return None


def _add(
    action: Action, rows: dict[int, OrderLine], changed: set[int], order: Order, actor: Actor, pointer: str
) -> dict[str, str] | None:
    if action.quantity is None or action.quantity <= 0:
        return fault(f"{pointer}/quantity", "positive", "More than zero.")
    wanted = BasketLine(
        variant_id=action.variant_id, code=action.code, quantity=action.quantity, unit_price=action.unit_price
    )
    sale = Sale(order_id=order.pk, location_id=order.location_id, lines=[wanted], payments=())
    line = price_lines(sale, actor, when=datetime.now(UTC)).lines[0]
    line.position = max(rows, default=0) + 1
    rows[line.position] = line
    changed.add(line.position)
    return None


def _price(order: Order, rows: Sequence[OrderLine], changed: set[int]) -> None:
    """Amounts of the lines that changed; of all of them where tax is rounded once per document."""
    lines = [line for line in rows if line.kind == OrderLine.Kind.GOODS]
    rounding: Any = order.rounding
    terms = Terms(
        inclusive=order.prices_include_tax,
        currency=order.currency,
        rounding=rounding,
        by_document=order.tax_by_document,
    )
    for line in lines:
        line.discount = min(line.discount, round_money(line.quantity * line.unit_price, order.currency))
    goods = [
        Goods(
            quantity=line.quantity,
            unit_price=line.unit_price,
            rate=line.tax_rate,
            parts=tax_parts_of(line.tax_parts),
            discount=line.discount,
        )
        for line in lines
    ]
    for line, amounts in zip(lines, document_amounts(goods, terms), strict=True):
        if line.position not in changed and not order.tax_by_document:
            continue
        line.net, line.tax, line.total = amounts.net, amounts.tax, amounts.total
        line.tax_parts = [
            {**stored, "amount": f"{part.amount:f}"}
            for stored, part in zip(line.tax_parts, amounts.parts, strict=False)
        ]
