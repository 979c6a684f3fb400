"""What the lines of a sale are and cost today: names, prices, discounts, taxes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.errors import refuse
from core.money import plain_amount, plain_decimal
from core.tenancy.context import current_tenant
from inventory.selectors import CodeTarget, PriceTerms, for_sale, targets_of
from orders.discounting import Rule
from orders.models import Coupon, OrderLine
from orders.permissions import CHANGE_PRICE
from orders.selectors.discounts import groups_of_customer
from orders.services.basket import BasketLine, Sale
from orders.services.given import MOST_MONEY, ByHand, by_hand_of, check_stated
from orders.services.labels import read_labels
from orders.services.offers import Reduced, Taken, WhyNot, reductions
from orders.tax import Goods, LineAmounts, TaxPart, Terms, document_amounts, tax_parts_of

MOST_UNITS = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Priced:
    """The lines of a sale, what reduced them, and what did not."""

    lines: list[OrderLine]
    discounts: list[dict[str, Any]]
    coupons: list[Coupon]
    why_not: list[WhyNot]
    by_hand: ByHand

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal(0))


def price_lines(sale: Sale, actor: Actor, *, when: datetime, draft: Rule | None = None) -> Priced:
    """The lines of a sale as they would be sold at ``when``.

    Two queries, and one more each where codes are named, a customer is, coupons are, or discounts ask for categories.

    Raises:
        Invalid: a line names nothing that is for sale, a label that makes no price, or comes to too much; every such
            line is listed.
        NotFound: there is no such customer.
        Forbidden: the actor may not sell at another price than the one that holds.
    """
    check_stated(sale)
    groups = groups_of_customer(sale.customer_id)
    taken = _taken(sale, groups, when)
    for line, wanted in zip(taken, sale.lines, strict=True):
        if wanted.unit_price is not None and wanted.unit_price != line.variant.unit_price:
            actor.require(CHANGE_PRICE, at=sale.location_id)
    reduced = reductions(sale, taken, when=when, groups=groups, draft=draft)
    tenant = current_tenant()
    goods = [_goods(line, off) for line, off in zip(taken, reduced.saved, strict=True)]
    terms = Terms(
        inclusive=tenant.prices_include_tax,
        currency=tenant.currency,
        rounding=tenant.rounding,  # type: ignore[arg-type]
        by_document=tenant.tax_by_document,
    )
    amounts = document_amounts(goods, terms)
    lines = [
        _line(place, sale.lines[place], taken[place], goods[place], amounts[place], reduced)
        for place in range(len(taken))
    ]
    _check_sums(lines)
    return Priced(lines, reduced.discounts, reduced.used, reduced.why_not, by_hand_of(sale, lines, reduced))


def prices_for(quantities: Mapping[UUID, Decimal], sale: Sale, groups: frozenset[UUID], when: datetime) -> Any:
    """What is for sale here and now to this customer, with the price that holds: the place where prices come from."""
    terms = PriceTerms(channel=sale.channel, group_ids=groups, at=when, quantities=quantities)
    return for_sale(quantities.keys(), location_id=sale.location_id, terms=terms)


def _taken(sale: Sale, groups: frozenset[UUID], when: datetime) -> list[Taken]:
    labels = read_labels(sale)
    targets = targets_of({line.code for line in sale.lines if line.variant_id is None})
    wanted = [_target(line, targets) for line in sale.lines]
    quantities: dict[UUID, Decimal] = {}
    for place, (variant_id, units) in enumerate(wanted):
        if variant_id is not None:  # what is sold by its label makes nothing else cheaper
            more = Decimal(0) if place in labels else (units or 0)
            quantities[variant_id] = quantities.get(variant_id, Decimal(0)) + more
    known = prices_for(quantities, sale, groups, when)
    errors, taken = [], []
    for place, (line, (variant_id, units)) in enumerate(zip(sale.lines, wanted, strict=True)):
        variant = known.get(variant_id) if variant_id else None
        label = labels.get(place)
        if variant is None:
            name, what = ("variant", "This is") if line.variant_id else ("code", "What carries this code is")
            detail = f"{what} not for sale (any more)."
            errors.append({"pointer": f"/lines/{place}/{name}", "code": "unknown", "detail": detail})
        elif units is None:
            detail = "So many packs come to a part of a unit that we cannot keep."
            errors.append({"pointer": f"/lines/{place}/quantity", "code": "places", "detail": detail})
        elif units > MOST_UNITS:
            errors.append({"pointer": f"/lines/{place}/quantity", "code": "too-large", "detail": "Nobody has so many."})
        else:
            price = variant.unit_price if line.unit_price is None else line.unit_price
            one = Taken(variant=variant, quantity=units, unit_price=price, given=line.discount)
            if label is not None:
                one = replace(one, quantity=label.units, unit_price=label.unit_price, label_price=label.price)
            taken.append(one)
    refuse(*errors)
    return taken


def _target(line: BasketLine, targets: Mapping[str, CodeTarget]) -> tuple[UUID | None, Decimal | None]:
    """The variant of a line, and how many units of it; None where there is no such thing."""
    if line.variant_id is not None:
        return line.variant_id, line.quantity
    target = targets.get(line.code)
    return (target.variant_id, target.units(line.quantity)) if target else (None, None)


@lru_cache(maxsize=256)
def tax_parts_from(stored: str) -> tuple[TaxPart, ...]:
    """The taxes of a variant from the JSON that `ForSale` carries."""
    return tax_parts_of(json.loads(stored))


def _goods(line: Taken, discount: Decimal) -> Goods:
    return Goods(
        quantity=line.quantity,
        unit_price=line.unit_price,
        rate=line.variant.tax_rate,
        parts=tax_parts_from(line.variant.tax_parts),
        discount=discount,
    )


def _line(
    place: int, wanted: BasketLine, taken: Taken, goods: Goods, amounts: LineAmounts, reduced: Reduced
) -> OrderLine:
    variant, currency = taken.variant, current_tenant().currency
    parts = [
        {"name": part.name, "rate": plain_decimal(part.rate), "amount": plain_amount(part.amount, currency)}
        for part in amounts.parts
        if goods.parts
    ]
    return OrderLine(
        position=place + 1,
        variant_id=variant.id,
        sku=variant.sku,
        code=(wanted.label or wanted.code)[:80],
        name=variant.title[:250],
        quantity=taken.quantity,
        unit_price=taken.unit_price,
        list_price=variant.own_price,
        discount=goods.discount,
        tax_rate=variant.tax_rate,
        net=amounts.net,
        tax=amounts.tax,
        total=amounts.total,
        tax_parts=parts,
        trace=[*_price_steps(wanted, taken), *reduced.traces[place]],
        unit_cost=variant.unit_cost,
        is_stocked=variant.is_stocked,
    )


def _price_steps(wanted: BasketLine, taken: Taken) -> list[dict[str, str]]:
    """Where the price of one unit comes from: the catalogue, a price list, somebody's hand."""
    variant = taken.variant
    steps = [{"step": "listed", "amount": plain_decimal(variant.own_price, places=4)}]
    if variant.price_list is not None:
        steps.append(
            {"step": "price-list", "name": variant.price_list, "amount": plain_decimal(variant.unit_price, places=4)}
        )
    if taken.label_price is not None:
        steps.append({"step": "label", "name": wanted.label, "amount": plain_decimal(taken.label_price, places=4)})
    if wanted.unit_price is not None and wanted.unit_price != variant.unit_price:
        steps.append({"step": "by-hand", "amount": plain_decimal(wanted.unit_price, places=4)})
    return steps


def _check_sums(lines: Sequence[OrderLine]) -> None:
    errors = [
        {"pointer": f"/lines/{place}", "code": "too-large", "detail": "This amount is too large."}
        for place, line in enumerate(lines)
        if abs(line.total) >= MOST_MONEY
    ]
    if not errors and sum((line.total for line in lines), Decimal(0)) >= MOST_MONEY:
        errors = [{"pointer": "/lines", "code": "too-large", "detail": "This amount is too large."}]
    refuse(*errors)
