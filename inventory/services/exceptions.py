"""What the record says cannot be is settled by a person who looked."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound
from core.outbox.services import emit
from inventory.events import StockExceptionSettled
from inventory.models import StockException
from inventory.permissions import ADJUST_STOCK


@transaction.atomic(durable=True)
def settle_exception(exception_id: UUID, *, actor: Actor, note: str = "") -> bool:
    """Close an exception. It moves no stock: what was found is booked as a count or a correction.

    Answers whether this call closed it; one that is closed stays as it was closed.

    Raises:
        NotFound: there is no such exception at a location where the actor may adjust stock.
        Forbidden: the actor may adjust stock nowhere.
    """
    rows = StockException.objects.select_for_update(of=("self",)).select_related("variant")
    places = actor.places(ADJUST_STOCK)
    row = (rows if places is None else rows.filter(location__in=places)).filter(pk=exception_id).first()
    if row is None:
        raise NotFound("There is no such stock exception.")
    if row.resolved_at is not None:
        return False
    row.resolved_at, row.resolved_by, row.note = datetime.now(UTC), actor.id, note[:300]
    row.save(update_fields=["resolved_at", "resolved_by", "note"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="stock_exception",
        object_id=row.pk,
        object_label=row.variant.sku,
        changes={"resolved_at": (None, row.resolved_at), "note": ("", row.note)},
    )
    emit(
        StockExceptionSettled(
            exception_id=row.pk,
            version=2,
            variant_id=row.variant_id,
            location_id=row.location_id,
            sku=row.variant.sku,
            kind=row.kind,
        ),
        actor=actor,
    )
    return True
