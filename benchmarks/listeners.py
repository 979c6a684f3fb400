"""A client that costs little: reads WebSocket frames and notes when each came, so that the server is what is measured."""

import asyncio
import os
import struct
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

TEXT, PING, PONG = 1, 9, 10


@dataclass(eq=False)
class Listener(asyncio.Protocol):
    """One socket. ``arrived`` keeps when each of the things came that ``wanted`` finds in a payload.

    ``answers`` maps a payload to what is answered at once: the greetings of Socket.IO.
    """

    host: str
    path: str
    wanted: Callable[[bytes], Sequence[str]]
    arrived: dict[str, list[float]]
    answers: dict[bytes, bytes] = field(default_factory=dict)
    ready: Callable[[bytes], bool] = bool
    extensions: str = ""
    kinds: set[bytes] = field(default_factory=set)
    """How the payloads that came began, in 14 bytes: enough for ``{"type":"reset``."""
    frames: int = 0
    received: int = 0
    rest: bytes = b""
    is_open: bool = False
    greeted: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"{f'Sec-WebSocket-Extensions: {self.extensions}' + chr(13) + chr(10) if self.extensions else ''}\r\n".encode()
        )

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(ConnectionError(f"closed before it was greeted: {self.rest[:200]!r}"))

    def data_received(self, data: bytes) -> None:
        now = time.time()
        self.received += len(data)
        self.rest += data
        if not self.is_open:
            head, end, self.rest = self.rest.partition(b"\r\n\r\n")
            if not end or b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.rest = head + end + self.rest
                return
            self.is_open = True
        while (size := whole(self.rest)) is not None:
            kind, payload, self.rest = self.rest[0] & 0x0F, self.rest[size[0] : size[1]], self.rest[size[1] :]
            if kind == PING:
                self.say(payload, PONG)
            else:
                self.take(payload, now)

    def take(self, payload: bytes, now: float) -> None:
        self.frames += 1
        self.kinds.add(payload[:14])
        if keys := self.wanted(payload):
            for key in keys:
                self.arrived.setdefault(key, []).append(now)
        elif (kind := payload[:2]) in self.answers or (kind := payload[:1]) in self.answers:
            self.say(self.answers[kind])
        if not self.greeted.done() and self.ready(payload):
            self.greeted.set_result(payload)

    def note(self, what: Callable[[bytes], None]) -> None:
        """Hand every payload to ``what`` from now on."""

        def noted(payload: bytes) -> Sequence[str]:
            what(payload)
            return ()

        self.wanted = noted

    def say(self, payload: bytes, kind: int = TEXT) -> None:
        """A short frame; the mask is zero, which is a mask too."""
        self.transport.write(struct.pack("!BB4x", 0x80 | kind, 0x80 | len(payload)) + payload)


def whole(data: bytes) -> tuple[int, int] | None:
    """Where the payload of the first frame begins and ends, once all of it is there."""
    if len(data) < 2:
        return None
    size, start = data[1] & 0x7F, 2
    if size >= 126:
        start = 4 if size == 126 else 10
        if len(data) < start:
            return None
        size = int.from_bytes(data[2:start], "big")
    return (start, start + size) if len(data) >= start + size else None
