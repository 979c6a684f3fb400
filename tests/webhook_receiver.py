"""A real HTTP receiver on this machine, for tests of webhooks: keeps every request, answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], bytes]
OK: Reply = (200, {"Content-Type": "text/plain"}, b"thanks")


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """``replies`` are given in turn, then always ``reply``. While ``gate`` is clear, nobody is answered."""

    url: str = ""
    reply: Reply = OK
    replies: list[Reply] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiving(reply: Reply = OK, *, hangs: bool = False, note: Callable[[], Any] = lambda: None) -> Iterator[Receiver]:
    """Listen on a free port for the time of the block; ``note`` is called at every request."""
    box = Receiver(reply=reply)
    if not hangs:
        box.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.received.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers, content = box.replies.pop(0) if box.replies else box.reply
            note()
            box.arrived.set()
            box.gate.wait(30)
            try:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # the caller gave up, as it should

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    box.url = f"http://127.0.0.1:{server.server_port}/in"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield box
    finally:
        box.gate.set()
        server.shutdown()
        server.server_close()
