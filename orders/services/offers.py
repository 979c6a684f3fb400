"""What a basket is reduced by: the running discounts, the coupons shown, what was given by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.money import Rounding, plain_amount, plain_decimal
from core.tenancy.context import current_tenant
from inventory.selectors import ForSale
from orders.discounting import Basket, Item, Manual, Outcome, Reason, Rule, evaluate, in_words
from orders.discounting.evaluate import LINE_BY_HAND, ORDER_BY_HAND
from orders.models import Coupon
from orders.selectors.discounts import coupons_by_code, running_rules, shelves_above, uses_by_customer
from orders.services.basket import GivenDiscount, Sale
from orders.tax.rounding import QUANTITY_PLACES, amount_of, step_of, whole

MOST_COUPONS = 10
BY_HAND = "By hand"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a discount (with its coupon's code, if it has one) reduced nothing."""

    discount_id: UUID | None
    name: str
    coupon: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Reduced:
    """What the lines of a basket are reduced by. ``used``: the coupons that gave something."""

    saved: list[Decimal]
    traces: list[list[dict[str, Any]]]
    discounts: list[dict[str, Any]]
    used: list[Coupon]
    why_not: list[WhyNot]


@dataclass(frozen=True, slots=True)
class _Coupons:
    """Which coupons may be used, by rule, and why the others may not."""

    opened: dict[str, Coupon] = field(default_factory=dict)
    refused: list[WhyNot] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A line of the basket as it is known by now; ``label_price`` is what a label of it says, if that is charged."""

    variant: ForSale
    quantity: Decimal
    unit_price: Decimal
    given: GivenDiscount | None
    label_price: Decimal | None = None


def reductions(
    sale: Sale, taken: Sequence[Taken], *, when: datetime, groups: frozenset[UUID], draft: Rule | None = None
) -> Reduced:
    """What reduces a basket: one query for the running discounts, more only where coupons or categories need them.

    ``draft`` is a discount nobody has saved yet, tried out as if it were running.
    """
    tenant = current_tenant()
    coupons = _coupons(sale, when)
    rules = running_rules(when, [coupon.discount_id for coupon in coupons.opened.values()])
    opened = {rule: coupon.code for rule, coupon in coupons.opened.items()}
    if draft is not None:
        rules = [*(rule for rule in rules if rule.id != draft.id), draft]
        opened.setdefault(draft.id, "")
    if not rules and sale.discount is None and not any(line.given for line in taken):
        return Reduced([Decimal(0)] * len(taken), [[] for _ in taken], [], [], coupons.refused)
    above = shelves_above(line.variant.category_id for line in taken) if any(x.categories for x in rules) else {}
    basket = Basket(
        items=tuple(_item(line, above) for line in taken),
        location=str(sale.location_id),
        channel=sale.channel,
        when=when,
        groups=frozenset(map(str, groups)),
        opened=opened,
        manual=_manual(sale.discount),
    )
    rounding: Rounding = tenant.rounding  # type: ignore[assignment]
    outcome = evaluate(basket, rules, step=step_of(tenant.currency, rounding), rounding=rounding)
    return _told(sale, outcome, {rule.id: rule for rule in rules}, coupons)


def _item(line: Taken, above: Mapping[UUID, frozenset[str]]) -> Item:
    variant = line.variant
    return Item(
        variant=str(variant.id),
        quantity=whole(line.quantity, QUANTITY_PLACES),
        unit_price=whole(line.unit_price),
        categories=above.get(variant.category_id, frozenset()) if variant.category_id else frozenset(),
        brand=str(variant.brand_id or ""),
        manual=_manual(line.given),
    )


def _manual(given: GivenDiscount | None) -> Manual | None:
    return None if given is None else Manual(given.kind, whole(given.value))


def _coupons(sale: Sale, when: datetime) -> _Coupons:
    """Look at every coupon that was shown, once each however it is written."""
    if not sale.coupons:
        return _Coupons()
    made = _Coupons()
    codes = list(dict.fromkeys(code.strip().upper() for code in sale.coupons))
    known = coupons_by_code(codes)
    limited = [coupon for coupon in known.values() if coupon.max_per_customer is not None]
    uses = uses_by_customer(limited, sale.customer_id) if limited and sale.customer_id else {}
    for code in codes:
        coupon = known.get(code)
        reason = _refusal(coupon, sale, when, uses)
        if coupon is not None and not reason and str(coupon.discount_id) in made.opened:
            reason = "twice"
        if coupon is None or reason:
            name, discount_id = (coupon.discount.name, coupon.discount_id) if coupon else ("", None)
            made.refused.append(WhyNot(discount_id, name, code[:40], reason, in_words(reason)))
        else:
            made.opened[str(coupon.discount_id)] = coupon
    return made


def _refusal(coupon: Coupon | None, sale: Sale, when: datetime, uses: Mapping[UUID, int]) -> str:
    """The code of the reason why a coupon may not be used at all, or nothing."""
    if coupon is None:
        return "unknown"
    if not (coupon.is_active and coupon.discount.is_active):
        return "inactive"
    if coupon.expires_at is not None and when >= coupon.expires_at:
        return "expired"
    if coupon.max_uses is not None and coupon.used >= coupon.max_uses:
        return "used-up"
    if coupon.max_per_customer is not None:
        if sale.customer_id is None:
            return "needs-customer"
        if uses.get(coupon.pk, 0) >= coupon.max_per_customer:
            return "used-by-customer"
    return ""


def _told(sale: Sale, outcome: Outcome, rules: Mapping[str, Rule], coupons: _Coupons) -> Reduced:
    """The outcome in the words of an order: decimals, names, coupons."""
    currency = current_tenant().currency
    sums: dict[str, int] = {}
    traces = []
    for place, steps in enumerate(outcome.lines):
        trace = []
        for source, amount in steps:
            sums[source] = sums.get(source, 0) + amount
            label = _label(source, rules, coupons, sale.lines[place].discount, sale.discount)
            trace.append({"step": "discount", **label, "amount": plain_amount(-amount_of(amount), currency)})
        traces.append(trace)
    discounts = [
        {**_label(source, rules, coupons, None, sale.discount), "amount": plain_amount(amount_of(amount), currency)}
        for source, amount in sums.items()
    ]
    why_not = [
        *coupons.refused,
        *(_why_not(rules[rule], reason, rules, coupons) for rule, reason in outcome.reasons.items()),
    ]
    return Reduced(
        [amount_of(outcome.saved(place)) for place in range(len(outcome.lines))],
        traces,
        discounts,
        [coupon for rule, coupon in coupons.opened.items() if rule in sums],
        why_not,
    )


def _label(
    source: str,
    rules: Mapping[str, Rule],
    coupons: _Coupons,
    of_line: GivenDiscount | None,
    of_order: GivenDiscount | None,
) -> dict[str, Any]:
    if source in (LINE_BY_HAND, ORDER_BY_HAND):
        given = of_line if source == LINE_BY_HAND else of_order
        return {"by_hand": source, "name": BY_HAND, "reason": given.reason if given else ""}
    coupon = coupons.opened.get(source)
    return {"id": source, "name": rules[source].name, "coupon": coupon.code if coupon else ""}


def _why_not(rule: Rule, reason: Reason, rules: Mapping[str, Rule], coupons: _Coupons) -> WhyNot:
    coupon = coupons.opened.get(rule.id)
    tenant = current_tenant()

    def number(value: int) -> str:
        if reason.code == "least-total":
            return f"{plain_amount(amount_of(value), tenant.currency)} {tenant.currency}"
        return plain_decimal(Decimal(value).scaleb(-QUANTITY_PLACES))

    other = rules[reason.other].name if reason.other in rules else ""
    detail = in_words(reason.code, need=number(reason.need), have=number(reason.have), other=other)
    return WhyNot(UUID(rule.id), rule.name, coupon.code if coupon else "", reason.code, detail)
