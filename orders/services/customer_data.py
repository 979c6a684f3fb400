"""All that the shop keeps of a person, for the person: to read, and to take along (GDPR, articles 15 and 20)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Forbidden, NotFound
from core.money import plain_amount, plain_decimal
from core.spreadsheets import Cell
from orders.models import Consent, CreditEntry, Customer, Order
from orders.permissions import VIEW_CUSTOMER_HISTORY, VIEW_ORDERS
from orders.selectors import CARTS
from orders.selectors.customers import cards_of
from orders.services.customer_rows import absorbed_by
from orders.services.customers import FIELDS

HEAD = ("What", "When", "Reference", "Description", "Quantity", "Amount", "Currency")


@transaction.atomic
def export_customer(customer_id: UUID, *, actor: Actor) -> dict[str, Any]:
    """Everything the shop keeps of a customer and of those merged into it, as plain JSON; the audit log has each time.

    Amounts and quantities are exact decimals as text, times are UTC.

    Raises:
        Forbidden: the actor may not see what customers did, or not at all places: a part would be passed off as all.
        NotFound: there is no such customer.
    """
    actor.require(VIEW_CUSTOMER_HISTORY)
    if actor.places(VIEW_ORDERS) is not None:
        raise Forbidden("This takes somebody who may see the orders of all places.")
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise NotFound("There is no such customer.")
    people = list(Customer.objects.filter(pk__in=[customer.pk, *absorbed_by(customer.pk)]).order_by("created_at", "pk"))
    record(
        AuditEntry.Action.EXPORT,
        actor=actor,
        object_type="customer_data",
        object_id=customer.pk,
        object_label=customer.number,
    )
    orders = Order.objects.filter(customer__in=people).exclude(state__in=CARTS).order_by("occurred_at", "pk")
    entries = CreditEntry.objects.filter(account__customer__in=people).select_related("account").order_by("at", "pk")
    consents = Consent.objects.filter(customer__in=people).order_by("at", "pk")
    return {
        "customers": [_person(row) for row in people],
        "agreements": [_agreement(row) for row in consents],
        "orders": [_order(row) for row in orders.select_related("location").prefetch_related("lines", "payments")],
        "credit": [_credit(row) for row in entries],
    }


def as_rows(data: dict[str, Any]) -> Iterator[Sequence[Cell]]:
    """The same as lines of one sheet."""
    yield HEAD
    for person in data["customers"]:
        for name in (*FIELDS, "groups", "cards"):
            value = person[name]
            yield (name.capitalize(), person["known_since"], person["number"], _joined(value), None, None, None)
    for row in data["agreements"]:
        said = "agreed" if row["is_given"] else "took back"
        yield ("Agreement", row["at"], row["purpose"], f"{said}: {row['wording']}", None, None, None)
    for order in data["orders"]:
        kept = (order["at"], order["number"])
        for line in order["lines"]:
            yield ("Bought", *kept, line["name"], line["quantity"], line["total"], order["currency"])
        for payment in order["payments"]:
            yield ("Paid", *kept, payment["method"], None, payment["amount"], order["currency"])
        if order["delivery"]:
            yield ("Delivery", *kept, ", ".join(map(str, order["delivery"].values())), None, None, None)
    for row in data["credit"]:
        yield (row["account"].capitalize(), row["at"], row["kind"], row["reason"], None, row["amount"], row["currency"])


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _at(when: datetime) -> str:
    return when.isoformat()


def _person(row: Customer) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in FIELDS},
        "groups": [group.name for group in row.groups.all()],
        "cards": cards_of([row])[row.pk],
        "known_since": _at(row.created_at),
    }


def _agreement(row: Consent) -> dict[str, Any]:
    facts = {"purpose": row.purpose, "is_given": row.is_given, "wording": row.wording, "source": row.source}
    return {**facts, "at": _at(row.at)}


def _order(row: Order) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind": row.kind,
        "state": row.state,
        "at": _at(row.occurred_at),
        "location": row.location.name,
        "currency": row.currency,
        "total": plain_amount(row.total, row.currency),
        "delivery": row.delivery,
        "note": row.note,
        "lines": [
            {
                "name": line.name,
                "sku": line.sku,
                "quantity": plain_decimal(line.quantity),
                "total": plain_amount(line.total, row.currency),
            }
            for line in row.lines.all()
        ],
        "payments": [
            {"method": payment.method, "amount": plain_amount(payment.amount, row.currency)}
            for payment in row.payments.all()
        ],
    }


def _credit(row: CreditEntry) -> dict[str, Any]:
    return {
        "account": row.account.kind,
        "kind": row.kind,
        "amount": plain_decimal(row.amount),
        "currency": row.account.currency,
        "reason": row.reason,
        "at": _at(row.at),
    }
