"""Secrets at rest: encrypted under ``FIELD_KEYS``, keys that are never in the database.

The shop and the place a secret belongs to are part of what is encrypted, so a row copied to another shop, object or
field opens nothing. To change the key, prepend a new one to ``FIELD_KEYS``, run ``manage.py reseal_secrets``, and take
the old one away.
"""

import json
from collections.abc import Callable, Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from core.tenancy.context import current_tenant

Kept = Callable[[], Iterable[tuple[Model, str, str]]]
KEPT: list[Kept] = []


def keeps_secrets(rows: Kept) -> Kept:
    """Register where a shop keeps sealed values: answers row, field and place of each, locked for a change."""
    KEPT.append(rows)
    return rows


class Unreadable(RuntimeError):
    """A sealed value cannot be opened here: its key is gone, or it belongs to another shop or place."""


def seal(value: str, *, place: str) -> str:
    """Encrypt a secret of the shop at hand for one place, for instance ``webhooks.secret:<id>``."""
    return _box().encrypt(_bound(value, place)).decode()


def unseal(token: str, *, place: str) -> str:
    """The secret again. Raises `Unreadable`."""
    try:
        tenant, sealed_for, value = json.loads(_box().decrypt(token.encode()))
    except (InvalidToken, ValueError) as problem:
        raise Unreadable("a secret cannot be decrypted: is its key still in FIELD_KEYS?") from problem
    if (tenant, sealed_for) != (str(current_tenant().pk), place):
        raise Unreadable("a secret stands in a place that it was not made for")
    return str(value)


def reseal(token: str, *, place: str) -> str:
    """The same secret under today's first key. Raises `Unreadable`."""
    return seal(unseal(token, place=place), place=place)


def _bound(value: str, place: str) -> bytes:
    return json.dumps([str(current_tenant().pk), place, value]).encode()


def _box() -> MultiFernet:
    if not settings.FIELD_KEYS:
        raise ImproperlyConfigured("FIELD_KEYS is empty: secrets cannot be kept.")
    try:
        return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
    except ValueError as problem:
        raise ImproperlyConfigured("FIELD_KEYS must be Fernet keys: 32 bytes in URL-safe base 64.") from problem
