"""Limits of guessing (passwords, PINs, gift cards) while Redis is away: counted in the shop's own schema.

The count must stay when the request that was refused is rolled back, so it is written on a connection of its own that
is closed again: dear, but only while Redis is away. One row per name and who; nothing is shared by shops.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

from core.tenancy.state import current_schema

if TYPE_CHECKING:
    from core.limits import Rate

Ask = Callable[[str, dict[str, object] | None], float | None]
"""One statement; answers the first value of its first row."""

# The same algorithm as `core.limits.SCRIPT`: `due_at` is when a stream that is even would be through.
HIT = """
    INSERT INTO "{schema}".people_attempt AS kept (key, due_at)
    VALUES (%(key)s, clock_timestamp() + %(interval)s * interval '1 second')
    ON CONFLICT (key) DO UPDATE
    SET due_at = GREATEST(kept.due_at, clock_timestamp()) + %(interval)s * interval '1 second'
    WHERE GREATEST(kept.due_at, clock_timestamp()) + (1 - %(burst)s) * %(interval)s * interval '1 second'
          <= clock_timestamp()
    RETURNING extract(epoch FROM due_at - clock_timestamp())
"""
WAIT = """
    SELECT extract(epoch FROM due_at - clock_timestamp()) - (%(burst)s - 1) * %(interval)s
    FROM "{schema}".people_attempt WHERE key = %(key)s
"""
GIVE_BACK = """
    UPDATE "{schema}".people_attempt SET due_at = due_at - %(interval)s * interval '1 second' WHERE key = %(key)s
"""
PRUNE = 'DELETE FROM "{schema}".people_attempt WHERE due_at < clock_timestamp()'


def kept_hit(rate: "Rate", who: str) -> tuple[bool, int, float]:
    """Count one attempt of ``who``: whether it may pass, how many more may, and the seconds to wait if not."""
    values = _values(rate, who)
    with _link() as ask:
        taken = ask(HIT, values)
        if taken is None:
            return False, 0, max(ask(WAIT, values) or 0.0, 0.0)
        ask(PRUNE, None)
    return True, max(int(rate.count - taken * rate.count / rate.seconds + 0.001), 0), 0.0


def kept_give_back(rate: "Rate", who: str) -> None:
    """Take a counted attempt back."""
    with _link() as ask:
        ask(GIVE_BACK, _values(rate, who))


def _values(rate: "Rate", who: str) -> dict[str, object]:
    return {"key": f"{rate.name}:{who}"[:200], "interval": rate.seconds / rate.count, "burst": rate.count}


@contextmanager
def _link() -> Iterator[Ask]:
    """Statements of the shop at hand on a connection of their own, each committed at once."""
    schema = current_schema()
    link = connection.Database.connect(**connection.get_connection_params(), autocommit=True)  # type: ignore[attr-defined]

    def ask(statement: str, values: dict[str, object] | None) -> float | None:
        with link.cursor() as cursor:
            cursor.execute(statement.format(schema=schema), values)
            row = cursor.fetchone() if cursor.description else None
        return None if row is None else float(row[0])

    try:
        yield ask
    finally:
        link.close()
