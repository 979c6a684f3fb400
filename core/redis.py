"""The process's connections to Redis: short time-outs, because nothing there may hold up a sale."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@cache
def live_redis() -> "redis.Redis":
    """The database of doorbells and live frames, for callers that must not wait (200 ms at most)."""
    return redis.Redis.from_url(
        settings.LIVE_REDIS_URL,  # type: ignore[misc]  # read in an import cycle the plugin cannot follow
        socket_timeout=0.2,
        socket_connect_timeout=0.2,
        retry=Retry(NoBackoff(), 1),  # one for a connection that went stale; the library's own pauses are seconds
        health_check_interval=15,
    )


@cache
def waiting_redis() -> "redis.Redis":
    """The same database for processes that block on it, such as the relay."""
    return redis.Redis.from_url(
        settings.LIVE_REDIS_URL,  # type: ignore[misc]
        socket_timeout=10,
        socket_connect_timeout=1,
    )
