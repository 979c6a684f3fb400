"""Customers who may be one person, and what two of them have."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, Sum

from core.errors import Invalid
from orders.models import CreditAccount, Customer, CustomerMerge

REASONS = {"email": "the same e-mail", "name": "nearly the same name at one postcode", "phone": "the same phone"}
ALIKE = 0.85
ROWS_AT_ONCE, MOST_ROUNDS = 400, 20

# Everybody against the oldest with the same e-mail or digits; names against their neighbour at the same postcode.
PAIRS = r"""
    WITH alive AS (
        SELECT id, name, lower(email) AS email, created_at, upper(replace(postcode, ' ', '')) AS postcode,
               left(reverse(regexp_replace(phone, '[^0-9]', '', 'g')), 9) AS digits
        FROM orders_customer WHERE merged_into_id IS NULL AND anonymised_at IS NULL
    ), pairs AS (
        SELECT 'email' AS reason, first_value(id) OVER same AS kept, id AS other FROM alive WHERE email <> ''
        WINDOW same AS (PARTITION BY email ORDER BY created_at, id)
        UNION ALL
        SELECT 'phone', first_value(id) OVER same, id FROM alive WHERE length(digits) >= 6
        WINDOW same AS (PARTITION BY digits ORDER BY created_at, id)
        UNION ALL
        SELECT 'name', lag(id) OVER near, id FROM alive WHERE name <> '' AND postcode <> ''
        WINDOW near AS (PARTITION BY postcode ORDER BY lower(name), created_at, id)
    )
    SELECT reason, kept, other FROM pairs
    WHERE kept <> other AND (reason, other) > (%s, %s) ORDER BY reason, other LIMIT %s
"""
START = ("", UUID(int=0))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two customers and why they may be one; ``kept`` is the older."""

    reason: str
    kept: Customer
    other: Customer

    @property
    def why(self) -> str:
        return REASONS[self.reason]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a merge would move of a customer."""

    orders: int
    consents: int
    merges: int
    credit: Decimal
    points: Decimal


def duplicates(*, cursor: str = "", limit: int = 50) -> tuple[list[Suggestion], str | None]:
    """Pairs who may be one, and the cursor of the next page (None at the end).

    Raises:
        Invalid: the cursor is none of ours.
    """
    place, found = _decode(cursor) if cursor else START, list[Suggestion]()
    for _ in range(MOST_ROUNDS):
        with connection.cursor() as statement:
            statement.execute(PAIRS, [*place, ROWS_AT_ONCE])
            rows = statement.fetchall()
        people = Customer.objects.in_bulk({pk for row in rows for pk in row[1:]})
        for reason, kept, other in rows:
            place = (reason, other)
            suggestion = Suggestion(reason, people[kept], people[other])
            if reason != "name" or alike(suggestion.kept.name, suggestion.other.name):
                found.append(suggestion)
            if len(found) == limit:
                return found, _encode(place)
        if len(rows) < ROWS_AT_ONCE:
            return found, None
    return found, _encode(place)


def alike(one: str, other: str) -> bool:
    """Whether two names are nearly the same, whatever the order of their words and their case."""
    return SequenceMatcher(None, _words(one), _words(other), autojunk=False).ratio() >= ALIKE


def _words(name: str) -> str:
    text = "".join(character if character.isalnum() else " " for character in name.casefold())
    return " ".join(sorted(text.split()))


def holdings(people: Iterable[Customer]) -> dict[UUID, Holdings]:
    """What each customer has; the same few queries however many."""
    ids = [person.pk for person in people]
    counts = {
        row["pk"]: row
        for row in Customer.objects.filter(pk__in=ids)
        .order_by()
        .values("pk")
        .annotate(n_orders=Count("orders", distinct=True), n_consents=Count("consents", distinct=True))
    }
    merges = dict(
        CustomerMerge.objects.filter(kept__in=ids, undone_at=None)
        .order_by()
        .values_list("kept")
        .annotate(count=Count("pk"))
    )
    balances: dict[UUID, dict[str, Any]] = {
        row["customer"]: dict(row)
        for row in CreditAccount.objects.filter(customer__in=ids)
        .order_by()
        .values("customer")
        .annotate(credit=Sum("balance", filter=~Q(kind="points")), points=Sum("balance", filter=Q(kind="points")))
    }
    return {
        pk: Holdings(
            orders=counts[pk]["n_orders"],
            consents=counts[pk]["n_consents"],
            merges=merges.get(pk, 0),
            credit=balances.get(pk, {}).get("credit") or Decimal(0),
            points=balances.get(pk, {}).get("points") or Decimal(0),
        )
        for pk in counts
    }


def merges_of(customer: Customer) -> list[CustomerMerge]:
    """Who was merged into a customer and may be taken out again, newest first."""
    return list(CustomerMerge.objects.filter(kept=customer, undone_at=None).select_related("gone"))


def _encode(place: tuple[str, UUID]) -> str:
    return base64.urlsafe_b64encode(json.dumps([place[0], str(place[1])]).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, UUID]:
    try:
        reason, other = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if reason not in REASONS:
            raise ValueError
        return reason, UUID(other)
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        wrong = {"pointer": "/cursor", "code": "cursor", "detail": "Send the cursor exactly as you got it."}
        raise Invalid(wrong["detail"], details={"errors": [wrong]}) from error
