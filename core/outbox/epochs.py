"""A new epoch: the numbers of the stream mean another history from now on."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Invalid
from core.outbox.events import StreamRestarted
from core.outbox.models import Stream
from core.outbox.readers import READERS
from core.outbox.relay import hold_stream, number_next
from core.outbox.services import emit


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was begun: ``head`` is the last number of the history that stands, ``parked`` what readers gave up."""

    epoch: UUID
    head: int
    parked: int


@transaction.atomic
def begin_epoch(epoch: UUID, *, reason: str, actor: Actor) -> Epoch:
    """Begin the epoch named by the caller, after the rows of the shop were replaced; for operators, no route calls it.

    Whoever comes with a number of the epoch before (feed, socket) is told to read the state anew. What webhooks had not
    sent is parked, events without a number included: the receivers may have had it, in the history that is gone.
    `stream.restarted` is the first event of the new epoch. A repeat with the same epoch changes nothing.

    Raises:
        Invalid: no reason was given.
    """
    if not reason.strip():
        raise Invalid("Say why a new epoch begins: a restore, for instance.")
    stream = hold_stream()
    if stream.epoch == epoch:
        return Epoch(epoch, stream.head, 0)
    while number_next(stream):
        pass
    before = stream.epoch
    why = f"Parked, the history of the shop was replaced: {reason.strip()}"
    parked = sum(reader.park(why) for reader in READERS.values())
    Stream.objects.filter(pk=1).update(epoch=epoch)
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="stream",
        object_id=epoch,
        object_label=reason.strip()[:200],
        changes={"epoch": (before, epoch), "parked": (None, parked)},
    )
    emit(
        StreamRestarted(epoch=epoch, version=1, before=before, reason=reason.strip(), parked=parked),
        actor=actor,
    )
    return Epoch(epoch, stream.head, parked)
