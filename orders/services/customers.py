"""Get to know a customer."""

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Invalid
from core.ids import reference, uuid7
from core.outbox.services import emit
from orders.events import CustomerCreated
from orders.models import Customer
from orders.permissions import MANAGE_CUSTOMERS

FIELDS = ("number", "name", "email", "phone", "country")


@transaction.atomic
def create_customer(
    *, actor: Actor, number: str = "", name: str = "", email: str = "", phone: str = "", country: str = ""
) -> Customer:
    """Add a customer; without a ``number`` one is made.

    Raises:
        Forbidden: the actor may not.
        Invalid: nothing that tells the customer from others is given.
        Conflict: the number is taken.
    """
    actor.require(MANAGE_CUSTOMERS)
    if not (number or name or email or phone):
        error = {"pointer": "", "code": "empty", "detail": "Give a number, a name, an e-mail address or a telephone."}
        raise Invalid(error["detail"], details={"errors": [error]})
    made = uuid7()
    values = (number or reference(made), name, email, phone, country)
    customer = Customer(id=made, **dict(zip(FIELDS, values, strict=True)))
    try:
        with transaction.atomic():
            customer.save(force_insert=True)
    except IntegrityError as taken:
        error = {"pointer": "/number", "code": "taken", "detail": f"There is a customer {customer.number} already."}
        raise Conflict(error["detail"], details={"errors": [error]}) from taken
    record(
        AuditEntry.Action.CREATE,
        actor=actor,
        object_type="customer",
        object_id=customer.pk,
        object_label=str(customer),
        changes={name: (None, value) for name, value in zip(FIELDS, values, strict=True) if value},
    )
    emit(CustomerCreated(customer_id=customer.pk, version=customer.version, number=customer.number), actor=actor)
    return customer
