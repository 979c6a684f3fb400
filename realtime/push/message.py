"""One push message on the wire: RFC 8291 (aes128gcm), 8292 (VAPID), 8030 (TTL, Urgency, Topic). Knows no rows."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from django.conf import settings
from py_vapid import Vapid02

from core.http_out import Policy, Refused, Target, parse_target, policy

MOST_BYTES = 3993
"""Of a text, so that it fits the 4096 bytes every push service takes."""
MOST_TITLE, MOST_BODY = 80, 200
TOKEN_LIFE = timedelta(hours=12)
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a browser shows. A later one of the same ``tag`` replaces it; ``through``: up to which event it tells."""

    title: str
    body: str
    url: str
    open: str
    tag: str
    through: int = 0
    urgency: Literal["normal", "high"] = "normal"
    ttl: timedelta = timedelta(hours=24)

    def text(self) -> bytes:
        """The payload, as `static/js/worker/push.js` reads it."""
        told = {
            "title": self.title[:MOST_TITLE],
            "body": self.body[:MOST_BODY],
            "url": self.url,
            "open": self.open,
            "tag": self.tag,
        }
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        if len(text) > MOST_BYTES:
            raise ValueError(f"a push message has at most {MOST_BYTES} bytes, not {len(text)}")
        return text


def encrypt(
    text: bytes,
    *,
    p256dh: str,
    auth: str,
    ephemeral: EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Encrypt for one browser; ``ephemeral`` and ``salt`` are new for each message unless a test says them."""
    if len(text) > MOST_BYTES:
        raise ValueError(f"a push message has at most {MOST_BYTES} bytes, not {len(text)}")
    sealed: bytes = http_ece.encrypt(
        text,
        salt=salt,
        private_key=ephemeral or ec.generate_private_key(ec.SECP256R1()),
        dh=from_base64(p256dh),
        auth_secret=from_base64(auth),
        version="aes128gcm",
    )
    return sealed


def headers_of(message: Message, *, endpoint: str, signer: Vapid02, now: datetime) -> Mapping[str, str]:
    """The headers of a message: how long and how urgently it is kept, what it replaces, and who sends it."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + TOKEN_LIFE).timestamp()),
        "sub": settings.PUSH_SUBJECT,
    }
    return {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(int(message.ttl.total_seconds())),
        "Urgency": message.urgency,
        "Topic": message.tag,
        **signer.sign(claims),
    }


def rules_of(endpoint: str) -> Policy:
    """Whom we may call at an endpoint: public addresses, or this machine where it is named and that is allowed."""
    named = LOOPBACK & set(settings.PUSH_HOSTS)
    host = (urlsplit(endpoint).hostname or "").lower()
    return Policy(allow_private=policy().allow_private and host in named)


def check_endpoint(endpoint: str) -> Target:
    """An endpoint in parts. Raises `core.http_out.Refused`, also where its host is none of ``PUSH_HOSTS``."""
    try:
        rules = rules_of(endpoint)
    except ValueError as problem:
        raise Refused("This is not a valid address.") from problem
    target = parse_target(endpoint, rules)
    if not any(_is_within(target.host, pattern) for pattern in settings.PUSH_HOSTS):
        raise Refused(f"{target.host[:100]} is no push service that this installation calls.")
    return target


def _is_within(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def check_keys(p256dh: str, auth: str) -> str:
    """What is wrong with a browser's keys: "p256dh", "auth" or nothing."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _long(from_base64(p256dh), 65))
    except ValueError:
        return "p256dh"
    try:
        _long(from_base64(auth), 16)
    except ValueError:
        return "auth"
    return ""


def _long(raw: bytes, length: int) -> bytes:
    if len(raw) != length:
        raise ValueError(f"{length} bytes are wanted")
    return raw


def from_base64(text: str) -> bytes:
    """Bytes again. Raises ``ValueError``."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise ValueError("this is not URL-safe base 64") from problem
