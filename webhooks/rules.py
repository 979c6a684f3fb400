"""Every number of the delivery protocol, and the arithmetic of retries: pure functions of what they are given.

The source is RELIABILITY 4; `docs/webhooks.md` tells it to those who receive.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core.http_out import LONGEST_WAIT, parse_retry_after

WAITS_SECONDS = (0, 5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The wait before each try: eleven tries over about 75 hours."""
JITTER = 0.2
BUSY = frozenset({429, 502, 503, 504})
BUSY_WAIT = timedelta(seconds=60)
GONE = 410
WARN_AFTER = timedelta(days=1)
DISABLE_AFTER = timedelta(days=5)

LEASE = timedelta(seconds=60)
MOST_AT_ONCE = 16
"""Deliveries of one shop that may be under way together."""
MOST_PER_ENDPOINT = 4
FAILING_AT_ONCE = 1
"""An endpoint that fails gets one try at a time, so that dead ones cannot use up the shop's share."""

BODY_BYTES = 20 * 1024
KEPT = timedelta(days=30)
ROTATION_OVERLAP = timedelta(hours=24)
MOST_ENDPOINTS = 50
MOST_REPLAYED = 10_000

State = Literal["pending", "done", "dead"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery after a try. ``off_because`` is filled when the endpoint is turned off."""

    state: State
    due_at: datetime | None = None
    off_because: str = ""


def judge(
    *,
    tries: int,
    status: int | None,
    retry_after: str,
    now: datetime,
    failing_since: datetime | None,
    spread: float,
    is_test: bool = False,
) -> Verdict:
    """Decide after try number ``tries`` (1 is the first). ``status`` None means that there was no answer.

    ``spread`` between -1 and 1 is the roll of the dice; ``failing_since`` is when this endpoint last began to fail.
    A test is tried once and turns nothing off.
    """
    if status is not None and 200 <= status < 300:
        return Verdict("done")
    if is_test:
        return Verdict("dead")
    if status == GONE:
        return Verdict("dead", off_because="The receiver answered 410 Gone.")
    since = failing_since or now
    off = "Every try of the last 5 days failed." if now - since >= DISABLE_AFTER else ""
    if tries >= len(WAITS_SECONDS):
        return Verdict("dead", off_because=off)
    return Verdict("pending", now + _wait(tries, status, retry_after, now, spread), off)


def _wait(tries: int, status: int | None, retry_after: str, now: datetime, spread: float) -> timedelta:
    step = timedelta(seconds=WAITS_SECONDS[tries])
    wait = step * (1 + JITTER * max(-1.0, min(spread, 1.0)))
    if status in BUSY:
        wait = max(wait, BUSY_WAIT)
    asked = parse_retry_after(retry_after, now)
    return wait if asked is None else max(wait, min(asked, LONGEST_WAIT))
