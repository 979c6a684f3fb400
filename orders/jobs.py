"""Background work of the orders app."""

from typing import Any
from uuid import UUID

from core.actors import Actor
from core.jobs.heartbeat import Heartbeat
from core.jobs.registry import Progress, job
from orders.imports.services import JOB, run_uploaded, tidy_imports
from orders.permissions import IMPORT_HISTORY, MANAGE_CREDIT, VIEW_ORDERS
from orders.receipts.pdf import Paper
from orders.services import receipts
from orders.services.gift_cards import expire_credit


@job(JOB, permission=IMPORT_HISTORY, queue="slow")
def import_history(*, actor: Actor, progress: Progress, run_id: str) -> dict[str, Any]:
    """Import an uploaded file. Landing is one long transaction, so progress and lease go by a heartbeat."""
    with Heartbeat(progress) as tell:
        run = run_uploaded(UUID(run_id), actor=actor, tell=tell)
    return {"run_id": run.pk, "documents": run.documents_added, "lines": run.lines_added, "sum": run.sum_added}


@job("orders.tidy_imports", permission=IMPORT_HISTORY, queue="fast", nightly=True)
def tidy(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Remove files of uploads whose job gave up."""
    return {"tidied": tidy_imports()}


@job("orders.expire_credit", permission=MANAGE_CREDIT, queue="fast", nightly=True)
def expire(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Book out what gift cards, store credit and points have lost by their last day."""
    return {"expired": expire_credit(actor=actor)}


@job(receipts.JOB, permission=VIEW_ORDERS, queue="fast")
def email(*, actor: Actor, progress: Progress, order_id: str, address: str, paper: Paper) -> dict[str, Any]:
    """Send a receipt by e-mail."""
    receipts.send_receipt(UUID(order_id), address=address, paper=paper, actor=actor)
    return {"order_id": order_id}
