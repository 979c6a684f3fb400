"""Identifiers: made before the first try, sortable by time."""

import secrets
import time
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U to misread


def uuid7() -> UUID:
    """A version 7 UUID (RFC 9562, 5.7): 48 bits of Unix milliseconds, then randomness."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def reference(identifier: UUID, length: int = 8) -> str:
    """A short code people can read aloud, from the last ``5 * length`` bits of the identifier."""
    bits = identifier.int
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in reversed(range(length)))
