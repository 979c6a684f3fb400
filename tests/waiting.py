"""Wait for something that another process or thread does."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, seconds: float = 10, step: float = 0.02) -> None:
    """Return as soon as ``condition`` holds; fail the test when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {condition}")
        time.sleep(step)
