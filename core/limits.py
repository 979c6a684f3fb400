"""Rate limits that hold under concurrency: the generic cell rate algorithm as one Redis script.

Without Redis requests are not limited: a shop that cannot sell is worse than one that is asked too often. Guessing is:
rates that say `is_kept` are counted in PostgreSQL then.
"""

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

from redis.exceptions import RedisError

from core.limits_kept import kept_give_back, kept_hit
from core.redis import live_redis
from core.tenancy.context import NoTenant
from core.tenancy.state import PUBLIC, current_schema

logger = logging.getLogger(__name__)

SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local next_due = due + interval
local allow_at = next_due - interval * burst
if now < allow_at then
    return {0, 0, math.ceil((allow_at - now) / 1000)}
end
redis.call('SET', KEYS[1], string.format('%.0f', next_due), 'PX', math.ceil((next_due - now) / 1000) + 1)
return {1, math.floor((interval * burst - (next_due - now)) / interval), 0}
"""

GIVE_BACK = """
local due = tonumber(redis.call('GET', KEYS[1]) or 0)
if due > 0 then
    redis.call('SET', KEYS[1], string.format('%.0f', due - tonumber(ARGV[1])), 'KEEPTTL')
end
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` requests per ``seconds``; that many at once, then evenly.

    ``is_kept``: it holds while Redis is away, too; of a shop's own people and codes.
    """

    name: str
    count: int
    seconds: int
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limiter says of one request."""

    allowed: bool
    remaining: int
    retry_after_seconds: float
    rate: Rate


@cache
def _script(text: str) -> Any:
    return live_redis().register_script(text)


def _key(rate: Rate, who: str) -> str:
    schema = current_schema()
    if schema is None:
        raise NoTenant("a rate limit needs a tenant or use_public()")
    return f"rs:limit:{schema}:{rate.name}:{who}"


def _is_kept(rate: Rate) -> bool:
    """Whether a rate holds without Redis here; only shops have a table for it."""
    return rate.is_kept and current_schema() not in (None, PUBLIC)


def _interval(rate: Rate) -> int:
    """Microseconds between requests of an even stream."""
    return rate.seconds * 1_000_000 // rate.count


def hit(rate: Rate, who: str) -> Verdict:
    """Count one request of ``who`` in the shop at hand and say whether it may pass."""
    try:
        allowed, remaining, wait = _script(SCRIPT)(keys=[_key(rate, who)], args=[_interval(rate), rate.count])
    except RedisError as problem:
        if _is_kept(rate):
            return Verdict(*kept_hit(rate, who), rate)
        logger.warning("rate limits are off, Redis does not answer", extra={"problem": str(problem)})
        return Verdict(True, rate.count, 0, rate)
    return Verdict(bool(allowed), int(remaining), int(wait) / 1000, rate)


def give_back(rate: Rate, who: str) -> None:
    """Take a counted request back, because it turned out not to be what the limit is for (a log-in that was right)."""
    try:
        _script(GIVE_BACK)(keys=[_key(rate, who)], args=[_interval(rate)])
    except RedisError as problem:
        if _is_kept(rate):
            kept_give_back(rate, who)
            return
        logger.warning("rate limits are off, Redis does not answer", extra={"problem": str(problem)})
