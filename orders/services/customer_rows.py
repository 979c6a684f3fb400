"""What every change of a customer has in common: the lock, the next version, the audit entry, the event."""

from typing import Any
from uuid import UUID

from django.db import connection

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound
from core.outbox.services import emit
from orders.errors import CustomerAnonymised, CustomerMerged
from orders.events import CustomerUpdated
from orders.models import Customer

ABSORBED = """
    WITH RECURSIVE gone AS (
        SELECT id FROM orders_customer WHERE merged_into_id = %s
        UNION ALL SELECT inner_row.id FROM orders_customer AS inner_row JOIN gone ON inner_row.merged_into_id = gone.id
    )
    SELECT id FROM gone
"""


def lock_customer(customer_id: UUID) -> Customer:
    """The customer's row, locked for a change.

    Raises:
        NotFound: there is no such customer.
        CustomerMerged, CustomerAnonymised: it is not to be changed any more.
    """
    customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if customer is None:
        raise NotFound("There is no such customer.")
    if customer.merged_into_id:
        raise CustomerMerged(details={"merged_into": str(customer.merged_into_id)})
    if customer.anonymised_at:
        raise CustomerAnonymised
    return customer


def tell_change(customer: Customer, changed: dict[str, tuple[Any, Any]], *, actor: Actor) -> None:
    """Save a locked customer at its next version, with the audit entry and the event."""
    customer.version += 1
    customer.save()
    note_customer(AuditEntry.Action.CHANGE, customer, changed, actor)
    emit(
        CustomerUpdated(
            customer_id=customer.pk, version=customer.version, number=customer.number, fields=sorted(changed)
        ),
        actor=actor,
    )


def note_customer(
    action: AuditEntry.Action, customer: Customer, changed: dict[str, tuple[Any, Any]], actor: Actor
) -> None:
    """The audit entry of something that happened to a customer."""
    record(
        action,
        actor=actor,
        object_type="customer",
        object_id=customer.pk,
        object_label=str(customer),
        changes=changed,
    )


def absorbed_by(customer_id: UUID) -> list[UUID]:
    """Everybody who was merged into a customer, also by way of others."""
    with connection.cursor() as cursor:
        cursor.execute(ABSORBED, [customer_id])
        return [row[0] for row in cursor.fetchall()]
