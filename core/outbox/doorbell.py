"""The doorbell: says which shop has new events. Losing it costs seconds, never an event."""

import logging
import time
from typing import Any

from redis.exceptions import RedisError

from core.redis import live_redis, waiting_redis

KEY = "rs:doorbell"
NUMBERED = "rs:numbered:{}"
"""The channel on which a shop's schema hears that there are new numbers."""
logger = logging.getLogger(__name__)


def ring(schema: str) -> None:
    """Say that a shop has committed events. Never raises: the relay's sweep finds what a lost ring left."""
    try:
        live_redis().zadd(KEY, {schema: time.time()}, nx=True)
    except RedisError as problem:
        logger.warning("the doorbell did not ring", extra={"schema": schema, "problem": str(problem)})


def wait_for_ring(seconds: float) -> str | None:
    """The next shop that rang, or None after ``seconds``. Raises ``RedisError`` when Redis is away."""
    answer: Any = waiting_redis().bzpopmin(KEY, timeout=seconds)
    return answer[1].decode() if answer else None


def announce(schema: str) -> None:
    """Say to whoever waits at the event feed that there are new numbers. Never raises: they also look by themselves."""
    try:
        live_redis().publish(NUMBERED.format(schema), b"")
    except RedisError as problem:
        logger.warning("new numbers were not announced", extra={"schema": schema, "problem": str(problem)})
