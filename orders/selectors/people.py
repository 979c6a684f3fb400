"""Everything that happened with a customer, on one line of time, and what it comes to."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.selectors import changes_in_words
from core.errors import Invalid
from orders.metrics_base import COMPLETED, ORDERS, REVENUE, SALE, SALES
from orders.models import Consent, CreditAccount, CreditEntry, Customer, CustomerMerge, OrderLine
from orders.permissions import VIEW_ORDERS
from orders.selectors import visible_orders

MOST_ENTRIES = 200
FAVOURITES = 5
MONTHS = 36


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. ``amount`` is money of ``currency``, or points where that is blank."""

    at: datetime
    kind: str
    key: str
    title: str
    detail: str = ""
    amount: Decimal | None = None
    currency: str = ""
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A month and what was spent in it, refunds taken off."""

    first: date
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Favourite:
    """An article a customer comes back for."""

    name: str
    product_id: UUID | None
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """What a customer comes to, over the completed orders the actor may see; the formulas are the shop's own."""

    visits: int
    spent: Decimal
    average: Decimal | None
    last_visit: datetime | None


def figures_of(customer: Customer, *, actor: Actor) -> Figures:
    """Visits, money, average sale and last visit: one query."""
    rows = visible_orders(actor=actor, customer=customer.pk).filter(COMPLETED)
    sums = rows.aggregate(visits=ORDERS, spent=REVENUE, sales=SALES, last=Max("occurred_at", filter=SALE))
    average = sums["sales"] / sums["visits"] if sums["visits"] else None
    return Figures(sums["visits"], sums["spent"], average, sums["last"])


def months_of(customer: Customer, *, actor: Actor) -> list[Month]:
    """The last months from and to one with a document, oldest first, those without any between: one query."""
    rows = visible_orders(actor=actor, customer=customer.pk).filter(COMPLETED).order_by()
    by_month = rows.annotate(month=TruncMonth("business_date")).values("month").annotate(revenue=REVENUE)
    spent = {row["month"]: row["revenue"] for row in by_month.order_by("-month")[:MONTHS]}
    if not spent:
        return []
    first, last = ((month.year * 12 + month.month - 1) for month in (min(spent), max(spent)))
    whole = [date(number // 12, number % 12 + 1, 1) for number in range(max(first, last - MONTHS + 1), last + 1)]
    return [Month(month, spent.get(month, Decimal(0))) for month in whole]


def favourites_of(customer: Customer, *, actor: Actor) -> list[Favourite]:
    """What they bought most of, by units kept: one query."""
    orders = visible_orders(actor=actor, customer=customer.pk).filter(COMPLETED).order_by()
    lines = OrderLine.objects.filter(order__in=orders, variant__isnull=False, is_stocked=True).order_by()
    ranked = lines.values("variant_id", "variant__product_id").annotate(name=Max("name"), units=Sum("quantity"))
    found = ranked.filter(units__gt=0).order_by("-units", "variant_id")[:FAVOURITES]
    return [Favourite(row["name"], row["variant__product_id"], row["units"]) for row in found]


def balances_of(customer: Customer) -> dict[str, Decimal]:
    """What the shop owes a customer, by kind of account: one query."""
    rows = CreditAccount.objects.filter(customer=customer).order_by().values("kind").annotate(sum=Sum("balance"))
    return {row["kind"]: row["sum"] for row in rows}


def timeline_of(
    customer: Customer, *, actor: Actor, cursor: str = "", limit: int = 50
) -> tuple[list[Happening], str | None]:
    """Everything that happened with a customer, newest first, and the cursor of the next page (None at the end).

    As many queries as there are sources, however long the history is. Orders are those the actor may see.

    Raises:
        Invalid: the cursor is none of ours.
    """
    place = _decode(cursor) if cursor else None
    found: list[Happening] = []
    for kind, time, rows, told in _sources(customer, actor):
        beyond = rows if place is None else rows.filter(_older(kind, time, place))
        found += [told(row) for row in beyond.order_by(f"-{time}", "-pk")[: limit + 1]]
    found.sort(key=lambda one: (one.at, one.kind, _rank(one.key)), reverse=True)
    if len(found) <= limit:
        return found, None
    return found[:limit], _encode(found[limit - 1])


Source = tuple[str, str, QuerySet[Any], Callable[[Any], Happening]]


def _sources(customer: Customer, actor: Actor) -> list[Source]:
    audit = AuditEntry.objects.filter(object_type="customer", object_id=str(customer.pk))
    merges = CustomerMerge.objects.filter(Q(kept=customer) | Q(gone=customer)).select_related("kept", "gone")
    owner = Q(account__customer=customer) | Q(account__customer__merged_into=customer)
    credit = CreditEntry.objects.filter(owner).select_related("account")
    sources: list[Source] = [
        ("change", "at", audit, _change),
        ("consent", "at", Consent.objects.filter(customer=customer), _consent),
        ("credit", "at", credit, _credit),
        ("merge", "merged_at", merges, _merge),
    ]
    if actor.may(VIEW_ORDERS):
        orders = visible_orders(actor=actor, customer=customer.pk).select_related("location").defer("request_hash")
        sources.append(("order", "occurred_at", orders, _order))
    return sources


def _order(order: Any) -> Happening:
    state = "" if order.state == "completed" else f", {order.get_state_display().partition(',')[0]}"
    return Happening(
        at=order.occurred_at,
        kind="order",
        key=str(order.pk),
        title=f"{order.get_kind_display().capitalize()} #{order.number}{state}",
        detail=f"{order.location}, {order.get_channel_display()}",
        amount=order.total,
        currency=order.currency,
        order_id=order.pk,
    )


def _credit(row: CreditEntry) -> Happening:
    what = {"points": "Points", "credit": "Store credit"}.get(row.account.kind, "Gift card")
    return Happening(
        at=row.at,
        kind="credit",
        key=str(row.pk),
        title=f"{what} {row.get_kind_display()}",
        detail=row.reason,
        amount=row.amount,
        currency=row.account.currency,
    )


def _consent(row: Consent) -> Happening:
    said = "Agreed to" if row.is_given else "Took back"
    detail = f"{row.source}, {row.actor_label}"
    return Happening(row.at, "consent", str(row.pk), f"{said}: {row.get_purpose_display()}", detail)


def _merge(row: CustomerMerge) -> Happening:
    undone = ", taken back since" if row.undone_at else ""
    title = f"Customer {row.gone.number} was merged into {row.kept.number}{undone}"
    return Happening(row.merged_at, "merge", str(row.pk), title, row.actor_label)


def _change(row: AuditEntry) -> Happening:
    title = "Added" if row.action == AuditEntry.Action.CREATE else "Changed"
    words = ", ".join(change.name for change in changes_in_words(row))
    return Happening(row.at, "change", str(row.pk), f"{title}: {words}" if words else title, row.actor_label)


def _rank(key: str) -> tuple[int, str]:
    """Keys in the order of their columns: numbers by value, UUIDs as text."""
    return (int(key), "") if key.isdigit() else (0, key)


def _older(kind: str, time: str, place: tuple[datetime, str, str]) -> Q:
    """(time, kind, key) < place, for the rows of one kind."""
    at, last_kind, last_key = place
    if kind < last_kind:
        return Q(**{f"{time}__lte": at})
    if kind > last_kind:
        return Q(**{f"{time}__lt": at})
    return Q(**{f"{time}__lt": at}) | Q(**{time: at, "pk__lt": last_key})


def _encode(one: Happening) -> str:
    text = json.dumps([one.at.isoformat(), one.kind, one.key])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, str, str]:
    try:
        at, kind, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        numbered = {"change", "consent", "credit"}
        if kind in numbered and not (key.isascii() and key.isdigit() and len(key) < 19):
            raise ValueError
        if kind not in numbered:
            if kind not in ("merge", "order"):
                raise ValueError
            UUID(key)
        when = datetime.fromisoformat(at)
        if when.tzinfo is None or not 1 < when.year < 9999:
            raise ValueError
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        wrong = {"pointer": "/cursor", "code": "cursor", "detail": "Send the cursor exactly as you got it."}
        raise Invalid(wrong["detail"], details={"errors": [wrong]}) from error
    return when, kind, key
