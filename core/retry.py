"""Try a transaction again when it lost a race for locks, and say so when it keeps losing."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

from core.errors import Busy

T = TypeVar("T")
LOST_RACES = {"55P03", "40P01", "40001"}  # lock not available, deadlock detected, serialization failure
TRIES = 4


def with_locks(work: Callable[[], T]) -> T:
    """Run ``work``, a whole transaction, up to four times; raises `Busy` when the locks cannot be had."""
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except OperationalError as problem:
            if getattr(problem.__cause__, "sqlstate", None) not in LOST_RACES:
                raise
            if attempt == TRIES:
                raise Busy from problem
            time.sleep(random.uniform(0.02, 0.08))  # noqa: S311  jitter: the losers of one race must not meet again at once
    raise AssertionError("unreachable")
