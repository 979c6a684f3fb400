"""Background work of the inventory."""

from typing import Any
from uuid import UUID

from core.actors import Actor
from core.jobs.registry import Progress, job
from inventory.permissions import MANAGE_PRICES, RESERVE_STOCK
from inventory.services.bulk import APPLY, UNDO, run_bulk_edit
from inventory.services.reservations import SWEEP, expire_reservations


@job(SWEEP, permission=RESERVE_STOCK, queue="fast", nightly=True)
def expire(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Give back what was set aside until an instant that is past; planned by the reservations themselves."""
    expired = 0
    while batch := expire_reservations(actor=actor):
        expired += batch
        progress(expired)
    return {"expired": expired}


@job(APPLY, permission=MANAGE_PRICES)
def apply_edit(*, actor: Actor, progress: Progress, edit_id: str) -> dict[str, Any]:
    """Apply a previewed bulk edit."""
    return run_bulk_edit(UUID(edit_id), actor=actor, progress=progress, is_undo=False)


@job(UNDO, permission=MANAGE_PRICES)
def undo_edit(*, actor: Actor, progress: Progress, edit_id: str) -> dict[str, Any]:
    """Take an applied bulk edit back."""
    return run_bulk_edit(UUID(edit_id), actor=actor, progress=progress, is_undo=True)
