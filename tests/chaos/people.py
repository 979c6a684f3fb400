"""Who uses the shop meanwhile: tills that sell, a reader of the feed, a screen, a receiver of webhooks."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_connection
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from core.ids import uuid7

PAUSE = 0.05
"""Seconds before somebody who was refused asks again."""
TROUBLE = (OSError, HTTPException, ValueError)


@dataclass(frozen=True, slots=True)
class Door:
    """How to get into one shop: its host, and a key."""

    port: int
    host: str
    token: str
    location: str
    variants: tuple[tuple[str, str], ...]
    """Identifier and price."""


class Line:
    """A kept connection to the web server. Whatever goes wrong on it is an ``OSError`` or an ``HTTPException``."""

    def __init__(self, door: Door, seconds: float = 15) -> None:
        self.door, self.seconds = door, seconds
        self._http: HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body of one call; ``ValueError`` when a body is cut off."""
        self._http = self._http or HTTPConnection("127.0.0.1", self.door.port, timeout=self.seconds)
        headers = {"Host": self.door.host, "Authorization": f"Bearer {self.door.token}", "Accept": "application/json"}
        try:
            self._http.request(
                method,
                f"/api/v1/{path}",
                None if body is None else json.dumps(body),
                headers | ({} if body is None else {"Content-Type": "application/json"}),
            )
            answer = self._http.getresponse()
            text = answer.read()
        except (OSError, HTTPException):
            self.close()
            raise
        return answer.status, json.loads(text) if text[:1] == b"{" else None

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
        self._http = None


class Sales:
    """So many sales are to be made by all tills of a shop together; tells whoever waits how many are done."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.acknowledged: dict[str, Decimal] = {}
        self.retries = Counter[str]()
        self.refused: list[str] = []
        self.waits: list[float] = []
        self._begun = 0
        self._change = threading.Condition()
        self.stop = threading.Event()

    def next(self) -> bool:
        """Whether there is one more to make."""
        with self._change:
            self._begun += 1
            return self._begun <= self.wanted and not self.stop.is_set()

    def made(self, order: str, units: Decimal, seconds: float) -> None:
        with self._change:
            self.acknowledged[order] = units
            self.waits.append(seconds)
            self._change.notify_all()

    def wait_for(self, count: int, seconds: float) -> bool:
        """Wait until so many are done."""
        with self._change:
            return self._change.wait_for(lambda: len(self.acknowledged) + len(self.refused) >= count, seconds)

    @property
    def done(self) -> int:
        return len(self.acknowledged)


def sell(door: Door, sales: Sales, seed: int) -> None:
    """One till: a sale after the other, each asked for with its own id until somebody says that it is booked."""
    pick, line = random.Random(seed), Line(door)
    while sales.next():
        body, units = _basket(door, pick)
        began = time.monotonic()
        while not sales.stop.is_set():
            try:
                status, answer = line.ask("POST", "orders/", body)
            except TROUBLE as problem:
                trouble = type(problem).__name__
            else:
                if status in (200, 201):
                    sales.made(body["id"], units, time.monotonic() - began)
                    break
                if status < 500 and status not in (409, 429):
                    sales.refused.append(f"{status} {answer}")
                    break
                trouble = str(status)
            sales.retries[trouble] += 1
            sales.stop.wait(PAUSE)
    line.close()


def _basket(door: Door, pick: random.Random) -> tuple[dict[str, Any], Decimal]:
    chosen = pick.sample(door.variants, pick.randint(1, 2))
    total = sum((Decimal(price) for _, price in chosen), Decimal(0))
    lines = [{"variant": variant, "quantity": "1"} for variant, _ in chosen]
    payments = [{"method": "cash", "amount": f"{total:.2f}"}]
    return {"id": str(uuid7()), "location": door.location, "lines": lines, "payments": payments}, Decimal(len(chosen))


@dataclass
class Heard:
    """What a reader heard, by number, in the order it came."""

    epoch: str
    cursor: int
    seqs: list[int] = field(default_factory=list)
    resets: int = 0
    returns: int = 0
    wrong: list[str] = field(default_factory=list)

    def take(self, events: list[dict[str, Any]], through: int) -> None:
        self.seqs += [event["seq"] for event in events]
        self.cursor = max(self.cursor, through)

    def reset(self, epoch: str, head: int) -> None:
        self.resets += 1
        self.epoch, self.cursor = epoch, head


def read_feed(door: Door, heard: Heard, stop: threading.Event) -> None:
    """Follow the event feed, going on from where the last answer ended."""
    line = Line(door)
    while not stop.is_set():
        query = urlencode({"after": heard.cursor, "epoch": heard.epoch, "limit": 500})
        try:
            status, answer = line.ask("GET", f"events/?{query}")
        except TROUBLE:
            status, answer, heard.returns = 0, None, heard.returns + 1
        if status == 200:
            heard.take(answer["results"], answer["next_after"])
            if answer["has_more"]:
                continue
        elif status == 410:
            heard.reset(answer["epoch"], answer["head"])
        elif 400 <= status < 500 and status != 429:
            heard.wrong.append(f"{status} {answer}")
        stop.wait(4 * PAUSE)
    line.close()


def watch(door: Door, heard: Heard, stop: threading.Event) -> None:
    """A screen: takes a ticket, opens the socket, comes back with ``since`` after every loss."""
    line = Line(door)
    while not stop.is_set():
        try:
            status, answer = line.ask("POST", "live/tickets/", {})
            if status == 201:
                _listen(door, answer["ticket"], heard, stop)
        except (*TROUBLE, WebSocketException):
            pass
        heard.returns += 1
        stop.wait(2 * PAUSE)
    line.close()


def _listen(door: Door, ticket: str, heard: Heard, stop: threading.Event) -> None:
    query = urlencode({"ticket": ticket, "since": f"{heard.epoch}:{heard.cursor}"})
    address = f"ws://{door.host}:{door.port}/ws/events/?{query}"
    wire = create_connection(("127.0.0.1", door.port), timeout=5)
    screen = connect(address, sock=wire, max_size=None, compression=None, close_timeout=1, legacy=True)
    with screen:
        while not stop.is_set():
            try:
                frame = json.loads(screen.recv(timeout=0.5))
            except TimeoutError:
                continue
            if frame["type"] == "events":
                heard.take(frame["events"], frame["through"])
            elif frame["type"] == "ping":
                heard.cursor = max(heard.cursor, frame["head"])
            elif frame["type"] == "reset":
                heard.reset(frame["epoch"], frame["seq"])


@dataclass
class Mail:
    """What a receiver of webhooks got: how often each event, and whose."""

    url: str = ""
    times: Counter[str] = field(default_factory=Counter)
    count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def got(self, event: str) -> None:
        with self._lock:
            self.times[event] += 1
            self.count += 1


@contextmanager
def receiving() -> Iterator[Mail]:
    """A receiver of webhooks that takes everything, for the time of the block."""
    mail = Mail()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            mail.got(body["id"])
            with suppress(OSError):  # whoever asked may be dead
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    mail.url = f"http://127.0.0.1:{server.server_port}/in"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield mail
    finally:
        server.shutdown()
        server.server_close()
