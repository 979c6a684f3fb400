"""The shop's key pair of VAPID (RFC 8292). The private half is sealed in its row and never leaves this module."""

import base64
from collections.abc import Iterator

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import IntegrityError, transaction
from py_vapid import Vapid02

from core.secrets import keeps_secrets, seal, unseal
from realtime.models import PushKey


def shop_key() -> PushKey:
    """The key pair that browsers subscribe to; made when it is asked for first."""
    found = PushKey.objects.filter(is_current=True).first()
    if found is not None:
        return found
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    row = PushKey(public=in_base64(point))
    row.private = seal(in_base64(private.private_numbers().private_value.to_bytes(32)), place=place_of(row))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # somebody else made it in this moment
        return PushKey.objects.get(is_current=True)
    return row


def signer_of(row: PushKey) -> Vapid02:
    """What signs with the private half. Raises `core.secrets.Unreadable`."""
    return Vapid02.from_raw(unseal(row.private, place=place_of(row)).encode())


def place_of(row: PushKey) -> str:
    """What the private half is sealed for."""
    return f"realtime.push:{row.pk}"


@keeps_secrets
def sealed_keys() -> Iterator[tuple[PushKey, str, str]]:
    """The sealed halves of the shop's keys."""
    for row in PushKey.objects.select_for_update().order_by("pk"):
        yield row, "private", place_of(row)


def in_base64(raw: bytes) -> str:
    """URL-safe base 64 without its padding, as everything about push is written."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
