"""``Idempotency-Key``: the answer to a repeated request is the first one, kept in the transaction of its effect."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction
from django.db.models import JSONField, Value
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.actors import Actor
from core.errors import ReusedIdentifier
from core.events import plain
from core.idempotency.models import StoredAnswer

KEPT = timedelta(days=30)
HEADERS = ("ETag", "Location")
"""What a repeat is told besides the body."""


def fingerprint(value: Any) -> bytes:
    """A hash of a body that does not depend on spacing, the order of names or how a decimal is written."""
    return sha256(json.dumps(plain(value), sort_keys=True, separators=(",", ":")).encode()).digest()


def answer_once(handler: Callable[..., Response], request: Request, actor: Actor) -> Callable[..., Response]:
    """Wrap a handler so that its effect happens once per key. Without the header it is called as it is."""

    @wraps(handler)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return handler(*args, **kwargs)
        if len(key) > 200 or not key.isprintable():
            raise serializers.ValidationError({"Idempotency-Key": ["At most 200 printable characters."]})
        who = cast(UUID, actor.id)  # the system itself does not call the API
        body = fingerprint([request.method, request.path, request.data])
        with transaction.atomic():
            _queue_behind_twins(f"{who}:{key}")
            stored = StoredAnswer.objects.filter(actor_id=who, key=key).first()
            if stored is not None and stored.created_at > datetime.now(UTC) - KEPT:
                if bytes(stored.request_hash) != body:
                    raise ReusedIdentifier("This Idempotency-Key came with another request before.")
                headers = {**stored.headers, "Idempotent-Replayed": "true"}
                return Response(stored.body, status=stored.status, headers=headers)
            response = handler(*args, **kwargs)
            if response.status_code < 500:
                # An answer without a body is a JSON null: the column itself is never empty.
                told = Value(None, JSONField()) if response.data is None else plain(response.data)
                StoredAnswer.objects.update_or_create(
                    actor_id=who,
                    key=key,
                    defaults={
                        "request_hash": body,
                        "status": response.status_code,
                        "body": told,
                        "headers": {name: response.headers[name] for name in HEADERS if name in response.headers},
                    },
                )
            return response

    return once


def _queue_behind_twins(name: str) -> None:
    """Let requests with one key follow each other; the lock ends with the transaction."""
    number = int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
