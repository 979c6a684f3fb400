"""A push service on this machine, as far as Chromium needs one: it checks in, registers, and holds a line open.

Chromium takes its addresses by the switches of `arguments`. What the shop posts to ``/send/<token>`` goes down the line
(MCS: length-delimited protobuf frames over TLS), and Chromium decrypts it and wakes the page's worker.
"""

import secrets
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VERSION = 41
LOGIN, LOGIN_ANSWER, PING, PONG, DATA = 2, 3, 0, 1, 8


def _number(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 127
        out.append(low | (128 if value else 0))
        if not value:
            return bytes(out)


def _field(place: int, value: int | str | bytes) -> bytes:
    """One field of a protobuf message: a number, or bytes with their length."""
    if isinstance(value, int):
        return _number(place << 3) + _number(value)
    raw = value.encode() if isinstance(value, str) else value
    return _number(place << 3 | 2) + _number(len(raw)) + raw


def _fixed(place: int, value: int) -> bytes:
    return _number(place << 3 | 1) + value.to_bytes(8, "little")


def _frame(tag: int, message: bytes) -> bytes:
    return bytes([tag]) + _number(len(message)) + message


def _certificate(folder: Path) -> Path:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path = folder / "push-service.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Line:
    """One browser's line. Only its own thread touches it: a TLS connection is not to be read and written at once."""

    def __init__(self, line: ssl.SSLSocket) -> None:
        self.line = line
        self._out: deque[bytes] = deque()
        self._heard, self._bell = socket.socketpair()

    def send(self, frame: bytes) -> None:
        self._out.append(frame)
        self._bell.send(b"!")

    def close(self) -> None:
        """Have its thread end."""
        with suppress(OSError):
            self._bell.shutdown(socket.SHUT_RDWR)

    def wait(self) -> bool:
        """Send what is to be sent, until the browser says something; False when it is over."""
        while not self.line.pending():
            while self._out:
                self.line.sendall(self._out.popleft())
            ready, _, _ = select.select([self.line, self._heard], [], [])
            if self._heard in ready and not self._heard.recv(4096):
                return False
            if self.line in ready:
                break
        return True


class PushService:
    """``sent`` are the times at which something was posted; tokens in ``gone`` answer 410.

    What is posted while the browser has no line, or what a line that broke did not bring it, comes with its next one.
    """

    def __init__(self, folder: Path) -> None:
        self.tokens: dict[str, dict[str, str]] = {}
        self.gone: set[str] = set()
        self.sent: list[float] = []
        self.lines: list[Line] = []
        self._posted: dict[str, bytes] = {}
        self._turn = threading.Lock()
        self._is_over = False
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(folder))
        self.door = socket.create_server(("127.0.0.1", 0))
        self._tls = context
        for work in (self.http.serve_forever, self._let_in):
            threading.Thread(target=work, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}"

    @property
    def arguments(self) -> list[str]:
        """What Chromium is to be started with."""
        return [
            f"--gcm-checkin-url={self.url}/checkin",
            f"--gcm-registration-url={self.url}/register",
            f"--gcm-mcs-endpoint=https://127.0.0.1:{self.door.getsockname()[1]}",
            "--ignore-certificate-errors",
        ]

    def end(self) -> None:
        self._is_over = True
        self.http.shutdown()
        self.http.server_close()
        with suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
        for line in list(self.lines):
            line.close()

    def register(self, form: dict[str, str]) -> str:
        if form.get("delete"):
            return f"deleted={form.get('app', '')}"
        token = secrets.token_urlsafe(60)
        self.tokens[token] = form
        return f"token={token}"

    def push(self, token: str, headers: Any, body: bytes) -> int:
        """Pass on what the shop posted; answers the status."""
        form = self.tokens.get(token)
        if token in self.gone or form is None:
            return 410 if token in self.gone else 404
        if not headers.get("authorization", "").startswith("vapid "):
            return 401
        self.sent.append(time.time())
        about = {"subtype": form.get("X-subtype", ""), "content-encoding": headers.get("content-encoding", "")}
        name = secrets.token_hex(8)
        stanza = b"".join(
            [
                _field(3, form.get("sender", "")),
                _field(5, form.get("app", "")),
                *(_field(7, _field(1, name) + _field(2, value)) for name, value in about.items()),
                _field(9, name),
                _field(17, int(headers.get("ttl", 60))),
                _field(18, int(time.time() * 1000)),
                _field(21, body),
            ]
        )
        with self._turn:
            self._posted[name] = _frame(DATA, stanza)
            for line in self.lines:
                line.send(self._posted[name])
        return 201

    def _let_in(self) -> None:
        while not self._is_over:
            try:
                caller, _ = self.door.accept()
            except OSError:  # closed, or a caller that hung up at once
                continue
            threading.Thread(target=self._hold, args=(caller,), daemon=True).start()

    def _hold(self, caller: socket.socket) -> None:
        """One browser's line, from the handshake until it ends; one that goes wrong is nobody else's trouble."""
        line: Line | None = None
        try:
            with self._tls.wrap_socket(caller, server_side=True) as tls:
                line = Line(tls)
                _exactly(tls, 1)  # its version
                while line.wait():
                    tag = _exactly(tls, 1)[0]
                    said = _exactly(tls, _length(tls))
                    if tag == LOGIN:
                        self._log_in(line, said)
                    elif tag == PING:
                        line.send(_frame(PONG, b""))
        except (OSError, EOFError):
            pass
        finally:
            caller.close()
            with self._turn:
                if line in self.lines:
                    self.lines.remove(line)

    def _log_in(self, line: Line, said: bytes) -> None:
        """Answer, and tell what was posted before; a browser names the messages that it has."""
        told = _field(1, "1") + _field(5, 1) + _field(6, 1) + _field(8, int(time.time() * 1000))
        line.send(bytes([VERSION]) + _frame(LOGIN_ANSWER, told))
        with self._turn:
            for name, frame in self._posted.items():
                if name.encode() not in said:
                    line.send(frame)
            self.lines.append(line)


def _exactly(line: ssl.SSLSocket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        part = line.recv(count - len(got))
        if not part:
            raise EOFError
        got += part
    return got


def _length(line: ssl.SSLSocket) -> int:
    value = shift = 0
    while True:
        part = _exactly(line, 1)[0]
        value |= (part & 127) << shift
        shift += 7
        if not part & 128:
            return value


def _handler(service: PushService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            answer, kind, status = b"", "text/plain", 200
            if self.path == "/checkin":
                answer = _field(1, 1) + _field(3, int(time.time() * 1000)) + _fixed(7, 4242) + _fixed(8, 1717)
                kind = "application/x-protobuf"
            elif self.path == "/register":
                answer = service.register(dict(parse_qsl(body.decode()))).encode()
            else:
                status = service.push(self.path.rpartition("/")[2], self.headers, body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            """Nobody reads it."""

    return Handler


@contextmanager
def push_service(folder: Path) -> Iterator[PushService]:
    """A push service, until the block ends."""
    service = PushService(folder)
    try:
        yield service
    finally:
        service.end()
