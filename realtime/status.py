"""How the live side of one shop is doing."""

from dataclasses import dataclass

from redis.exceptions import RedisError

from core.outbox.status import StreamStatus, stream_status
from core.redis import live_redis
from realtime.sockets.presence import count_screens


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """The stream of the shop, how many screens listen to it, and whether they hear at once."""

    stream: StreamStatus
    screens: int
    redis_answers: bool

    @property
    def is_well(self) -> bool:
        return self.redis_answers and self.stream.lag_seconds < 10


def live_status() -> LiveStatus:
    """The live side of the shop at hand, now."""
    return LiveStatus(stream=stream_status(), screens=count_screens(), redis_answers=_redis_answers())


def _redis_answers() -> bool:
    try:
        return bool(live_redis().ping())
    except RedisError:
        return False
