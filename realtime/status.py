"""How the live side of one shop is doing."""

from dataclasses import dataclass
from datetime import UTC, datetime

from redis.exceptions import RedisError

from core.outbox.models import Event, Stream
from core.redis import live_redis
from realtime.presence import count_screens


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """``waiting`` events are committed and not numbered yet; ``lag_seconds`` is the age of the oldest of them."""

    screens: int
    epoch: str
    head: int
    waiting: int
    lag_seconds: float
    last_event: Event | None
    redis_answers: bool

    @property
    def is_well(self) -> bool:
        return self.redis_answers and self.lag_seconds < 10


def live_status() -> LiveStatus:
    """The live side of the shop at hand, now."""
    stream = Stream.objects.filter(pk=1).first()
    waiting = Event.objects.filter(seq__isnull=True).order_by("id")
    oldest = waiting.first()
    return LiveStatus(
        screens=count_screens(),
        epoch=str(stream.epoch) if stream else "",
        head=stream.head if stream else 0,
        waiting=waiting.count(),
        lag_seconds=(datetime.now(UTC) - oldest.recorded_at).total_seconds() if oldest else 0.0,
        last_event=Event.objects.filter(seq__isnull=False).order_by("-seq").first(),
        redis_answers=_redis_answers(),
    )


def _redis_answers() -> bool:
    try:
        return bool(live_redis().ping())
    except RedisError:
        return False
