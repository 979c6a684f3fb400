"""Book what could not be booked, after what was in its way is gone."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.errors import Busy, Conflict, DomainError
from core.retry import with_locks
from core.sync.errors import StillUnfit
from core.sync.flags import BOOKED, close, locked_flag, raise_flags
from core.sync.models import Flag, SyncItem
from core.sync.reading import Authors, read_item
from core.sync.registry import KINDS, QUARANTINED, Item, Outcome, Unfit
from core.sync.taking import item_of

T = TypeVar("T")


def book_again(flag_id: UUID, *, actor: Actor) -> Flag:
    """Take a kept item once more, as it came and as of when it happened; a repeat changes nothing.

    Raises:
        NotFound: there is no such exception at a location where the actor may settle them.
        Conflict: it is not about an item that could not be booked, or somebody settled it in another way.
        StillUnfit: it can still not be booked; nothing has changed.
        Busy: the locks were not to be had in time.
    """
    return retried(lambda: _book_again(flag_id, actor))


def retried(work: Callable[[], T]) -> T:
    """Run a whole transaction that books an item again; what it cannot be is `StillUnfit`."""
    try:
        return with_locks(work)
    except Unfit as why:
        raise StillUnfit(why.detail, details={"because": why.code}) from why
    except (Busy, Conflict, StillUnfit):
        raise
    except IntegrityError as conflict:
        raise StillUnfit("Its id belongs to something else.", details={"because": "identifier-reused"}) from conflict


@transaction.atomic
def _book_again(flag_id: UUID, actor: Actor) -> Flag:
    flag = locked_flag(flag_id, actor=actor)
    if flag.resolution == BOOKED:
        return flag
    if flag.kind != QUARANTINED or flag.resolved_at is not None:
        raise Conflict("There is nothing to be booked here any more.")
    return rebook(flag, actor=actor)


def rebook(flag: Flag, *, actor: Actor, take: Callable[[Item], Outcome] | None = None, remedy: str = "") -> Flag:
    """Take the item of a locked exception, by its kind or by ``take``, and settle it; in the caller's transaction.

    Raises `Unfit`, `StillUnfit`, `Busy` and `IntegrityError`: give up the transaction (`retried`).
    """
    row = flag.item
    said = read_item(json.loads(row.body), device=row.device, now=datetime.now(UTC))
    kind = KINDS.get(said.kind)
    if said.problem or kind is None:
        raise Unfit("unreadable", said.problem or "This server does not know what it is.")
    sender = Actor(kind="device", id=row.device_id, label=row.device.name, request_id=actor.request_id)
    author = Authors(row.device, sender).of(said.author)
    item = item_of(replace(said, occurred_at=row.occurred_at), row.device, author.actor, author.rights)
    try:
        outcome = (take or kind.take)(item)
    except Busy:
        raise
    except DomainError as refusal:
        raise StillUnfit(refusal.detail, details={**refusal.details, "because": refusal.code}) from refusal
    row.outcome = SyncItem.Outcome.APPLIED if outcome.is_new else SyncItem.Outcome.DUPLICATE
    row.answer, row.body, row.code = dict(outcome.answer), "", ""
    row.save(update_fields=["outcome", "answer", "body", "code"])
    if outcome.is_new:
        raise_flags(row, outcome.doubts, outcome=outcome, actor=actor)
    flag.object_type, flag.object_id, flag.object_label = outcome.object_type, outcome.object_id, outcome.label[:200]
    flag.save(update_fields=["object_type", "object_id", "object_label"])
    close(flag, BOOKED, "", actor, remedy=remedy)
    return flag
