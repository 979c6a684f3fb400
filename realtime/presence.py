"""How many screens of a shop are live: each socket process says its number, and its word expires by itself."""

import logging
import time
from typing import Any

from redis.exceptions import RedisError

from core.redis import live_redis
from core.tenancy.context import current_tenant

logger = logging.getLogger(__name__)
CHANNEL = "rs:live:{}"
CHANGED = b"presence"


def show_screens(process: str, screens: int, *, seconds: float) -> None:
    """Say how many sockets of the shop at hand this process holds, for ``seconds``; tells the others of a change."""
    schema = current_tenant().schema_name
    counts, ends = _keys(schema)
    try:
        before: Any = live_redis().hget(counts, process)
        with live_redis().pipeline() as work:
            if screens:
                work.hset(counts, process, str(screens))
                work.zadd(ends, {process: time.time() + seconds})
            else:
                work.hdel(counts, process)
                work.zrem(ends, process)
            for key in (counts, ends):
                work.expire(key, int(seconds) + 60)
            if int(before or 0) != screens:
                work.publish(CHANNEL.format(schema), CHANGED)
            work.execute()
    except RedisError as problem:
        logger.warning("nobody was told how many screens are live", extra={"problem": str(problem)})


def count_screens() -> int:
    """The live screens of the shop at hand in all processes; 0 while Redis does not answer."""
    counts, ends = _keys(current_tenant().schema_name)
    try:
        alive: Any = live_redis().zrangebyscore(ends, time.time(), "+inf")
        values: Any = live_redis().hmget(counts, alive) if alive else []
    except RedisError as problem:
        logger.warning("nobody knows how many screens are live", extra={"problem": str(problem)})
        return 0
    return sum(int(value or 0) for value in values)


def _keys(schema: str) -> tuple[str, str]:
    return f"rs:presence:{schema}:sockets", f"rs:presence:{schema}:ends"
