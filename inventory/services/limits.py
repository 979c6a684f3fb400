"""From when on somebody wants to hear that there is little, or too much, of an article at a location."""

from decimal import Decimal
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound, refuse
from core.locations.selectors import active_location
from core.outbox.services import emit
from inventory.events import StockLimitsChanged
from inventory.models import StockLevel, Variant
from inventory.permissions import ADJUST_STOCK
from inventory.services.ledger import lock_levels

MOST_UNITS = Decimal(10) ** 9


@transaction.atomic
def set_limits(
    variant_id: UUID, location_id: UUID, *, low_at: Decimal | None, over_at: Decimal | None, actor: Actor
) -> StockLevel:
    """Set both limits of a level; None for no limit. The same limits again change nothing.

    Raises:
        Forbidden: the actor may not adjust stock here.
        NotFound: there is no such stocked variant or location.
        Invalid: a limit is below zero or huge, or "low" is not below "too many".
    """
    actor.require(ADJUST_STOCK, at=location_id)
    place = active_location(location_id)
    variant = Variant.objects.filter(pk=variant_id, is_stocked=True).select_related("product").first()
    if variant is None:
        raise NotFound("There is no such variant, or it is not stocked.")
    errors = [
        {"pointer": f"/{name}", "code": "range", "detail": "Zero or more."}
        for name, limit in (("low_at", low_at), ("over_at", over_at))
        if limit is not None and not 0 <= limit <= MOST_UNITS
    ]
    if low_at is not None and over_at is not None and low_at >= over_at:
        errors.append({"pointer": "/over_at", "code": "order", "detail": "Too many is more than low."})
    refuse(*errors)
    lock_levels([(variant_id, location_id)])
    level = StockLevel.objects.get(variant=variant_id, location=location_id)
    level.variant, level.location = variant, place
    if (level.low_at, level.over_at) == (low_at, over_at):
        return level
    changes = {"low_at": (level.low_at, low_at), "over_at": (level.over_at, over_at)}
    level.low_at, level.over_at = low_at, over_at
    StockLevel.objects.filter(variant=variant_id, location=location_id).update(low_at=low_at, over_at=over_at)
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="stock_limits",
        object_id=variant_id,
        object_label=f"{variant.sku} at {place}",
        changes=changes,
    )
    emit(
        StockLimitsChanged(
            variant_id=variant_id,
            version=level.version,
            location_id=location_id,
            sku=variant.sku,
            low_at=low_at,
            over_at=over_at,
        ),
        actor=actor,
    )
    return level
