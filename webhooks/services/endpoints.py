"""Set up endpoints, change them, turn them off, rotate what they sign with."""

import base64
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import differences, field_values, record
from core.errors import Conflict, Forbidden, NotFound, ReusedIdentifier, StaleVersion, refuse
from core.events import CATALOGUE
from core.http_out import Refused, parse_target, policy
from core.secrets import seal, unseal
from core.tenancy.context import current_tenant
from webhooks.bell import ring
from webhooks.catalogue import wanted_types
from webhooks.errors import RotationRunning
from webhooks.models import Attempt, Delivery, Endpoint, SigningSecret
from webhooks.permissions import MANAGE_WEBHOOKS
from webhooks.rules import MOST_ENDPOINTS, ROTATION_OVERLAP
from webhooks.services.extra_headers import put_headers

Action = AuditEntry.Action
PATTERN = re.compile(r"(?:\*|[a-z_]+\.(?:\*|[a-z_]+))\Z")
EDITABLE = ("url", "description", "subscriptions", "is_enabled")
SEALED = ("header_names", "sealed_headers")


@dataclass(frozen=True, slots=True)
class Created:
    """An endpoint with its secret. ``secret`` is empty when a repeated call found the endpoint made before."""

    endpoint: Endpoint
    secret: str
    is_new: bool


def create_endpoint(
    *,
    endpoint_id: UUID,
    url: str,
    subscriptions: Sequence[str],
    actor: Actor,
    description: str = "",
    headers: Mapping[str, str | None] | None = None,
) -> Created:
    """Set up an endpoint; its secret is answered once and never again.

    Safe to repeat: the same id with the same content gives the endpoint that is there, without its secret. Nobody can
    subscribe an endpoint to events that they may not see themselves.

    Raises:
        Forbidden: the actor may not manage webhooks, or may not see one of the events everywhere.
        Invalid: the address or a subscription is wrong; every wrong one is named.
        Conflict: the shop has as many endpoints as it may have.
        ReusedIdentifier: the id belongs to an endpoint that was made with other content.
    """
    actor.require(MANAGE_WEBHOOKS)
    endpoint = Endpoint(
        id=endpoint_id,
        url=url.strip(),
        description=description.strip(),
        subscriptions=_tidy(subscriptions),
        request_hash=fingerprint(
            [url.strip(), description.strip(), _tidy(subscriptions), *([dict(headers)] if headers else [])]
        ),
    )
    _check(endpoint, actor)
    put_headers(endpoint, headers or {})
    try:
        return _create(endpoint, actor)
    except IntegrityError as conflict:
        stored = Endpoint.objects.filter(pk=endpoint_id).first()
        if stored is None:
            raise
        if bytes(stored.request_hash) != endpoint.request_hash:
            raise ReusedIdentifier("This id belongs to an endpoint with other content.") from conflict
        return Created(stored, "", is_new=False)


@transaction.atomic(durable=True)
def _create(endpoint: Endpoint, actor: Actor) -> Created:
    if Endpoint.objects.exclude(pk=endpoint.pk).count() >= MOST_ENDPOINTS:
        raise Conflict(f"A shop has at most {MOST_ENDPOINTS} webhook endpoints. Delete one that is not used.")
    endpoint.save(force_insert=True)
    secret = _add_secret(endpoint, datetime.now(UTC))
    _record(Action.CREATE, endpoint, actor, differences({}, field_values(endpoint, *EDITABLE, "header_names")))
    return Created(endpoint, secret, is_new=True)


@transaction.atomic(durable=True)
def update_endpoint(
    *, endpoint_id: UUID, changes: dict[str, Any], actor: Actor, expected_version: int | None = None
) -> Endpoint:
    """Change some of `EDITABLE`; a change that changes nothing writes nothing.

    Turning an endpoint on forgets its failures, and what waited for it goes out. So does another address. ``headers``
    replace the extra headers; a value of None keeps the one that is there.

    Raises:
        NotFound, Forbidden, Invalid: as for `create_endpoint`.
        StaleVersion: somebody changed it since ``expected_version``.
    """
    actor.require(MANAGE_WEBHOOKS)
    endpoint = _locked(endpoint_id, expected_version)
    before = field_values(endpoint, *EDITABLE)
    for name in EDITABLE:
        if name in changes:
            setattr(endpoint, name, changes[name].strip() if isinstance(changes[name], str) else changes[name])
    endpoint.subscriptions = _tidy(endpoint.subscriptions)
    changed = differences(before, field_values(endpoint, *EDITABLE))
    if "headers" in changes and (other := put_headers(endpoint, changes["headers"])):
        changed["headers"] = ("", ", ".join(other))  # which, never what
    if not changed:
        return endpoint
    _check(endpoint, actor)
    if "is_enabled" in changed:
        endpoint.disabled_reason = ""
        if endpoint.is_enabled:
            transaction.on_commit(partial(ring, current_tenant().schema_name), robust=True)
    if "url" in changed or "is_enabled" in changed:
        endpoint.first_failure_at = endpoint.warned_at = None
    endpoint.version += 1
    endpoint.save(update_fields=[*EDITABLE, "disabled_reason", "first_failure_at", "warned_at", *SEALED, "version"])
    _record(Action.CHANGE, endpoint, actor, changed)
    return endpoint


@transaction.atomic(durable=True)
def delete_endpoint(*, endpoint_id: UUID, actor: Actor, expected_version: int | None = None) -> None:
    """Remove an endpoint with its secrets, deliveries and log. Raises `NotFound`, `Forbidden`, `StaleVersion`."""
    actor.require(MANAGE_WEBHOOKS)
    endpoint = _locked(endpoint_id, expected_version, for_good=True)
    # Statements instead of Django's cascade, which would read every body into memory first.
    Attempt.objects.filter(delivery__endpoint=endpoint)._raw_delete("default")
    Delivery.objects.filter(endpoint=endpoint)._raw_delete("default")
    _record(Action.DELETE, endpoint, actor, {"url": (endpoint.url, None)})
    endpoint.delete()


@transaction.atomic(durable=True)
def rotate_secret(
    *, endpoint_id: UUID, actor: Actor, force: bool = False, now: datetime | None = None
) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret, answered once; the old one goes on signing for `ROTATION_OVERLAP`.

    ``force`` ends the older secret of a rotation that is still running: for a secret that leaked.

    Raises:
        NotFound, Forbidden.
        RotationRunning: the last rotation is not over.
    """
    actor.require(MANAGE_WEBHOOKS)
    now = now or datetime.now(UTC)
    endpoint = _locked(endpoint_id, None)
    ending = SigningSecret.objects.filter(endpoint=endpoint, expires_at__gt=now).first()
    if ending is not None and not force:
        raise RotationRunning(
            "The secret was rotated less than a day ago and both still sign. Wait until it is over, or force it.",
            details={"until": ending.expires_at},
        )
    SigningSecret.objects.filter(endpoint=endpoint, expires_at__isnull=False).delete()
    SigningSecret.objects.filter(endpoint=endpoint).update(expires_at=now + ROTATION_OVERLAP)
    secret = _add_secret(endpoint, now)
    endpoint.version += 1
    endpoint.save(update_fields=["version"])
    _record(Action.CHANGE, endpoint, actor, {"secret": ("", ""), "force": (None, force)})
    return endpoint, secret


def live_secrets(endpoint_id: UUID, now: datetime) -> list[str]:
    """The secrets that sign at an instant, the newest first. Raises `core.secrets.Unreadable`."""
    return opened(sealed_secrets([endpoint_id], now))


def sealed_secrets(endpoint_ids: Collection[UUID], now: datetime) -> list[SigningSecret]:
    """The rows of the secrets that sign for some endpoints at an instant, the newest first."""
    is_live = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return list(SigningSecret.objects.filter(is_live, endpoint__in=list(endpoint_ids)))


def opened(rows: Sequence[SigningSecret]) -> list[str]:
    """Secrets in clear. Raises `core.secrets.Unreadable`."""
    return [unseal(row.sealed, place=row.place) for row in rows]


def _add_secret(endpoint: Endpoint, now: datetime) -> str:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    row = SigningSecret(endpoint=endpoint, created_at=now)
    row.sealed = seal(secret, place=row.place)
    row.save(force_insert=True)
    return secret


def _locked(endpoint_id: UUID, expected_version: int | None, *, for_good: bool = False) -> Endpoint:
    # no_key: the relay's inserts refer to the row and must never wait for an edit.
    endpoint = Endpoint.objects.select_for_update(no_key=not for_good).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound("There is no such webhook endpoint.")
    if expected_version is not None and endpoint.version != expected_version:
        current = {**field_values(endpoint, *EDITABLE), "version": endpoint.version}
        raise StaleVersion("This endpoint was changed in the meantime.", details={"current": current})
    return endpoint


def _check(endpoint: Endpoint, actor: Actor) -> None:
    errors = []
    try:
        parse_target(endpoint.url, policy())
    except Refused as refusal:
        errors.append({"pointer": "/url", "code": "address", "detail": str(refusal)})
    if not endpoint.subscriptions:
        errors.append({"pointer": "/subscriptions", "code": "empty", "detail": "Choose at least one event."})
    for place, pattern in enumerate(endpoint.subscriptions):
        if not PATTERN.match(pattern) or not wanted_types([pattern]):
            detail = f"There is no event {pattern!r}."
            errors.append({"pointer": f"/subscriptions/{place}", "code": "unknown", "detail": detail})
    refuse(*errors)
    for needed in sorted({CATALOGUE[name].permission for name in wanted_types(endpoint.subscriptions)}):
        if actor.places(needed) is not None:
            raise Forbidden(
                "An endpoint hears of every location, and you may not see all of them.", details={"permission": needed}
            )


def _tidy(subscriptions: Sequence[str]) -> list[str]:
    return sorted({pattern.strip() for pattern in subscriptions})


def _record(action: AuditEntry.Action, endpoint: Endpoint, actor: Actor, changes: dict[str, Any]) -> None:
    record(
        action,
        actor=actor,
        object_type="webhook_endpoint",
        object_id=endpoint.pk,
        object_label=str(endpoint),
        changes=changes,
    )
