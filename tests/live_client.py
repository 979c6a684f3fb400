"""A program that listens to a shop as a browser would: logs in, takes a ticket, opens the socket, resumes."""

import json
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from core.testing import Shop
from tests.processes import Product

CSRF = "a" * 32


def session_of(shop: Shop, role: str) -> str:
    """The cookies of a person who is logged in."""
    return f"__Host-session={shop.client(role).cookies['__Host-session'].value}; __Host-csrf={CSRF}"


@dataclass
class Listener:
    """One person at one shop, with what was heard so far."""

    product: Product
    shop: Shop
    role: str = "owner"
    topics: str = ""
    cookies: str = ""
    epoch: str = ""
    cursor: int = -1
    events: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    line: ClientConnection | None = None

    def __post_init__(self) -> None:
        self.cookies = self.cookies or session_of(self.shop, self.role)

    @property
    def host(self) -> str:
        return f"{self.shop.host}:{self.product.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def ask(self, path: str, *, method: str = "GET", body: Any = None, origin: str | None = None) -> tuple[int, Any]:
        """Status and JSON of an API call with this person's session."""
        http = HTTPConnection("127.0.0.1", self.product.port, timeout=20)
        headers = {
            "Host": self.host,
            "Cookie": self.cookies,
            "X-CSRFToken": CSRF,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Origin": self.origin if origin is None else origin,
        }
        http.request(method, path, None if body is None else json.dumps(body), headers)
        answer = http.getresponse()
        text = answer.read()
        http.close()
        return answer.status, json.loads(text) if text[:1] in (b"{", b"[") else text.decode()

    def ticket(self) -> str:
        status, body = self.ask("/api/v1/live/tickets/", method="POST")
        assert status == 201, body
        return str(body["ticket"])

    def open(
        self,
        *,
        ticket: str | None = None,
        origin: str | None = "same",
        host: str = "",
        receive_buffer: int = 0,
        **more: str,
    ) -> ClientConnection:
        """Open the socket, resuming where this listener stands."""
        query = {"ticket": self.ticket() if ticket is None else ticket, **more}
        if self.cursor >= 0:
            query.setdefault("since", f"{self.epoch}:{self.cursor}")
        if self.topics:
            query["topics"] = self.topics
        wire = socket.socket()
        if receive_buffer:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        wire.connect(("127.0.0.1", self.product.port))
        asked = self.origin if origin == "same" else origin
        self.line = connect(
            f"ws://{host or self.host}/ws/events/?{urlencode(query)}",
            sock=wire,
            origin=Origin(asked) if asked else None,
            max_size=None,
            compression=None,
            close_timeout=1,
            legacy=True,  # the line outlives this call
        )
        return self.line

    def read(self, seconds: float = 10) -> dict[str, Any]:
        """The next frame, taken into account. Raises ``TimeoutError`` or ``ConnectionClosed``."""
        assert self.line is not None
        frame: dict[str, Any] = json.loads(self.line.recv(timeout=seconds))
        self.frames.append(frame)
        if frame["type"] == "hello":
            self.epoch = frame["epoch"]
            self.cursor = frame["last_seq"] if self.cursor < 0 else self.cursor
        elif frame["type"] == "reset":
            self.epoch, self.cursor = frame["epoch"], frame["seq"]
        elif frame["type"] == "events":
            self.events.extend(frame["events"])
            self.cursor = frame["through"]
        elif frame["type"] == "ping":
            self.cursor = max(self.cursor, frame["head"])
        return frame

    def greet(self, **options: Any) -> dict[str, Any]:
        """Open and read the greeting."""
        self.open(**options)
        return self.read()

    def until(self, kind: str, seconds: float = 10) -> dict[str, Any]:
        """Read until a frame of a kind has come."""
        while (frame := self.read(seconds))["type"] != kind:
            pass
        return frame

    def through(self, seq: int, seconds: float = 20) -> None:
        """Read until everything up to ``seq`` has been told."""
        while self.cursor < seq:
            self.read(seconds)

    def cut(self) -> None:
        """End the line without a word, as a lost network does."""
        assert self.line is not None
        with suppress(OSError):
            self.line.socket.shutdown(socket.SHUT_RDWR)
        self.line.close_socket()
        self.line = None

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
