"""A browser as a push service's other side: keys as a page makes them, and a reader of what was sent to it."""

import json
import os
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from realtime.push.keys import in_base64
from realtime.push.services import Draft
from tests.webhook_receiver import Received


class PushBrowser:
    """One browser: its subscription, and its eyes."""

    def __init__(self, endpoint: str) -> None:
        self.private, self.secret, self.endpoint = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), endpoint

    @property
    def draft(self) -> Draft:
        point = self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return Draft(endpoint=self.endpoint, p256dh=in_base64(point), auth=in_base64(self.secret))

    @property
    def as_json(self) -> dict[str, Any]:
        """As ``PushSubscription.toJSON()``."""
        draft = self.draft
        return {"endpoint": draft.endpoint, "keys": {"p256dh": draft.p256dh, "auth": draft.auth}}

    def reads(self, received: Received) -> dict[str, Any]:
        """Decrypt with a library of others than the sender's; raises where it was not meant for this browser."""
        text = http_ece.decrypt(received.body, private_key=self.private, auth_secret=self.secret, version="aes128gcm")
        return dict(json.loads(text))
