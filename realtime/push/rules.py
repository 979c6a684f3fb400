"""The numbers of push, and what follows from a push service's answer: pure functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.http_out import parse_retry_after

WAITS_SECONDS = (10, 60, 300, 1800, 7200, 21_600)
"""The wait after the first failure, the second and so on; then always the last."""
JITTER = 0.2
GONE = frozenset({404, 410})
GIVE_UP_AFTER = timedelta(days=3)
REST = timedelta(seconds=5)
"""After a message: what happens meanwhile is told together."""
FRESH = timedelta(hours=24)
"""What is older is no push message any more."""
MOST_SINGLE = 3
"""More news than this at once are one message."""
MOST_PER_PERSON = 20
LEASE = timedelta(seconds=60)
WALL_SECONDS = 5.0
MOST_AT_ONCE = 16
LOST_FOR = timedelta(days=14)
"""How long the daily mail tells what push messages would have, once nobody could be reached by them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a browser after a try."""

    is_good: bool = False
    is_gone: bool = False
    wait: timedelta = REST


def judge(
    *, status: int | None, retry_after: str, failures: int, failing_since: datetime | None, now: datetime, spread: float
) -> Verdict:
    """Decide after a try; ``status`` None: there was no answer. ``failures`` were before it, ``spread`` is -1 to 1."""
    if status is not None and 200 <= status < 300:
        return Verdict(is_good=True)
    if status in GONE or (failing_since is not None and now - failing_since >= GIVE_UP_AFTER):
        return Verdict(is_gone=True)
    step = timedelta(seconds=WAITS_SECONDS[min(failures, len(WAITS_SECONDS) - 1)]) * (1 + JITTER * spread)
    asked = parse_retry_after(retry_after, now)
    return Verdict(wait=step if asked is None else max(step, asked))
