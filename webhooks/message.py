"""What is sent: the exact bytes of an event and the headers that sign them (Standard Webhooks)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import floor
from typing import Any

from standardwebhooks import Webhook

from webhooks.rules import BODY_BYTES

USER_AGENT = "RetailSaaS-Webhooks/1"
HIDDEN_ANSWERS = frozenset({"set-cookie", "authorization", "proxy-authorization", "www-authenticate"})
KEPT_HEADER_CHARACTERS = 4000


def body_of(envelope: dict[str, Any]) -> bytes:
    """An envelope as the bytes that are stored, signed and sent.

    One that is larger than `BODY_BYTES` goes without its data: ``"data": null, "thin": true``. The receiver fetches it
    from the event feed by ``seq``.
    """
    body = _encoded(envelope)
    return body if len(body) <= BODY_BYTES else _encoded({**envelope, "data": None, "thin": True})


def headers_of(*, message_id: str, body: bytes, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of one try, signed with every live secret. ``at`` is the instant of this try, in UTC."""
    text = body.decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(floor(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, text) for secret in secrets),
    }


def shown_request(headers: dict[str, str], extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Request headers as the log keeps them: how many signatures there were, not which; ``extra`` ones by name only."""
    count = len(headers.get("webhook-signature", "").split())
    return {**dict.fromkeys(extra or (), "***"), **headers, "webhook-signature": " ".join(["v1,***"] * count)}


def shown_answer(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Response headers as the log keeps them: without cookies, cut to a bearable size."""
    shown: dict[str, str] = {}
    room = KEPT_HEADER_CHARACTERS
    for name, value in headers:
        room -= len(name) + len(value)
        if room < 0:
            break
        shown[printable(name)] = "***" if name.lower() in HIDDEN_ANSWERS else printable(value)
    return shown


def printable(text: str) -> str:
    """Text that PostgreSQL can keep, whatever a receiver sent."""
    return text.replace("\x00", "\ufffd")


def _encoded(envelope: dict[str, Any]) -> bytes:
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
