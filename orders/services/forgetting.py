"""Remove a person's data for good, and leave every sum as it is."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import hide_values
from core.errors import Conflict
from core.idempotency.models import StoredAnswer
from core.outbox.services import emit
from inventory.models import ScanCode
from orders.events import CustomerAnonymised
from orders.models import Customer, CustomerMerge, Order
from orders.permissions import ANONYMISE_CUSTOMERS
from orders.services.customer_rows import absorbed_by, lock_customer, note_customer

PERSONAL = ("name", "email", "phone", "country", "postcode", "address", "note")


@transaction.atomic
def anonymise_customer(customer_id: UUID, *, actor: Actor) -> Customer:
    """Remove name, addresses, telephone, note and cards of a customer, of those merged into it, and of what the audit
    log, kept merges, stored answers and orders say of them. Number, orders, credit and points stay; so does every sum.

    It cannot be undone. A second time it changes nothing.

    Raises:
        Forbidden, NotFound: the actor may not; there is no such customer.
        CustomerMerged: the customer is another one now.
        Conflict: an order is still on its way to the person.
    """
    actor.require(ANONYMISE_CUSTOMERS)
    done = Customer.objects.filter(pk=customer_id, anonymised_at__isnull=False, merged_into__isnull=True).first()
    if done is not None:
        return done
    customer = lock_customer(customer_id)
    people = [customer.pk, *absorbed_by(customer.pk)]
    if Order.objects.filter(customer__in=people, state=Order.State.OPEN).exists():
        raise Conflict("An order is still on its way to this customer. Finish or cancel it first.")
    _empty(people)
    customer.refresh_from_db()
    hide_values(object_type="customer", object_ids=people, label=customer.number, fields={*PERSONAL, "codes"})
    note_customer(AuditEntry.Action.CHANGE, customer, {"anonymised": (None, True)}, actor)
    emit(CustomerAnonymised(customer_id=customer.pk, version=customer.version, number=customer.number), actor=actor)
    return customer


def _empty(people: list[UUID]) -> None:
    now = datetime.now(UTC)
    for person in Customer.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"):
        for name in PERSONAL:
            setattr(person, name, "")
        person.anonymised_at, person.version, person.request_hash = now, person.version + 1, None
        person.save()
    ScanCode.objects.filter(kind=ScanCode.Kind.CUSTOMER, target_id__in=people).delete()
    # Words on an order that name the person; quantities and amounts are not touched.
    named = Order.objects.filter(customer__in=people).exclude(delivery__isnull=True, label="")
    named.update(delivery=None, label="")
    CustomerMerge.objects.filter(kept__in=people).update(before={})
    for pk in people:  # the key stays used, so that a late repeat does not make the person anew
        StoredAnswer.objects.filter(body__id=str(pk)).update(body={"id": str(pk)})
