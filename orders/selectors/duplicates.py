"""Customers who may be one person, and what two of them have."""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, Sum

from core.errors import Invalid
from orders.models import CreditAccount, Customer, CustomerDistinction, CustomerMerge

REASONS = {"email": "the same e-mail", "name": "nearly the same name at one postcode", "phone": "the same phone"}
ALIKE = 0.85
ROWS_AT_ONCE, MOST_ROUNDS = 1_000, 20

# Customers in the order of their keys, each with whom it may be, found by an index: what a request costs depends on how
# many it looks at, not on how many there are. Everybody against the oldest with the same e-mail or digits; names
# against their neighbour at the same postcode. Who was said to be somebody else is nobody's candidate.
CANDIDATES = """
    WITH asked AS (
        SELECT * FROM orders_customer AS one
        WHERE id > %(after)s AND merged_into_id IS NULL AND anonymised_at IS NULL AND {has}
        ORDER BY id LIMIT %(limit)s
    )
    SELECT asked.id, asked.name, found.id, found.name
    FROM asked LEFT JOIN LATERAL (
        SELECT one.id, one.name FROM orders_customer AS one
        WHERE merged_into_id IS NULL AND anonymised_at IS NULL AND {has} AND {like}
        ORDER BY {first} LIMIT 1
    ) AS found ON found.id <> asked.id AND NOT EXISTS (
        SELECT FROM orders_customerdistinction AS said
        WHERE said.first_id = least(asked.id, found.id) AND said.second_id = greatest(asked.id, found.id)
          AND said.undone_at IS NULL
    )
    ORDER BY asked.id
"""
DIGITS = """(reverse(regexp_replace({who}.phone, '[^0-9]', '', 'g')) COLLATE "C")"""
PLACE = "upper(replace({who}.postcode, ' ', ''))"
OLDEST = "one.created_at, one.id"


def _statement(*, has: str, like: str, first: str = OLDEST) -> str:
    return CANDIDATES.format(has=has, like=like, first=first)


_MINE, _THEIRS = DIGITS.format(who="asked"), DIGITS.format(who="one")
STATEMENTS = {
    "email": _statement(has="one.email <> ''", like="lower(one.email) = lower(asked.email)"),
    "name": _statement(
        has="one.name <> '' AND one.postcode <> ''",
        like=f"{PLACE.format(who='one')} = {PLACE.format(who='asked')}"
        " AND (lower(one.name), one.created_at, one.id) < (lower(asked.name), asked.created_at, asked.id)",
        first="lower(one.name) DESC, one.created_at DESC, one.id DESC",
    ),
    # The last nine digits are the same: those that begin with them in the index of numbers from behind.
    "phone": _statement(
        has=f"one.phone <> '' AND length({_THEIRS}) >= 6",
        like=f"left({_THEIRS}, 9) = left({_MINE}, 9) AND {_THEIRS} >= left({_MINE}, 9)"
        f" AND {_THEIRS} < left({_MINE}, 9) || ':'",
    ),
}
ORDER = list(STATEMENTS)
START = UUID(int=0)


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
    reason, after = _decode(cursor) if cursor else (ORDER[0], START)
    pairs: list[tuple[str, UUID, UUID]] = []
    for _ in range(MOST_ROUNDS):
        rows = _candidates(reason, after)
        pairs += [
            (reason, kept, other)
            for other, name, kept, kept_name in rows
            if kept is not None and (reason != "name" or alike(kept_name, name))
        ]
        if len(pairs) >= limit:
            reason, _, after = pairs[limit - 1]
            break
        if len(rows) == ROWS_AT_ONCE:
            after = rows[-1][0]
        elif reason != ORDER[-1]:
            reason, after = ORDER[ORDER.index(reason) + 1], START
        else:
            return _suggestions(pairs), None
    return _suggestions(pairs[:limit]), _encode((reason, after))


def _candidates(reason: str, after: UUID) -> list[tuple[UUID, str, UUID | None, str]]:
    """The next customers: key, name, and key and name of the one it may be."""
    with connection.cursor() as statement:
        statement.execute(STATEMENTS[reason], {"after": after, "limit": ROWS_AT_ONCE})
        return list(statement.fetchall())


def _suggestions(pairs: Sequence[tuple[str, UUID, UUID]]) -> list[Suggestion]:
    people = Customer.objects.in_bulk({pk for pair in pairs for pk in pair[1:]})
    return [Suggestion(reason, people[kept], people[other]) for reason, kept, other in pairs]


def alike(one: str, other: str) -> bool:
    """Whether two names are nearly the same, whatever the order of their words and their case."""
    both = SequenceMatcher(None, _words(one), _words(other), autojunk=False)
    return all(ratio() >= ALIKE for ratio in (both.real_quick_ratio, both.quick_ratio, both.ratio))


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


def distinctions_of(customer: Customer) -> list[CustomerDistinction]:
    """Who was said to be somebody else than this customer, newest first."""
    rows = CustomerDistinction.objects.filter(Q(first=customer) | Q(second=customer), undone_at=None)
    return list(rows.select_related("first", "second"))


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
