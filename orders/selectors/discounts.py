"""Read discounts and coupons: lists for people, rules for the evaluation."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from core.db.prepared import prepared_cursor
from core.errors import NotFound
from orders.discounting import Rule
from orders.discounting.rules import conditions_of
from orders.models import Coupon, Customer, Discount
from orders.tax.rounding import QUANTITY_PLACES, whole

RUNNING = """
    SELECT id, name, kind, scope, value, buy_quantity, get_quantity, stacking, needs_coupon, starts_at, ends_at,
           conditions::text
    FROM orders_discount
    WHERE is_active AND (id = ANY(%(opened)s::uuid[]) OR (
        NOT needs_coupon AND (starts_at IS NULL OR starts_at <= %(at)s) AND (ends_at IS NULL OR ends_at > %(at)s)))
    ORDER BY position, name, id
"""
ABOVE = """
    WITH RECURSIVE above (id, up) AS (
        SELECT id, id FROM inventory_category WHERE id = ANY(%s)
        UNION SELECT above.id, category.parent_id
        FROM above JOIN inventory_category AS category ON category.id = above.up WHERE category.parent_id IS NOT NULL
    ) SELECT id, up FROM above
"""


def running_rules(at: datetime, opened: Collection[UUID] = ()) -> list[Rule]:
    """The discounts that hold at an instant, in declared order, and those that coupons open: one query of a sale."""
    with prepared_cursor() as cursor:
        cursor.execute(RUNNING, {"at": at, "opened": list(opened)})
        return [_rule(row[:-1], json.loads(row[-1])) for row in cursor.fetchall()]


def rule_of(discount: Discount) -> Rule:
    """A discount, saved or not, as the evaluation takes it."""
    return _rule([getattr(discount, name) for name in _FACTS], discount.conditions)


_FACTS = (
    "pk", "name", "kind", "scope", "value", "buy_quantity", "get_quantity", "stacking", "needs_coupon", "starts_at",
    "ends_at",
)  # fmt: skip


def _rule(facts: Sequence[Any], conditions: dict[str, Any]) -> Rule:
    """``facts`` as `_FACTS` and the statement name them."""
    pk, name, kind, scope, value, buy, get, stacking, needs_coupon, starts_at, ends_at = facts
    return Rule(
        id=str(pk),
        name=name,
        kind=kind,
        scope=scope,
        value=whole(value),
        buy=whole(buy, QUANTITY_PLACES) if buy else 0,
        get=whole(get, QUANTITY_PLACES) if get else 0,
        stacking=stacking,
        needs_coupon=needs_coupon,
        starts_at=starts_at,
        ends_at=ends_at,
        **conditions_of(conditions),
    )


def shelves_above(categories: Iterable[UUID | None]) -> dict[UUID, frozenset[str]]:
    """For each category itself and all above it, as texts."""
    wanted = list({category for category in categories if category is not None})
    found: dict[UUID, set[str]] = {category: set() for category in wanted}
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(ABOVE, [wanted])
            for category, above in cursor.fetchall():
                found[category].add(str(above))
    return {category: frozenset(above) for category, above in found.items()}


def groups_of_customer(customer_id: UUID | None) -> frozenset[UUID]:
    """The groups of a customer. Raises `NotFound` for an unknown one."""
    if customer_id is None:
        return frozenset()
    rows = list(Customer.objects.filter(pk=customer_id).values_list("groups", flat=True))
    if not rows:
        raise NotFound("There is no such customer.", details={"customer": str(customer_id)})
    return frozenset(group for group in rows if group is not None)


def coupons_by_code(codes: Collection[str]) -> dict[str, Coupon]:
    """Coupons with their discounts, by code in capitals."""
    rows = Coupon.objects.select_related("discount").filter(code__in=codes) if codes else []
    return {coupon.code: coupon for coupon in rows}


def discounts(*, q: str = "", is_active: bool | None = None) -> QuerySet[Discount]:
    """Discounts with how many coupons each has."""
    rows = Discount.objects.annotate(coupon_count=Count("coupons"))
    if q := q.strip():
        rows = rows.filter(Q(name__icontains=q) | Q(coupons__code=q.upper()))
    return rows if is_active is None else rows.filter(is_active=is_active)


def find_discount(discount_id: UUID) -> Discount:
    """A discount. Raises `NotFound`."""
    found = Discount.objects.filter(pk=discount_id).first()
    if found is None:
        raise NotFound("There is no such discount.")
    return found


def coupons(*, discount_id: UUID | None = None, q: str = "", is_active: bool | None = None) -> QuerySet[Coupon]:
    """Coupons with their discounts."""
    wanted: dict[str, Any] = {
        "discount_id": discount_id,
        "code__startswith": q.strip().upper() or None,
        "is_active": is_active,
    }
    rows = Coupon.objects.select_related("discount")
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def find_coupon(coupon_id: UUID) -> Coupon:
    """A coupon. Raises `NotFound`."""
    found = Coupon.objects.select_related("discount").filter(pk=coupon_id).first()
    if found is None:
        raise NotFound("There is no such coupon.")
    return found


def uses_by_customer(coupons_used: Sequence[Coupon], customer_id: UUID) -> dict[UUID, int]:
    """How often a customer has used each coupon, those given back left out."""
    rows = Coupon.objects.filter(pk__in=[coupon.pk for coupon in coupons_used]).annotate(
        count=Count("uses", filter=Q(uses__customer=customer_id, uses__given_back_at__isnull=True))
    )
    return {row.pk: row.count for row in rows}  # type: ignore[attr-defined]
