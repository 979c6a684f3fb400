"""Ask for background work, and do it under a lease."""

import logging
import traceback
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Min, Q
from redis.exceptions import RedisError

from core.actors import SYSTEM, Actor
from core.errors import Busy, DomainError, NotFound
from core.events import plain
from core.jobs.models import Job
from core.jobs.registry import GONE, KINDS, kind_called
from core.tenancy.context import current_tenant
from core.tenancy.rounds import Visits

LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 5
GIVEN_UP = "The work ended in the middle five times; it is not tried again."
KEPT_MESSAGE = 300
VISITS = Visits("jobs", most=100)
"""Of the sweep: shops whose jobs wait or run when these are due, all others in rounds of a hundred each 15 seconds."""
logger = logging.getLogger(__name__)


def enqueue(
    kind: str, *, actor: Actor, dedupe_key: str | None = None, run_after: datetime | None = None, **arguments: Any
) -> Job:
    """Ask for a job in the caller's transaction; asking again with the same key gives the same job.

    Raises ``RuntimeError`` outside a transaction: what a job is about must be committed with it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("enqueue() belongs in the transaction of what the job is about")
    job, is_new = Job.objects.get_or_create(
        kind=KINDS[kind].name,
        dedupe_key=dedupe_key or str(uuid4()),
        defaults={
            "arguments": plain(arguments),
            "run_after": run_after or datetime.now(UTC),
            "actor": actor.as_json(),
        },
    )
    if is_new:
        schema = current_tenant().schema_name
        tell = (
            partial(VISITS.note, schema, run_after) if run_after else partial(hint, schema, job.pk, KINDS[kind].queue)
        )
        transaction.on_commit(tell, robust=True)
    return job


def hint(schema: str, job_id: UUID, queue: str) -> None:
    """Tell a worker that a job waits. Never raises: the sweeper hints again what a lost message left."""
    from core.jobs.tasks import run_job  # noqa: PLC0415  the task calls this module

    VISITS.note(schema, datetime.now(UTC))
    try:
        run_job.apply_async(args=(schema, str(job_id)), queue=queue, retry=False)
    except (RedisError, OSError) as problem:  # kombu's OperationalError is an OSError's cousin, see below
        logger.warning("a job could not be hinted", extra={"job": str(job_id), "problem": str(problem)})
    except Exception:
        logger.exception("a job could not be hinted", extra={"job": str(job_id)})


def due_jobs() -> list[Job]:
    """Jobs that wait, or whose worker vanished: what the sweeper hints again."""
    now = datetime.now(UTC)
    return list(
        Job.objects.filter(
            Q(state=Job.State.WAITING, run_after__lte=now) | Q(state=Job.State.RUNNING, lease_until__lt=now)
        ).order_by("run_after")[:100]
    )


def next_moment() -> datetime | None:
    """When a job is due, or a lease ends, in this shop; maybe long ago. None when no job waits or runs."""
    unfinished = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])
    found = unfinished.aggregate(
        due=Min("run_after", filter=Q(state=Job.State.WAITING)),
        lease=Min("lease_until", filter=Q(state=Job.State.RUNNING)),
    )
    return min((at for at in found.values() if at), default=None)


class LostLease(Exception):
    """Another worker took the job over; this one must stop without a trace."""


class LeasedProgress:
    """Reports progress of a claimed job and keeps its lease, at most once a second."""

    def __init__(self, job: Job) -> None:
        self.job, self._last = job, datetime.min.replace(tzinfo=UTC)

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None:
        now = datetime.now(UTC)
        if now - self._last < timedelta(seconds=1) and done != total:
            return
        self._last = now
        kept = Job.objects.filter(pk=self.job.pk, lease_token=self.job.lease_token).update(
            progress=done, total=total, message=message[:KEPT_MESSAGE], lease_until=now + LEASE
        )
        if not kept:
            raise LostLease(str(self.job.pk))


@transaction.atomic(durable=True)
def claim(job_id: UUID) -> Job | None:
    """Take a waiting (or abandoned) job under a lease, or answer None when there is nothing to take.

    A job that took its worker down at every try is given up here: nobody else is left to say so.
    """
    now = datetime.now(UTC)
    job = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id).first()
    if job is None or job.is_over or job.run_after > now:
        return None
    if job.state == Job.State.RUNNING and job.lease_until is not None and job.lease_until > now:
        return None
    if job.attempts >= MOST_ATTEMPTS:
        job.state, job.finished_at, job.error = Job.State.FAILED, now, GIVEN_UP
        job.lease_until = job.lease_token = None
        job.save(update_fields=["state", "finished_at", "error", "lease_until", "lease_token"])
        logger.error("a job was given up", extra={"job": str(job.pk), "kind": job.kind})
        return None
    job.state, job.attempts, job.lease_token = Job.State.RUNNING, job.attempts + 1, uuid4()
    job.lease_until, job.started_at = now + LEASE, job.started_at or now
    job.save(update_fields=["state", "attempts", "lease_token", "lease_until", "started_at"])
    return job


def perform(job_id: UUID) -> None:
    """Claim and do one job; a repeat while somebody works on it, or after it is over, does nothing."""
    job = claim(job_id)
    if job is None:
        return
    if kind_called(job.kind) is GONE:
        _finish(job, state=Job.State.FAILED, error="This kind of work does not exist any more.")
        return
    actor = Actor(
        kind=job.actor.get("kind", "system"),
        id=UUID(job.actor["id"]) if job.actor.get("id") else None,
        label=job.actor.get("label", SYSTEM.label),
        all_permissions=True,  # the permission was checked when the job was asked for
        request_id=str(job.pk),
    )
    try:
        result = KINDS[job.kind].handler(actor=actor, progress=LeasedProgress(job), **job.arguments)
    except LostLease:
        logger.warning("a job was taken over", extra={"job": str(job.pk)})
    except Busy as busy:  # a refusal ends a job; this one is worth another try
        _try_again(job, busy.detail)
    except DomainError as refusal:
        _finish(job, state=Job.State.FAILED, error=refusal.detail, result=plain(dict(refusal.details)))
    except Exception as problem:
        logger.exception("a job failed", extra={"job": str(job.pk), "kind": job.kind})
        is_last = job.attempts >= MOST_ATTEMPTS
        _try_again(job, f"{type(problem).__name__}: {problem}" if is_last else traceback.format_exc(limit=3))
    else:
        _finish(job, state=Job.State.DONE, result=plain(result))


def _try_again(job: Job, error: str) -> None:
    """Give a claimed job back for a later try, or up after the last one."""
    error = error.replace("\0", "\u2400")  # PostgreSQL keeps no NUL
    if job.attempts >= MOST_ATTEMPTS:
        _finish(job, state=Job.State.FAILED, error=error)
        return
    due = datetime.now(UTC) + timedelta(seconds=10 * 4**job.attempts)
    _finish(job, state=Job.State.WAITING, error=error, run_after=due)
    VISITS.note(current_tenant().schema_name, due)


def _finish(job: Job, **values: Any) -> None:
    if values["state"] in (Job.State.DONE, Job.State.FAILED):
        values["finished_at"] = datetime.now(UTC)
    Job.objects.filter(pk=job.pk, lease_token=job.lease_token).update(lease_until=None, lease_token=None, **values)


def has_given_up(job_id: UUID | None) -> bool:
    """Whether work that was asked for failed for good, so that it may be asked for again."""
    return job_id is not None and Job.objects.filter(pk=job_id, state=Job.State.FAILED).exists()


def find_job(job_id: UUID, *, actor: Actor) -> Job:
    """A job the actor may see. Raises `NotFound`."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None or not actor.may(kind_called(job.kind).permission):
        raise NotFound("There is no such job.")
    return job
