"""Requests to addresses that a shop chose: what is refused, what is dialled, and when it ends."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.http_out import MOST_BYTES, Answer, Policy, Refused, Unreachable, parse_target, post
from tests.raw_receiver import Receiver, receiver

STRICT, PRIVATE = Policy(), Policy(allow_private=True)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def found(*addresses: str) -> Callable[..., list[Any]]:
    """A resolver that knows these addresses for every name."""
    return lambda host, port, **kwargs: [
        (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "//hooks.example.com/",
        "hooks.example.com",
        "",
        "https://",
        "https:///path",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://017700000001/",
        "https://127.1/",
        "https://10.0.0.1./",
        "https://localhost/",
        "https://ⓛocalhost/",
        "https://１２７.0.0.1/",
        "https://127。0。0。1/",
        "https://hooks/",
        "https://hooks.example.com./",
        "https://user@hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https://hooks.example.com@evil.example/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:80/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com:44x/",
        "https://hooks.example.com\\@evil.example/",
        "https://hooks.example.com\\.evil.example/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/a\r\nHost: evil.example",
        "https://hooks.example.com/\x00",
        "https://hooks.example.com/\tx",
        " https://hooks.example.com/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com/#",
        "https://hooks.example.com/ü",
        "https://-hooks.example.com/",
        "https://hooks..example.com/",
        "https://" + "a" * 64 + ".example.com/",
        "https://" + "a." * 140 + "example.com/",
        "https://hooks.example.com/" + "a" * 2000,
        "https://h%6foks.example.com/",
        "https://[v1.fe80::a]/",
        "https://[::1/",
    ],
)
def test_a_hostile_address_is_refused_before_anything_is_looked_up(url: str) -> None:
    def never(*args: Any, **kwargs: Any) -> list[Any]:
        raise AssertionError("it was looked up")

    with pytest.raises(Refused):
        post(url, b"", {}, rules=STRICT, resolve=never)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/"),
        ("HTTPS://Hooks.Example.COM:8443/a/b?c=d%20e", "hooks.example.com", 8443, "/a/b?c=d%20e"),
        ("https://bücher.example/x", "xn--bcher-kva.example", 443, "/x"),
        ("https://a_b.example.com?x=1", "a_b.example.com", 443, "/?x=1"),
    ],
)
def test_a_good_address_is_taken_apart_once(url: str, host: str, port: int, path: str) -> None:
    target = parse_target(url, STRICT)
    assert (target.is_secure, target.host, target.port, target.path) == (True, host, port, path)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.254"),
        *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.31.196.1", "192.52.193.1"),
        *("192.88.99.1", "192.168.1.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
        *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:1::", "2001:db8::1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1"),
        *("fe80::1", "fec0::1", "ff02::1", "ff0e::1"),
    ],
)
def test_no_special_address_is_called_whatever_name_leads_to_it(address: str) -> None:
    with pytest.raises(Refused):
        post("https://hooks.example.com/", b"", {}, rules=STRICT, resolve=found(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_pass(address: str) -> None:
    STRICT.check(ipaddress.ip_address(address))


def test_one_private_address_among_public_ones_spoils_the_name() -> None:
    with pytest.raises(Refused):
        post("https://hooks.example.com/", b"", {}, rules=STRICT, resolve=found("8.8.8.8", "10.0.0.1"))


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1", "64:ff9b::7f00:1"])
def test_permission_for_private_networks_opens_no_metadata_service(address: str) -> None:
    with pytest.raises(Refused):
        post("http://hooks.example.com/", b"", {}, rules=PRIVATE, resolve=found(address))


def test_a_name_that_cannot_be_found_says_so() -> None:
    def nowhere(*args: Any, **kwargs: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "no")

    with pytest.raises(Unreachable, match="cannot be found"):
        post("https://hooks.example.com/", b"", {}, rules=STRICT, resolve=nowhere)


def test_a_resolver_that_hangs_ends_at_the_deadline() -> None:
    release = threading.Event()

    def hangs(*args: Any, **kwargs: Any) -> list[Any]:
        release.wait(20)
        return []

    began = time.monotonic()
    try:
        with pytest.raises(Unreachable, match="looked up in time"):
            post("https://hooks.example.com/", b"", {}, rules=STRICT, resolve=hangs, wall_seconds=0.2)
    finally:
        release.set()
    assert time.monotonic() - began < 3


# --- a real receiver, byte by byte


def says(*parts: bytes) -> Callable[[socket.socket], None]:
    return lambda peer: peer.sendall(b"".join(parts))


def call(server: Receiver, host: str = "hooks.example.com", **more: Any) -> Answer:
    return post(
        f"http://{host}:{server.port}/in?x=1",
        b'{"a": 1}',
        {"X-Test": "1"},
        rules=PRIVATE,
        resolve=found("127.0.0.1"),
        **more,
    )


def test_the_request_is_sent_as_it_is_meant() -> None:
    with receiver(says(OK)) as server:
        answer = call(server)
    assert (answer.status, answer.body, answer.is_cut) == (200, b"ok", False)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /in?x=1 HTTP/1.1" and body == b'{"a": 1}'
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    assert headers["host"] == f"hooks.example.com:{server.port}"
    assert (headers["accept-encoding"], headers["connection"], headers["x-test"]) == ("identity", "close", "1")
    assert headers["content-length"] == "8"


def test_a_name_is_looked_up_once_and_the_checked_address_is_dialled() -> None:
    asked = []

    def rebinding(host: str, port: int, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return found("127.0.0.1" if len(asked) == 1 else "169.254.169.254")(host, port)

    with receiver(says(OK)) as server:
        url = f"http://rebinding.example.com:{server.port}/"
        assert post(url, b"", {}, rules=PRIVATE, resolve=rebinding).status == 200
    assert asked == ["rebinding.example.com"]


def test_a_redirect_is_an_answer_and_nobody_follows_it() -> None:
    with receiver(says(OK)) as inner:
        location = f"Location: http://127.0.0.1:{inner.port}/\r\n".encode()
        with receiver(says(b"HTTP/1.1 302 Found\r\n", location, b"Content-Length: 0\r\n\r\n")) as server:
            assert call(server).status == 302
        assert inner.requests == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(says(OK)) as proxy, receiver(says(OK)) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert call(server).status == 200
        assert proxy.requests == []


def _drip(first: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def behave(peer: socket.socket) -> None:
        peer.sendall(first)
        end = threading.Event()
        while not end.wait(0.05):
            peer.sendall(drop)

    return behave


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b"x"), id="body"),
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), id="body without an end"),
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"a"), id="headers"),
        pytest.param(lambda peer: peer.sendall(b"H") or peer.recv(1), id="silence in the status line"),
        pytest.param(_drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="continue for ever"),
        pytest.param(lambda peer: peer.recv(1), id="silence"),
    ],
)
def test_a_receiver_that_drips_or_hangs_ends_at_the_deadline(behave: Callable[[socket.socket], None]) -> None:
    began = time.monotonic()
    with receiver(behave) as server:
        with pytest.raises(Unreachable, match=r"within 0\.5 seconds"):
            call(server, wall_seconds=0.5)
        assert 0.4 < time.monotonic() - began < 4
        assert server.ended.wait(5), "the connection was left open"


def test_a_receiver_that_hangs_in_the_handshake_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"within 0\.4 seconds"):
            post(
                f"https://hooks.example.com:{listener.getsockname()[1]}/",
                b"",
                {},
                rules=PRIVATE,
                resolve=found("127.0.0.1"),
                wall_seconds=0.4,
            )
        assert time.monotonic() - began < 4


def test_only_the_start_of_a_long_answer_is_read() -> None:
    sent = []

    def flood(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        for _ in range(2000):
            peer.sendall(b"y" * 10_000)
            sent.append(10_000)

    with receiver(flood) as server:
        answer = call(server)
        assert server.ended.wait(5)
    assert (len(answer.body), answer.is_cut, answer.body[:3]) == (MOST_BYTES, True, b"yyy")
    assert sum(sent) < 20_000_000


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"],
)
def test_what_is_no_http_answer_is_a_plain_sentence(answer: bytes) -> None:
    with receiver(says(answer)) as server, pytest.raises(Unreachable, match=r"^The receiver "):
        call(server)


def test_a_closed_port_is_a_plain_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable, match="refused the connection"):
        post(f"http://hooks.example.com:{port}/", b"", {}, rules=PRIVATE, resolve=found("127.0.0.1"))


def test_the_next_checked_address_is_tried_when_the_first_does_not_answer() -> None:
    with receiver(says(OK)) as server:
        url = f"http://hooks.example.com:{server.port}/"
        answer = post(url, b"", {}, rules=PRIVATE, resolve=found("127.9.9.9", "127.0.0.1"))
    assert answer.status == 200


# --- certificates


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a fresh certificate for ``name``, and a caller's context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def secure_call(server: Receiver, tls: ssl.SSLContext | None) -> Answer:
    url = f"https://hooks.example.com:{server.port}/"
    return post(url, b"{}", {}, rules=PRIVATE, resolve=found("127.0.0.1"), tls=tls)


def test_name_and_certificate_are_those_of_the_host_though_an_address_was_dialled(tmp_path: Path) -> None:
    tls, trusting = certificate(tmp_path, "hooks.example.com")
    with receiver(says(OK), tls) as server:
        assert secure_call(server, trusting).status == 200
    assert server.names == ["hooks.example.com"]
    assert f"Host: hooks.example.com:{server.port}".encode() in server.requests[0]


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    tls, trusting = certificate(tmp_path, "other.example.com")
    with receiver(says(OK), tls) as server, pytest.raises(Unreachable, match="certificate"):
        secure_call(server, trusting)
    assert server.requests == []


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    tls, _ = certificate(tmp_path, "hooks.example.com")
    with receiver(says(OK), tls) as server, pytest.raises(Unreachable, match="certificate"):
        secure_call(server, None)
    assert server.requests == []
