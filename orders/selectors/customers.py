"""Read customers: find one by what somebody says, and who they are today."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from core.db.likeness import most_alike
from core.errors import NotFound
from inventory.codes import normalise
from inventory.models import ScanCode
from orders.models import Consent, Customer, CustomerGroup
from orders.models.customers import LastDigits

FEWEST_DIGITS = 4

# Whose number or card it is, and who they are today if they were merged.
CALLED = """
    WITH RECURSIVE called AS (
        SELECT id, merged_into_id FROM orders_customer
        WHERE number = %(typed)s
           OR id IN (SELECT target_id FROM inventory_scancode WHERE kind = 'customer' AND code = %(code)s)
        UNION
        SELECT kept.id, kept.merged_into_id FROM orders_customer AS kept JOIN called ON kept.id = called.merged_into_id
    )
    SELECT id FROM called WHERE merged_into_id IS NULL
"""


def customers(*, q: str = "", group: UUID | None = None) -> QuerySet[Customer]:
    """Customers that stand for themselves (merged ones are found as the one they are now).

    ``q`` is a part of the name or the e-mail address, the end of a telephone number, a number or the code of a card.
    """
    rows = Customer.objects.filter(merged_into__isnull=True)
    if group is not None:
        rows = rows.filter(groups=group)
    if typed := q.strip():
        digits = "".join(character for character in typed if character.isascii() and character.isdigit())
        like = Q(pk__in=_called(typed))
        if "@" in typed:
            like |= Q(email__icontains=typed)
        elif len(digits) >= FEWEST_DIGITS and not any(character.isalpha() for character in typed):
            rows = rows.alias(last_digits=LastDigits("phone"))
            like |= ~Q(phone="") & Q(last_digits__startswith=digits.lstrip("0")[::-1])
        else:
            like |= Q(name__icontains=typed) | Q(email__icontains=typed)
        rows = rows.filter(like)
    return rows


def customers_alike(q: str, *, group: UUID | None = None) -> list[Customer]:
    """Those whose name is nearly this, best first: for a search that found nobody."""
    found: list[Customer] = most_alike(customers(group=group), "name", q)
    return found


def _called(typed: str) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(CALLED, {"typed": typed, "code": normalise(typed)})
        return [row[0] for row in cursor.fetchall()]


def find_customer(customer_id: UUID) -> Customer:
    """A customer, also one that was merged into another. Raises `NotFound`."""
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise NotFound("There is no such customer.")
    return customer


def cards_of(people: Iterable[Customer]) -> dict[UUID, list[str]]:
    """The codes of each customer's cards, as stored; one query for all."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = ScanCode.objects.filter(kind=ScanCode.Kind.CUSTOMER, target_id__in=[person.pk for person in people])
    for target, code in rows.order_by("code").values_list("target_id", "code"):
        if target is not None:
            found[target].append(code)
    return found


def consents_of(customer: Customer) -> list[Consent]:
    """Every proof of what a customer agreed to or took back, newest first."""
    return list(Consent.objects.filter(customer=customer))


def holding(consents: Iterable[Consent]) -> dict[str, Consent | None]:
    """The newest of each purpose, None where nothing was ever said; ``consents`` come newest first."""
    newest: dict[str, Consent | None] = dict.fromkeys(Consent.Purpose.values)
    for consent in consents:
        if newest[consent.purpose] is None:
            newest[consent.purpose] = consent
    return newest


def groups() -> QuerySet[CustomerGroup]:
    """The groups by name."""
    return CustomerGroup.objects.order_by("name", "pk")


def find_group(group_id: UUID) -> CustomerGroup:
    """A group. Raises `NotFound`."""
    group = CustomerGroup.objects.filter(pk=group_id).first()
    if group is None:
        raise NotFound("There is no such group.")
    return group
