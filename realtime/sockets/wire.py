"""One browser's line: written straight through, or a short queue and the one task that empties it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from realtime.sockets.closing import Close
from realtime.sockets.straight import straight_to

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Wire:
    """Frames go in from anywhere in the event loop and leave in order.

    A reader that lets more than ``most`` frames pile up is cut off with a code it can resume from: others must not
    pay for it with memory.
    """

    def __init__(self, send: Send, *, most: int) -> None:
        self._send = send
        self._straight = straight_to(send)
        self._most = most
        self._waiting: deque[str] = deque()
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._is_sending = False
        self._code: Close | None = None
        self._reason = ""
        self._task = asyncio.create_task(self._write())

    @property
    def is_open(self) -> bool:
        return self._code is None and not self._task.done()

    def put(self, text: str) -> None:
        """Send a frame, at once if the line is free; after the end nothing happens."""
        if self._code is not None:
            return
        if self._straight is not None and not self._waiting and not self._is_sending and self._straight.write(text):
            return
        if len(self._waiting) >= self._most:
            self._waiting.clear()
            self.close(Close.TOO_SLOW)
            return
        self._waiting.append(text)
        self._wake.set()

    async def put_in_turn(self, text: str, *, seconds: float) -> None:
        """Queue a frame of a long story as soon as half of the queue is free; one who takes no frame is cut off."""
        while self.is_open and len(self._waiting) >= self._most // 2:
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), seconds)
            except TimeoutError:
                self._waiting.clear()
                self.close(Close.TOO_SLOW)
        self.put(text)

    def close(self, code: Close, reason: str = "") -> None:
        """End the line after what is queued; the first reason counts. ``reason`` has at most 123 bytes (RFC 6455)."""
        if self._code is None:
            self._code, self._reason = code, reason
            self._wake.set()

    async def drop(self) -> None:
        """The other side is gone: stop writing."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _write(self) -> None:
        # Whatever a server raises when the other side has gone, the end of the connection is told to the reader too.
        with suppress(Exception):
            while True:
                while self._waiting:
                    self._is_sending = True
                    await self._send({"type": "websocket.send", "text": self._waiting.popleft()})
                    self._is_sending = False
                    self._moved.set()
                if self._code is not None:
                    await self._send({"type": "websocket.close", "code": int(self._code), "reason": self._reason})
                    return
                self._wake.clear()
                await self._wake.wait()
