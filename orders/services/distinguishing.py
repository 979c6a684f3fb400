"""Customers who look like one and are not: said once, remembered, and taken back by who was wrong."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound, fault, refuse
from core.outbox.services import emit
from orders.events import CustomersToldApart
from orders.models import Customer, CustomerDistinction
from orders.permissions import MERGE_CUSTOMERS


@transaction.atomic
def tell_apart(one_id: UUID, other_id: UUID, *, actor: Actor) -> CustomerDistinction:
    """Note that two customers are two people: they are not suggested as one any more. A repeat changes nothing.

    Raises:
        Forbidden: the actor may not merge customers, so neither say that they are two.
        NotFound: there is no such customer.
        Invalid: it is one customer, not two.
    """
    actor.require(MERGE_CUSTOMERS)
    if one_id == other_id:
        refuse(fault("/other", "same", "This is one customer, not two."))
    two = list(Customer.objects.select_for_update(no_key=True).filter(pk__in=[one_id, other_id]).order_by("pk"))
    if len(two) < 2:
        raise NotFound("There is no such customer.")
    first, second = two
    standing = CustomerDistinction.objects.filter(first=first, second=second, undone_at=None).first()
    if standing is not None:
        return standing
    row = CustomerDistinction.objects.create(
        first=first, second=second, actor_kind=actor.kind, actor_id=actor.id, actor_label=actor.label[:200]
    )
    _tell(row, actor, is_apart=True)
    return row


@transaction.atomic
def take_back_distinction(distinction_id: UUID, *, actor: Actor) -> bool:
    """They may be one after all: they are suggested again. Answers whether this call did it.

    Raises:
        Forbidden: the actor may not merge customers.
        NotFound: nobody said this.
    """
    actor.require(MERGE_CUSTOMERS)
    rows = CustomerDistinction.objects.select_for_update(of=("self",)).select_related("first", "second")
    row = rows.filter(pk=distinction_id).first()
    if row is None:
        raise NotFound("Nobody said that these are two.")
    if row.undone_at is not None:
        return False
    row.undone_at = datetime.now(UTC)
    row.save(update_fields=["undone_at"])
    _tell(row, actor, is_apart=False)
    return True


def _tell(row: CustomerDistinction, actor: Actor, *, is_apart: bool) -> None:
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="customer",
        object_id=row.first_id,
        object_label=row.first.number,
        changes={"not the same as": (None, row.second.number) if is_apart else (row.second.number, None)},
    )
    emit(
        CustomersToldApart(customer_id=row.first_id, version=row.first.version, other=row.second_id, is_apart=is_apart),
        actor=actor,
    )
