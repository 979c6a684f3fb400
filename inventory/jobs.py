"""Background work of the inventory."""

from typing import Any
from uuid import UUID

from core.actors import Actor
from core.jobs.heartbeat import Heartbeat
from core.jobs.registry import Progress, job
from inventory.permissions import MANAGE_PRICES, RESERVE_STOCK, VIEW_STOCK
from inventory.services import price_sheets
from inventory.services.alerts import look_over_stock
from inventory.services.bulk import APPLY, UNDO, run_bulk_edit
from inventory.services.closings import keep_closings, settled_ledger
from inventory.services.digests import send_digests
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


@job(price_sheets.APPLY, permission=MANAGE_PRICES)
def apply_sheet(*, actor: Actor, progress: Progress, sheet_id: str) -> dict[str, Any]:
    """Apply a previewed file with prices; it is one transaction, so its progress goes by a heartbeat."""
    with Heartbeat(progress) as tell:
        return price_sheets.run_price_sheet(UUID(sheet_id), actor=actor, progress=tell, is_undo=False)


@job(price_sheets.UNDO, permission=MANAGE_PRICES)
def undo_sheet(*, actor: Actor, progress: Progress, sheet_id: str) -> dict[str, Any]:
    """Take an applied file with prices back."""
    with Heartbeat(progress) as tell:
        return price_sheets.run_price_sheet(UUID(sheet_id), actor=actor, progress=tell, is_undo=True)


@job("inventory.look_over_stock", permission=VIEW_STOCK, queue="fast", nightly=True)
def look_over(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Bring the alerts up to date: what does not sell, what expires, and limits that were set anew."""
    looked = look_over_stock(actor=actor)
    return {"raised": looked.raised, "cleared": looked.cleared}


@job("inventory.keep_closings", permission=VIEW_STOCK, nightly=True)
def keep(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Keep the sums of the ledger at the ends of months, for what is asked about the past."""
    return {"closings": keep_closings(settled_ledger(), progress=progress)}


@job("inventory.mail_alerts", permission=VIEW_STOCK, queue="fast", nightly=True)
def mail_alerts(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Mail the day's new alerts to whom wants them. It looks over the stock first, so that the mail is of today."""
    look_over_stock(actor=actor)
    return {"sent": send_digests()}
