"""What the goods on a device refer to: taxes, price lists, discounts and the rest, as tables with a mark each.

A device names the marks of the tables it has and is told those that are different. No customer's data is in them:
of customers only their ids and the groups that prices depend on.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actors import Actor
from core.events import plain
from core.locations.models import Location
from core.money import plain_decimal
from inventory.models import Category, EmbeddedCodeRule, PriceList, StockPolicy, TaxClass
from inventory.permissions import MOVE_STOCK
from inventory.reading import PROBLEMS
from inventory.selectors.codes import CURRENCY_NUMBERS
from inventory.selectors.transfers import under_way_to
from orders.discounting.words import WORDS
from orders.models import Coupon, Customer, CustomerGroup, Discount, Register
from orders.permissions import SELL, VIEW_CUSTOMERS
from orders.selectors.best_sellers import best_sellers
from orders.selectors.policy import away_limits, policy
from orders.selectors.terms import shop_terms

MOST_COUPONS = 2_000
"""Coupons that a device keeps; any other is looked up by the server."""
MOST_MEMBERS = 20_000
"""Customers with prices of their own that a device keeps."""
MOST_FAVOURITES = 24

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows, and the mark by which a device says that it has them."""

    rows: Rows
    mark: str


def tables_for(actor: Actor, location_id: UUID) -> dict[str, Table]:
    """The tables that this actor's device keeps at a location. Discounts and coupons are for those who sell there."""
    wanted: dict[str, Callable[[UUID], Rows]] = {
        "terms": _terms,
        "taxes": _taxes,
        "categories": _categories,
        "lists": _lists,
        "rules": _rules,
        "groups": _groups,
        "words": _words,
    }
    if actor.may(MOVE_STOCK, at=location_id):
        wanted["arrivals"] = under_way_to
    if actor.may(SELL, at=location_id):
        wanted |= {
            "discounts": _discounts,
            "coupons": _coupons,
            "registers": _registers,
            "favourites": _favourites,
        }
        if actor.may(VIEW_CUSTOMERS):
            wanted["members"] = _members
    return {name: _table(read(location_id)) for name, read in wanted.items()}


def _table(rows: Rows) -> Table:
    told: Rows = plain(rows)
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return Table(told, blake2s(text.encode(), digest_size=8).hexdigest())


def _terms(location_id: UUID) -> Rows:
    terms = shop_terms()
    place, limits = Location.objects.get(pk=location_id), policy()
    more = {
        "currency_number": CURRENCY_NUMBERS.get(terms["currency"], ""),
        "discount_percent": plain_decimal(limits.discount_percent),
        "refund_amount": None if limits.refund_amount is None else plain_decimal(limits.refund_amount),
        "return_days": limits.return_days,
        "away": away_limits(limits),
        "sells_below_zero": place.sells_below_zero,
        "notes_corrections": _notes_corrections(),
    }
    return [{**terms, **more}]


def _notes_corrections() -> bool:
    """Whether corrections above some value need a note: a device asks for one always, as it knows no values."""
    return StockPolicy.objects.filter(note_above__isnull=False).exists()


def _taxes(_: UUID) -> Rows:
    rows = TaxClass.objects.order_by("pk")
    return [{"id": row.pk, "name": row.name, "rate": plain_decimal(row.rate), "parts": row.parts} for row in rows]


def _categories(_: UUID) -> Rows:
    rows = Category.objects.order_by("position", "name", "pk")
    return [{"id": row.pk, "name": row.name, "parent": row.parent_id} for row in rows]


def _lists(location_id: UUID) -> Rows:
    rows = PriceList.objects.filter(Q(location=None) | Q(location=location_id), _not_over()).order_by("pk")
    return [
        {
            "id": row.pk,
            "name": row.name,
            "channel": row.channel,
            "group": row.customer_group_id,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "priority": row.priority,
            "is_active": row.is_active,
        }
        for row in rows
    ]


def _rules(_: UUID) -> Rows:
    rows = EmbeddedCodeRule.objects.filter(is_active=True).order_by("position", "name", "pk")
    charge = EmbeddedCodeRule.PriceDoes.CHARGE
    return [
        {"name": row.name, "pattern": row.pattern, "decimals": row.decimals, "charges": row.price_does == charge}
        for row in rows
    ]


def _groups(_: UUID) -> Rows:
    return [{"id": row.pk, "name": row.name} for row in CustomerGroup.objects.order_by("name", "pk")]


def _words(_: UUID) -> Rows:
    """What a device says where the server would: why a discount did nothing, what is wrong with a code."""
    reasons = [{"code": f"why:{code}", "text": words} for code, words in WORDS.items()]
    return reasons + [{"code": f"scan:{code}", "text": words} for code, words in PROBLEMS.items()]


def _favourites(location_id: UUID) -> Rows:
    """What is rung up there most, best first."""
    return [{"id": pk} for pk in best_sellers(location_id, count=MOST_FAVOURITES)]


def _discounts(_: UUID) -> Rows:
    """In the order in which they are looked at."""
    return [
        {
            "id": row.pk,
            "name": row.name,
            "kind": row.kind,
            "scope": row.scope,
            "value": plain_decimal(row.value),
            "buy": None if row.buy_quantity is None else plain_decimal(row.buy_quantity),
            "get": None if row.get_quantity is None else plain_decimal(row.get_quantity),
            "conditions": row.conditions,
            "stacking": row.stacking,
            "needs_coupon": row.needs_coupon,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
        }
        for row in _discounts_in_use()
    ]


def _coupons(_: UUID) -> Rows:
    """Those that may be used any number of times: how often one was used only the server knows."""
    rows = Coupon.objects.filter(
        is_active=True, max_uses=None, max_per_customer=None, discount__in=_discounts_in_use().order_by()
    ).exclude(expires_at__lte=datetime.now(UTC))
    return [
        {"code": row.code, "discount": row.discount_id, "expires_at": row.expires_at}
        for row in rows.order_by("code")[:MOST_COUPONS]
    ]


def _registers(location_id: UUID) -> Rows:
    rows = Register.objects.filter(location=location_id, is_active=True).order_by("name")
    return [{"id": row.pk, "name": row.name} for row in rows]


def _members(location_id: UUID) -> Rows:
    """Customers with the groups that a price list or a discount asks for."""
    matter = {UUID(group) for row in _discounts_in_use() for group in row.conditions.get("groups", ())}
    lists = PriceList.objects.filter(Q(location=None) | Q(location=location_id), _not_over())
    matter |= {row for row in lists.values_list("customer_group_id", flat=True) if row}
    found: dict[UUID, list[UUID]] = {}
    members = Customer.groups.through.objects.filter(customergroup__in=matter)
    pairs = members.order_by("customer", "customergroup").values_list("customer", "customergroup")
    for customer, group in pairs[:MOST_MEMBERS]:
        found.setdefault(customer, []).append(group)
    return [{"id": customer, "groups": groups} for customer, groups in found.items()]


def _discounts_in_use() -> QuerySet[Discount]:
    return Discount.objects.filter(_not_over(), is_active=True).order_by("position", "name", "pk")


def _not_over() -> Q:
    return Q(ends_at=None) | Q(ends_at__gt=datetime.now(UTC))
