"""What the lines of a sale are and cost today."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.errors import Invalid
from core.tenancy.context import current_tenant
from inventory.selectors import CodeTarget, ForSale, for_sale, targets_of
from orders.models import OrderLine
from orders.permissions import CHANGE_PRICE
from orders.services.basket import BasketLine, Sale
from orders.tax import line_amounts

MOST_MONEY = Decimal(10) ** 12
MOST_UNITS = Decimal(10) ** 9


def price_lines(sale: Sale, actor: Actor) -> list[OrderLine]:
    """The lines of a sale with today's names, prices, taxes and costs; one query, or two where codes are named.

    Raises:
        Invalid: a line names nothing that is for sale, or comes to too much; every such line is listed.
        Forbidden: the actor may not sell at another price than the listed one.
    """
    targets = targets_of({line.code for line in sale.lines if line.variant_id is None})
    wanted = [_target(line, targets) for line in sale.lines]
    known = for_sale({variant_id for variant_id, _ in wanted if variant_id}, location_id=sale.location_id)
    errors, lines = [], []
    for place, (line, (variant_id, units)) in enumerate(zip(sale.lines, wanted, strict=True)):
        variant = known.get(variant_id) if variant_id else None
        if variant is None:
            name, what = ("variant", "This is") if line.variant_id else ("code", "What carries this code is")
            detail = f"{what} not for sale (any more)."
            errors.append({"pointer": f"/lines/{place}/{name}", "code": "unknown", "detail": detail})
            continue
        if units is None:
            detail = "So many packs come to a part of a unit that we cannot keep."
            errors.append({"pointer": f"/lines/{place}/quantity", "code": "places", "detail": detail})
            continue
        if units > MOST_UNITS:
            errors.append({"pointer": f"/lines/{place}/quantity", "code": "too-large", "detail": "Nobody has so many."})
            continue
        made = _line(line, variant, units)
        if made.unit_price != variant.unit_price:
            actor.require(CHANGE_PRICE, at=sale.location_id)
        if abs(made.total) >= MOST_MONEY:
            errors.append({"pointer": f"/lines/{place}", "code": "too-large", "detail": "This amount is too large."})
        made.position = place + 1
        lines.append(made)
    if not errors and sum((line.total for line in lines), Decimal(0)) >= MOST_MONEY:
        errors.append({"pointer": "/lines", "code": "too-large", "detail": "This amount is too large."})
    if errors:
        raise Invalid(errors[0]["detail"], details={"errors": errors})
    return lines


def _target(line: BasketLine, targets: Mapping[str, CodeTarget]) -> tuple[UUID | None, Decimal | None]:
    """The variant of a line, and how many units of it; None where there is no such thing."""
    if line.variant_id is not None:
        return line.variant_id, line.quantity
    target = targets.get(line.code)
    return (target.variant_id, target.units(line.quantity)) if target else (None, None)


def _line(wanted: BasketLine, variant: ForSale, quantity: Decimal) -> OrderLine:
    tenant = current_tenant()
    price = variant.unit_price if wanted.unit_price is None else wanted.unit_price
    amounts = line_amounts(
        quantity=quantity,
        unit_price=price,
        rate=variant.tax_rate,
        inclusive=tenant.prices_include_tax,
        currency=tenant.currency,
        rounding=tenant.rounding,  # type: ignore[arg-type]
    )
    return OrderLine(
        variant_id=variant.id,
        sku=variant.sku,
        code=wanted.code[:80],
        name=variant.title[:250],
        quantity=quantity,
        unit_price=price,
        list_price=variant.unit_price,
        tax_rate=variant.tax_rate,
        net=amounts.net,
        tax=amounts.tax,
        total=amounts.total,
        unit_cost=variant.unit_cost,
        is_stocked=variant.is_stocked,
    )
