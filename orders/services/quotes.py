"""What a basket would come to, and why: nothing is sold, set aside or counted."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.actors import Actor
from core.locations.selectors import active_location
from core.tenancy.context import current_tenant
from orders.discounting import Rule
from orders.errors import ApprovalNeeded
from orders.models import OrderLine
from orders.permissions import SELL, TAKE_ORDERS
from orders.services.basket import Sale
from orders.services.cards_sold import card_lines
from orders.services.checkout import check_sale
from orders.services.given import check_given
from orders.services.offers import WhyNot
from orders.services.pricing import price_lines
from orders.tax import cash_difference


@dataclass(frozen=True, slots=True)
class Quote:
    """A basket with its sums. ``cash_total`` is what is due when all is paid in cash.

    ``needs_approval``: more is taken off by hand than the actor may allow.
    """

    lines: list[OrderLine]
    currency: str
    prices_include_tax: bool
    discounts: list[dict[str, Any]]
    coupons: list[str]
    why_not: list[WhyNot]
    needs_approval: bool

    @property
    def subtotal(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def discount_total(self) -> Decimal:
        return sum((line.discount for line in self.lines), Decimal(0))

    @property
    def tax_total(self) -> Decimal:
        return sum((line.tax for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal(0))

    @property
    def cash_total(self) -> Decimal:
        return self.total + cash_difference(self.total, current_tenant().cash_step)


def quote(sale: Sale, *, actor: Actor, draft: Rule | None = None) -> Quote:
    """What the lines of a sale come to now (or at ``occurred_at``); its payments do not matter.

    ``draft`` is a discount nobody has saved yet, tried out as if it were running and its coupon were shown.

    Raises:
        Forbidden: the actor may neither sell nor take orders here, or not at such a price.
        Invalid, NotFound: a line, price, time, customer or location is wrong; every wrong line is named.
    """
    if not actor.may(TAKE_ORDERS, at=sale.location_id):
        actor.require(SELL, at=sale.location_id)
    active_location(sale.location_id)
    now = datetime.now(UTC)
    when = sale.occurred_at or now
    check_sale(sale, now=now, when=when)
    priced = price_lines(sale, actor, when=when, draft=draft)
    try:
        needs_approval = check_given(sale, priced.by_hand, actor)
    except ApprovalNeeded:
        needs_approval = True
    tenant = current_tenant()
    return Quote(
        lines=[*priced.lines, *card_lines(sale.gift_cards, after=len(priced.lines))],
        currency=tenant.currency,
        prices_include_tax=tenant.prices_include_tax,
        discounts=priced.discounts,
        coupons=[coupon.code for coupon in priced.coupons],
        why_not=priced.why_not,
        needs_approval=needs_approval,
    )
