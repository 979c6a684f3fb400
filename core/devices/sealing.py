"""Work that leaves a device sealed: only the shop can open it.

A device encrypts what it could not send for the public key of the shop (ECIES: an ephemeral P-256 key, HKDF-SHA256,
AES-256-GCM). The shop and the device are part of it, so an envelope moved to another shop or device does not open.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import IntegrityError, transaction

from core.devices.errors import CannotBeOpened
from core.devices.models import SealKey
from core.secrets import keeps_secrets, seal, unseal
from core.tenancy.context import current_tenant

VERSION = 1
MOST_BYTES = 2 * 1024 * 1024
INFO = b"retail-saas sealed item v1"


def seal_key() -> SealKey:
    """The key pair of the shop; made when it is asked for first."""
    found = SealKey.objects.filter(is_current=True).first()
    if found is not None:
        return found
    private = ec.generate_private_key(ec.SECP256R1())
    row = SealKey(public=_as_jwk(private.public_key()))
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    row.private = seal(pem.decode(), place=row.place)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # somebody else made it in this moment
        return SealKey.objects.get(is_current=True)
    return row


def public_jwk() -> dict[str, str]:
    """What devices seal for; ``kid`` names the key pair."""
    row = seal_key()
    return {**row.public, "kid": str(row.pk)}


def bound_to(device_id: UUID) -> bytes:
    """The additional data of an envelope: whose shop, which device."""
    return f"{current_tenant().pk}:{device_id}".encode()


def open_sealed(envelope: Any, *, device_id: UUID) -> bytes:
    """What a device of this shop sealed.

    ``envelope`` is ``{"v": 1, "kid", "epk", "iv", "ct"}``: the id of the key, the ephemeral public key (65 bytes), 12
    bytes of nonce, the text with its tag, each in URL-safe base 64. The AES key is HKDF-SHA256 of the shared secret
    with the ephemeral key as salt; the additional data are those of `bound_to`.

    Raises:
        CannotBeOpened: it is no such envelope, was changed, or belongs to another shop, device or key.
    """
    if not isinstance(envelope, dict) or envelope.get("v") != VERSION:
        raise CannotBeOpened("This is not sealed in a way that is known here.")
    ephemeral, iv, text = (_bytes_of(envelope.get(name)) for name in ("epk", "iv", "ct"))
    row = _key_of(envelope.get("kid"))
    if row is None or len(ephemeral) != 65 or len(iv) != 12 or not 16 < len(text) <= MOST_BYTES:
        raise CannotBeOpened
    private = serialization.load_pem_private_key(unseal(row.private, place=row.place).encode(), password=None)
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), ephemeral)
        shared = private.exchange(ec.ECDH(), theirs)  # type: ignore[union-attr,call-arg,arg-type]
        key = HKDF(algorithm=SHA256(), length=32, salt=ephemeral, info=INFO).derive(shared)
        return AESGCM(key).decrypt(iv, text, bound_to(device_id))
    except (InvalidTag, ValueError) as problem:
        raise CannotBeOpened from problem


def _key_of(kid: Any) -> SealKey | None:
    try:
        return SealKey.objects.filter(pk=UUID(str(kid))).first()
    except ValueError:
        return None


def _bytes_of(text: Any) -> bytes:
    if not isinstance(text, str) or len(text) > MOST_BYTES * 4 // 3 + 8:
        raise CannotBeOpened
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise CannotBeOpened from problem


def _as_jwk(public: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = public.public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32)).decode().rstrip("=") for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


@keeps_secrets
def sealed_keys() -> Iterator[tuple[SealKey, str, str]]:
    """The sealed halves of the shop's key pairs."""
    for row in SealKey.objects.select_for_update().order_by("pk"):
        yield row, "private", row.place


def sealed_lines(text: str) -> list[Any]:
    """The envelopes of a rescue file, one JSON value per line. Raises `CannotBeOpened`, which names a wrong line."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError) as problem:
                raise CannotBeOpened(f"Line {number} of the file cannot be read.") from problem
    return found
