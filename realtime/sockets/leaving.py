"""How a socket process ends: every line is told when to come back, so that nobody's next server is run over."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType
from typing import Any

from realtime.sockets.closing import Close
from realtime.sockets.frames import frame
from realtime.sockets.room import Socket

logger = logging.getLogger(__name__)
SOONEST_SECONDS = 0.5
RETURNS_PER_SECOND = 100
FLUSH_SECONDS = 1.0


def waits_of(sockets: int) -> list[float]:
    """When each of so many is to come back, in seconds from now: one after the other, a hundred a second at most."""
    return [SOONEST_SECONDS + place / RETURNS_PER_SECOND for place in range(sockets)]


def say_goodbye(sockets: Iterable[Socket]) -> None:
    """Tell every line when to come back, and end it with the code of a server that restarts."""
    lines = list(sockets)
    for socket, wait in zip(lines, waits_of(len(lines)), strict=True):
        socket.wire.put(frame("restart", wait=round(wait, 2)))
        socket.wire.close(Close.RESTART, f"come back in {wait:.2f} s")


def on_termination(goodbye: Callable[[], Iterable[Socket]]) -> None:
    """When this process is asked to end, say goodbye first and let the server's own end follow.

    Called in the event loop of the server; does nothing elsewhere than in the main thread, where signals arrive.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    servers: Any = signal.getsignal(signal.SIGTERM)
    if not callable(servers):
        return
    running: set[asyncio.Task[None]] = set()

    async def leave(number: int) -> None:
        say_goodbye(goodbye())
        with suppress(TimeoutError):
            await asyncio.wait_for(_all_gone(goodbye), FLUSH_SECONDS)
        servers(number, None)

    def begin(number: int) -> None:
        running.add(loop.create_task(leave(number)))

    def asked(number: int, at: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, servers)  # a second one ends at once
        loop.call_soon_threadsafe(begin, number)

    signal.signal(signal.SIGTERM, asked)


async def _all_gone(sockets: Callable[[], Iterable[Socket]]) -> None:
    while any(True for _ in sockets()):
        await asyncio.sleep(0.02)
