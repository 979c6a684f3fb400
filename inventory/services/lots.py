"""Lots as people handle them: which must not be sold."""

from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import NotFound, StaleVersion
from core.outbox.services import emit
from inventory.events import LotBlocked, LotUnblocked
from inventory.models import Lot
from inventory.permissions import ADJUST_STOCK


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
