"""A receiver that is in charge of every byte it sends, for tests of what we call."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Receiver:
    """A server on this machine that reads one request per connection and then behaves as it was told."""

    def __init__(self, behave: Callable[[socket.socket], None], tls: ssl.SSLContext | None) -> None:
        self.behave, self.tls, self.requests, self.names = behave, tls, [], []  # type: ignore[var-annotated]
        self.ended = threading.Event()
        if tls:
            tls.sni_callback = lambda sock, name, context: self.names.append(name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    def _answer(self, peer: socket.socket) -> None:
        try:
            peer.settimeout(20)
            if self.tls:
                peer = self.tls.wrap_socket(peer, server_side=True)
            with peer.makefile("rb") as lines:
                head = b"".join(iter(lines.readline, b"\r\n"))
                length = int(re.search(rb"content-length: (\d+)", head.lower())[1])  # type: ignore[index]
                received = head + b"\r\n" + lines.read(length)
            self.requests.append(received)
            self.behave(peer)
        except OSError:
            pass
        finally:
            peer.close()
            self.ended.set()


@contextmanager
def receiver(behave: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    server = Receiver(behave, tls)
    try:
        yield server
    finally:
        server.listener.close()
