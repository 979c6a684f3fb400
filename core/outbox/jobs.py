"""What the stream of a shop does at night."""

from datetime import UTC, datetime
from typing import Any

from core.actors import Actor
from core.jobs.registry import Progress, job
from core.outbox.retention import forget_events, raise_floor
from core.people.permissions import VIEW_JOBS


@job("outbox.forget", permission=VIEW_JOBS, queue="slow", nightly=True)
def forget_old_events(*, actor: Actor, progress: Progress) -> dict[str, Any]:
    """Remove what was below the floor since last night, then raise it; answers how many rows, and where it is."""
    removed = forget_events(progress)
    return {"removed": removed, "kept_from": raise_floor(datetime.now(UTC))}
