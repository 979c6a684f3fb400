"""Lots and pieces as people handle them: what is told apart, and which lot must not be sold."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Invalid, NotFound, StaleVersion
from core.outbox.services import emit
from inventory.events import LotBlocked, LotUnblocked, TrackingChanged
from inventory.models import Lot, Product, StockLevel, Variant
from inventory.permissions import ADJUST_STOCK, MANAGE_PRODUCTS


@transaction.atomic
def block_lot(
    lot_id: UUID, *, is_blocked: bool, actor: Actor, note: str = "", expected_version: int | None = None
) -> Lot:
    """Block a lot in the whole shop, so that no sale takes it, or let it be sold again. The same again changes nothing.

    Raises:
        Forbidden: the actor may not adjust stock everywhere; a lot lies in many places.
        NotFound: there is no such lot.
        StaleVersion: it is not at ``expected_version`` any more.
    """
    actor.require(ADJUST_STOCK)
    lot = Lot.objects.select_for_update(of=("self",)).select_related("variant__product").filter(pk=lot_id).first()
    if lot is None:
        raise NotFound("There is no such lot.")
    if expected_version is not None and lot.version != expected_version:
        raise StaleVersion(details={"version": lot.version})
    state = Lot.State.BLOCKED if is_blocked else Lot.State.OPEN
    if (lot.state, lot.note) == (state, note[:200]):
        return lot
    changes = {"state": (lot.state, state.value), "note": (lot.note, note[:200])}
    lot.state, lot.note, lot.version = state, note[:200], lot.version + 1
    lot.save(update_fields=["state", "note", "version"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="lot",
        object_id=lot.pk,
        object_label=f"{lot.variant.sku} {lot.code}",
        changes=changes,
    )
    made = LotBlocked if is_blocked else LotUnblocked
    emit(
        made(
            lot_id=lot.pk,
            version=lot.version,
            variant_id=lot.variant_id,
            sku=lot.variant.sku,
            code=lot.code,
            note=lot.note,
        ),
        actor=actor,
    )
    return lot


@transaction.atomic
def set_tracking(variant_id: UUID, *, tracking: str, actor: Actor) -> Variant:
    """Say whether a variant is told apart by lot or serial number. The same again changes nothing.

    Raises:
        Forbidden: the actor may not manage products.
        NotFound: there is no such variant.
        Invalid: there is no such way of tracking.
        Conflict: goods of it are somewhere, and nobody knows of which lot they are: take them out first.
    """
    actor.require(MANAGE_PRODUCTS)
    if tracking not in Variant.Tracking.values:
        error = {"pointer": "/tracking", "code": "unknown", "detail": f"One of: {', '.join(Variant.Tracking.values)}."}
        raise Invalid(error["detail"], details={"errors": [error]})
    variant = Variant.objects.select_for_update(of=("self",)).select_related("product").filter(pk=variant_id).first()
    if variant is None:
        raise NotFound("There is no such variant.")
    if variant.tracking == tracking:
        return variant
    kept = StockLevel.objects.select_for_update().filter(variant=variant_id).order_by("variant_id", "location_id")
    if any(level.on_hand or level.damaged or level.in_transit for level in kept):
        raise Conflict(
            "There are goods of it. Correct its stock to zero, change this, then receive it by lot or number."
        )
    if Lot.objects.filter(~Q(levels__on_hand=0), variant=variant_id, levels__isnull=False).exists():
        raise Conflict("A lot of it is not settled: its stock is not zero.")
    before, variant.tracking = variant.tracking, tracking
    variant.save(update_fields=["tracking"])
    Product.objects.filter(pk=variant.product_id).update(version=variant.product.version + 1)
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="variant",
        object_id=variant.pk,
        object_label=variant.sku,
        changes={"tracking": (before, tracking)},
    )
    emit(
        TrackingChanged(variant_id=variant.pk, version=variant.product.version + 1, sku=variant.sku, tracking=tracking),
        actor=actor,
    )
    return variant
