"""Queues for what has no row of its own to lock: a tree, the next free number."""

from hashlib import sha256

from django.db import connection


def queue_for(name: str) -> None:
    """Let transactions of this shop that change the thing called ``name`` follow each other; each waits its turn here.

    The turn ends with the transaction. Raises ``RuntimeError`` outside one.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("queue_for() belongs in the transaction of the change")
    whole = f"{connection.schema_name}:{name}"  # type: ignore[attr-defined]
    number = int.from_bytes(sha256(whole.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
