"""How the stream of a shop is doing: numbers for operators, and for the shop's own status page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from core.outbox.models import Event, Stream
from core.outbox.readers import READERS, Backlog


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """Where a stream stands.

    ``unnumbered`` events are committed and wait for the relay, the oldest for ``lag_seconds``. ``last_event`` is the
    newest that has a number, ``kept_from`` the lowest number that the feed still tells (None: it has none to tell).
    """

    epoch: UUID | None
    head: int
    unnumbered: int
    lag_seconds: float
    last_event: Event | None
    kept_from: int | None
    backlogs: Mapping[str, Backlog]

    @property
    def worst_seconds(self) -> float:
        """The age of the oldest thing that should have gone on."""
        return max([self.lag_seconds, *(backlog.overdue_seconds for backlog in self.backlogs.values())])


def stream_status(now: datetime | None = None) -> StreamStatus:
    """The stream of the shop at hand, now."""
    now = now or datetime.now(UTC)
    stream = Stream.objects.filter(pk=1).first()
    waiting = Event.objects.filter(seq__isnull=True).order_by("id")
    oldest = waiting.first()
    return StreamStatus(
        epoch=stream.epoch if stream else None,
        head=stream.head if stream else 0,
        unnumbered=waiting.count(),
        lag_seconds=max(0.0, (now - oldest.recorded_at).total_seconds()) if oldest else 0.0,
        last_event=Event.objects.filter(seq__isnull=False).order_by("-seq").first(),
        kept_from=stream.kept_from if stream and stream.kept_from <= stream.head else None,
        backlogs={reader.name: reader.backlog() for reader in READERS.values()},
    )
