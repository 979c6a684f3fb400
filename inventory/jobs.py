"""Background work of the inventory."""

from typing import Any

from core.actors import Actor
from core.jobs.registry import Progress, job
from inventory.permissions import RESERVE_STOCK
from inventory.services.reservations import SWEEP, expire_reservations


@job(SWEEP, permission=RESERVE_STOCK, queue="fast", nightly=True)
def expire(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Give back what was set aside until an instant that is past; planned by the reservations themselves."""
    expired = 0
    while batch := expire_reservations(actor=actor):
        expired += batch
        progress(expired)
    return {"expired": expired}
