"""The network between one device and the server: a line that can be cut, and that can lose what comes back."""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

VERSION = re.compile(rb'(?<="version":")[0-9a-f]{16}(?=","files")')
"""What the worker's script says of its app (`core.web.install`)."""


class Wire:
    """Everything that one browser says and hears goes through here, its worker's words too.

    The browser is told this port, so each device is an origin of its own, as on machines of their own.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.is_cut = self.is_deaf = False
        self.version = b""
        """Sixteen digits: the version that the app has from here on, as after a deployment."""
        self.lost = 0
        """So many answers never arrived."""
        self._flows = threading.Event()
        self._flows.set()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nothing gets through, and what was under way breaks off."""
        self.is_cut = True
        self._break()

    def lose_answers(self) -> None:
        """The server hears everything from now on, and nobody hears the server."""
        self.is_deaf = True

    def hold_answers(self) -> None:
        """The server hears everything, and its answers stay on the way until the wire is mended."""
        self._flows.clear()

    def mend(self) -> None:
        self.is_cut = self.is_deaf = False
        self._flows.set()

    def close(self) -> None:
        self.cut()
        self._flows.set()
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:  # the server is away
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._open |= {near, far}
            for source, sink, carries in ((near, far, self._out), (far, near, self._back)):
                threading.Thread(target=self._carry, args=(source, sink, carries), daemon=True).start()

    def _out(self) -> bool:
        return not self.is_cut

    def _back(self) -> bool:
        self._flows.wait()
        if self.is_deaf:
            self.lost += 1
        return not self.is_cut and not self.is_deaf

    def _carry(self, source: socket.socket, sink: socket.socket, carries: Callable[[], bool]) -> None:
        with suppress(OSError):
            while (piece := source.recv(65536)) and carries():
                sink.sendall(VERSION.sub(self.version, piece) if self.version else piece)
        self._end(source, sink)

    def _break(self) -> None:
        with self._lock:
            lines = list(self._open)
        self._end(*lines)

    def _end(self, *lines: socket.socket) -> None:
        with self._lock:
            self._open -= set(lines)
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
