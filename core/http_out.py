"""The one door for requests to addresses that a shop chose: webhooks, and the push services of browsers.

An address that a tenant types is hostile until shown otherwise (RELIABILITY 4): it is parsed once and strictly,
resolved by us, refused if *any* answer is not a public address, and the address that was checked is the one that is
dialled. Redirects are answers, proxies of the environment are not used, and one deadline covers the whole exchange, so
that a receiver which sends a byte now and then cannot hold a worker.
"""

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from queue import Empty, SimpleQueue
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

CONNECT_SECONDS = 3.0
WALL_SECONDS = 15.0
MOST_BYTES = 16 * 1024
MOST_URL_CHARACTERS = 2000
LONGEST_WAIT = timedelta(hours=24)
PUBLIC_PORTS = frozenset({443, 8443})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[..., list[Any]]

# Every special-purpose range of the IANA registries. `is_global` alone is not enough: Python 3.11 calls NAT64, 6to4,
# site-local and multicast addresses global.
DENIED = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32"),
        *("2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
# What WEBHOOK_ALLOW_PRIVATE opens: this machine and private networks, never the metadata services of clouds.
PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")
_VISIBLE = re.compile(r"[!-\[\]-~]+\Z")  # printable ASCII without space and backslash


class Refused(ValueError):
    """We do not call this address. The text is for the person who typed it."""


class Unreachable(Exception):
    """The exchange did not come to an answer; the text says why, without naming what was found inside."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom we may call. ``allow_private`` also permits http, any port and literal addresses."""

    allow_private: bool = False

    def check(self, address: Address) -> None:
        """Raise `Refused` unless the address may be called; one that wraps an IPv4 address is judged by that one."""
        inner = getattr(address, "ipv4_mapped", None) or address
        if self.allow_private and any(inner in net for net in PRIVATE if net.version == inner.version):
            return
        if not inner.is_global or any(inner in net for net in DENIED if net.version == inner.version):
            raise Refused("This address leads into a private or reserved network.")


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address, in parts."""

    is_secure: bool
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``body`` is cut at the limit; ``is_cut`` says so."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_cut: bool

    def header(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def policy() -> Policy:
    """The policy of this installation."""
    return Policy(allow_private=bool(settings.WEBHOOK_ALLOW_PRIVATE))


def parse_target(url: str, rules: Policy) -> Target:
    """Take an address apart, once. Raises `Refused` with what is wrong; nothing is looked up yet."""
    if len(url) > MOST_URL_CHARACTERS:
        raise Refused(f"An address has at most {MOST_URL_CHARACTERS} characters.")
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in (("https", "http") if rules.allow_private else ("https",)):
        raise Refused("The address must begin with https://.")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not authority.isascii():
        try:
            encoded = authority.encode("idna").decode()
        except UnicodeError as problem:
            raise Refused("The host name of this address is not valid.") from problem
        url = f"{scheme}://{encoded}{rest[len(authority) :]}"
    if not _VISIBLE.match(url):
        raise Refused("The address contains characters that must be written as %xx.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise Refused("This is not a valid address.") from problem
    if "@" in parts.netloc or parts.fragment or url.endswith("#"):
        raise Refused("The address may have no user name, password or fragment.")
    is_secure = parts.scheme == "https"
    port = (443 if is_secure else 80) if port is None else port
    if port == 0 or not (rules.allow_private or port in PUBLIC_PORTS):
        raise Refused("Only the ports 443 and 8443 are called.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_secure, _host(parts.hostname or "", rules), port, path)


def _host(host: str, rules: Policy) -> str:
    """A host name in its one spelling. A resolver reads 0x7f.1 and 2130706433 as addresses, so numbers are no names."""
    if rules.allow_private:
        with suppress(ValueError):
            return str(ipaddress.ip_address(host))
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise Refused("The host name of this address is not valid.")
    if _NUMBER.match(labels[-1]):
        raise Refused("Use a host name, not a number.")
    if len(labels) < 2 and not rules.allow_private:
        raise Refused("Use a full host name such as hooks.example.com.")
    return host


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    rules: Policy | None = None,
    connect_seconds: float = CONNECT_SECONDS,
    wall_seconds: float = WALL_SECONDS,
    most_bytes: int = MOST_BYTES,
    resolve: Resolver = socket.getaddrinfo,
    tls: SSLContext | None = None,
) -> Answer:
    """Send one POST and read the start of its answer, whatever the status; redirects are not followed.

    ``wall_seconds`` covers all of it: the look-up, the connection, the handshake and the last byte read. ``tls``
    replaces the system's certificates.

    Raises:
        Refused: the address is none that we call.
        Unreachable: there was no (whole) answer within the time.
    """
    rules = rules or policy()
    target = parse_target(url, rules)
    deadline = time.monotonic() + wall_seconds
    addresses = _look_up(target, rules, resolve, deadline)
    plain = _dial(addresses, target.port, connect_seconds, deadline)
    with _guillotine(plain, deadline) as fell:
        try:
            return _exchange(target, plain, body, headers, tls, most_bytes, deadline)
        except (HTTPError, HTTPException, OSError, ValueError) as problem:
            if fell.is_set() or time.monotonic() >= deadline:
                raise Unreachable(f"No whole answer within {wall_seconds:g} seconds.") from problem
            raise Unreachable(_in_words(problem)) from problem
        finally:
            plain.close()


def _look_up(target: Target, rules: Policy, resolve: Resolver, deadline: float) -> list[str]:
    """Every address of the host, each of them checked: one bad record spoils the name.

    The system's resolver knows no time limit, therefore it is asked in a thread that we do not wait for too long.
    """
    answers: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(target.host, target.port, type=socket.SOCK_STREAM))
        except Exception as problem:
            answers.put(problem)

    threading.Thread(target=ask, daemon=True, name="look-up").start()
    try:
        found = answers.get(timeout=max(deadline - time.monotonic(), 0))
    except Empty:
        raise Unreachable("The host name could not be looked up in time.") from None
    if isinstance(found, Exception):
        raise Unreachable("The host name cannot be found.") from found
    texts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not texts:
        raise Unreachable("The host name has no address.")
    for text in texts:
        rules.check(ipaddress.ip_address(text.partition("%")[0]))
    return texts


def _dial(addresses: list[str], port: int, connect_seconds: float, deadline: float) -> socket.socket:
    """Connect to the first of the checked addresses that answers."""
    problem: OSError | None = None
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), min(connect_seconds, left))
        except OSError as refusal:
            problem = refusal
    raise Unreachable(_in_words(problem or TimeoutError())) from problem


@contextmanager
def _guillotine(plain: socket.socket, deadline: float) -> Iterator[threading.Event]:
    """End the connection at the deadline, whoever is reading from it and however slowly bytes come in.

    A socket's own time limit starts again with every byte. TLS takes the socket object over, so a second handle on the
    connection is kept for the blow.
    """
    handle, fell = socket.socket(fileno=socket.dup(plain.fileno())), threading.Event()

    def fall() -> None:
        fell.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(deadline - time.monotonic(), 0), fall)
    timer.daemon = True
    timer.start()
    try:
        yield fell
    finally:
        timer.cancel()
        handle.close()


def _exchange(
    target: Target,
    plain: socket.socket,
    body: bytes,
    headers: Mapping[str, str],
    tls: SSLContext | None,
    most_bytes: int,
    deadline: float,
) -> Answer:
    seconds = max(deadline - time.monotonic(), 0.001)
    connection: HTTPConnection
    if target.is_secure:
        connection = _PinnedTls(
            target.host, target.port, timeout=seconds, cert_reqs="CERT_REQUIRED", ssl_context=tls
        ).over(plain)
    else:
        connection = _Pinned(target.host, target.port, timeout=seconds).over(plain)
    try:
        with suppress(BrokenPipeError):  # who answers before reading everything has still answered
            connection.request(
                "POST",
                target.path,
                body=body,
                headers={**headers, "Accept-Encoding": "identity", "Connection": "close"},
                preload_content=False,
                decode_content=False,
            )
        response = connection.getresponse()
        content = _read(response, most_bytes + 1)
        if time.monotonic() >= deadline:  # an end of stream that the guillotine made is not an answer
            raise TimeoutError
        return Answer(
            status=response.status,
            headers=tuple((str(name), str(value)) for name, value in response.headers.items()),
            body=content[:most_bytes],
            is_cut=len(content) > most_bytes,
        )
    finally:
        connection.close()


def _read(response: HTTPResponse, most_bytes: int) -> bytes:
    content = b""
    while len(content) < most_bytes and (piece := response.read(most_bytes - len(content), decode_content=False)):
        content += piece
    return content


class _Over:
    """Speaks over the connection that was dialled to the checked address.

    The host name stays what it was, so that the Host header, SNI and the certificate are those of the name.
    """

    plain: socket.socket

    def over(self, plain: socket.socket) -> Any:
        self.plain = plain
        return self

    def _new_conn(self) -> socket.socket:
        self.plain.settimeout(self.timeout)  # type: ignore[attr-defined]
        return self.plain


class _Pinned(_Over, HTTPConnection):
    pass


class _PinnedTls(_Over, HTTPSConnection):
    pass


def parse_retry_after(text: str, now: datetime) -> timedelta | None:
    """``Retry-After`` in seconds or as a date; None for nonsense. At most `LONGEST_WAIT`."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return LONGEST_WAIT if len(text) > 9 else min(timedelta(seconds=int(text)), LONGEST_WAIT)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(timedelta(0), min(when - now, LONGEST_WAIT))


def _in_words(problem: BaseException) -> str:
    """What went wrong, for the owner of the receiver."""
    name = type(problem).__name__
    if isinstance(problem, TimeoutError) or "Timeout" in name:
        return "The receiver did not answer in time."
    if "CERTIFICATE_VERIFY_FAILED" in str(problem) or "CertificateError" in name or "SSL" in name:
        return "The certificate or the encryption of the receiver is not valid."
    if isinstance(problem, ConnectionRefusedError):
        return "The receiver refused the connection."
    if isinstance(problem, ConnectionError) or "Protocol" in name:
        return "The receiver ended the connection without an answer."
    return "The receiver could not be reached, or what it sent is not HTTP."
