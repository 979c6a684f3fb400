"""Work that was previewed, is applied by a worker and taken back within a day: when a worker is asked for it."""

from datetime import UTC, datetime, timedelta

from core.errors import Conflict
from core.jobs.services import has_given_up
from inventory.models import BulkEdit, PriceSheet

UNDO_WITHIN = timedelta(hours=24)
State = BulkEdit.State
Work = BulkEdit | PriceSheet


def must_apply(work: Work, *, differs: bool, noun: str) -> bool:
    """Whether a worker is to be asked to apply it: not when it is applied, or on its way and nobody gave up.

    Raises:
        Conflict: it changes nothing, or was taken back.
    """
    if work.state == State.APPLIED or (work.state == State.APPLYING and not has_given_up(work.job_id)):
        return False
    if work.state not in (State.PREVIEW, State.APPLYING) or not differs:
        raise Conflict(f"This {noun} has nothing to apply.")
    return True


def must_undo(work: Work, *, noun: str, now: datetime | None = None) -> bool:
    """Whether a worker is to be asked to take it back: not when it was, or is on its way and nobody gave up.

    Raises:
        Conflict: it was not applied, or more than 24 hours ago.
    """
    if work.state == State.UNDONE or (work.state == State.UNDOING and not has_given_up(work.job_id)):
        return False
    if work.state not in (State.APPLIED, State.UNDOING) or work.applied_at is None:
        raise Conflict(f"Only {'an' if noun == 'edit' else 'a'} {noun} that was applied can be undone.")
    if work.applied_at < (now or datetime.now(UTC)) - UNDO_WITHIN:
        raise Conflict(f"This {noun} was applied more than 24 hours ago and cannot be undone.")
    return True
