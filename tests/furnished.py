"""Shops as `furnish` left them: written down once, and given back after every test that really commits."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

import redis
from django.conf import settings
from django.db import connection, transaction
from redis.exceptions import RedisError

from core.redis import live_redis
from core.tenancy.context import use_tenant
from core.testing import Shop

MUCH = 4 * 1024 * 1024
"""Bytes of a table from which on throwing its files away is quicker than deleting its rows."""
_rows: dict[str, dict[str, bytes]] = {}
"""What stood in a shop: schema, table, rows in PostgreSQL's copy format."""


def remember(shop: Shop) -> None:
    """From here on this is how the shop looks when it is put back."""
    with use_tenant(shop.tenant), connection.cursor() as cursor:
        copies = {}
        for table, _ in _written(shop):
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copied:
                copies[table] = b"".join(copied)
    _rows[shop.tenant.schema_name] = copies


def put_back(*shops: Shop) -> None:
    """Make the shops what they were when they were remembered; what their sequences gave out stays given."""
    for shop in shops:
        with use_tenant(shop.tenant), connection.cursor() as cursor, transaction.atomic():
            written = _written(shop)
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # rows go and come in any order
            if large := [table for table, size in written if size > MUCH]:
                cursor.execute(f"TRUNCATE {', '.join(large)} CASCADE")
            cursor.execute("; ".join(f"DELETE FROM {table}" for table, _ in written))
            for table, rows in _rows[shop.tenant.schema_name].items():
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(rows)


@contextmanager
def emptied_afterwards(*shops: Shop) -> Iterator[None]:
    """For tests that really commit: afterwards the shops are as `furnish` left them."""
    try:
        yield
    finally:
        put_back(*shops)


def _written(shop: Shop) -> list[tuple[str, int]]:
    """The tables in which something was ever written, with their size in bytes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, pg_relation_size(name) FROM (SELECT format('%%I.%%I', schemaname, tablename) AS name"
            " FROM pg_tables WHERE schemaname = %s AND tablename <> 'django_migrations') AS tables"
            " WHERE pg_relation_size(name) > 0",
            [shop.tenant.schema_name],
        )
        return [(name, size) for name, size in cursor.fetchall()]


@cache
def _cache_server() -> "redis.Redis":
    return redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])


def forget() -> None:
    """A shop has the same ids in every test and other rows: drop what Redis keeps of them and of guesses."""
    with suppress(RedisError):  # a test may have taken it away, and with it what it kept
        _cache_server().flushdb()
        if keys := list(live_redis().scan_iter("rs:limit:*", count=1000)):
            live_redis().delete(*keys)
