"""Wait for news of a shop's stream: rung by the relay, and looking every two seconds where nobody rings.

Whoever waits holds a thread of the web server and nothing else: no transaction, no database connection. Few may wait
at a time in one process, and one shop may not take all places; the others are answered at once and come back later.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from django.conf import settings
from django.db import connection
from redis.exceptions import RedisError

from core.outbox.doorbell import NUMBERED
from core.outbox.selectors import Slice, events_after
from core.redis import waiting_redis
from core.tenancy.context import current_tenant

LONGEST_SECONDS = 30
LOOK_SECONDS = 2.0
_lock = threading.Lock()
_waiting: Counter[str] = Counter()
_nobody_rings = threading.Event()


def events_with_patience(after: int, *, seconds: float, **which: Any) -> Slice:
    """As `events_after`, but when there is nothing yet that the actor may know: wait for it up to ``seconds``.

    Where all places are taken the empty answer comes at once. Raises `Reset`, also in the middle of the wait.
    """
    found = events_after(after, **which)
    if seconds <= 0 or found.events or connection.in_atomic_block:
        return found
    schema, until = current_tenant().schema_name, time.monotonic() + seconds
    with _place(schema) as has_place:
        if not has_place:
            return found
        with _Bell(schema) as bell:
            # Once more under the bell: what was numbered before it hung does not ring.
            while not (found := events_after(found.next_after, **which)).events:
                left = until - time.monotonic()
                if left <= 0:
                    break
                connection.close()
                bell.wait(min(left, LOOK_SECONDS))
    return found


@contextmanager
def _place(schema: str) -> Iterator[bool]:
    """One of the places of this process; a shop has half of them at most."""
    most = settings.FEED_WAITERS
    with _lock:
        is_free = _waiting.total() < most and _waiting[schema] < max(1, most // 2)
        _waiting[schema] += is_free
    try:
        yield is_free
    finally:
        with _lock:
            _waiting[schema] -= is_free
            if not _waiting[schema]:
                del _waiting[schema]


class _Bell:
    """Rings when the relay has numbered events of a shop. Where Redis is away it is a clock."""

    def __init__(self, schema: str) -> None:
        self._channel = NUMBERED.format(schema)
        self._line: Any = None

    def __enter__(self) -> Self:
        redis: Any = waiting_redis()
        line = redis.pubsub()
        try:
            line.subscribe(self._channel)
            line.get_message(timeout=LOOK_SECONDS)  # the answer: from here on nothing is missed
            self._line = line
        except (RedisError, OSError):
            line.close()
        return self

    def wait(self, seconds: float) -> None:
        if self._line is None:
            _nobody_rings.wait(seconds)
            return
        try:
            self._line.get_message(timeout=seconds)
        except (RedisError, OSError):
            self._line.close()
            self._line = None

    def __exit__(self, *problem: object) -> None:
        if self._line is not None:
            self._line.close()
