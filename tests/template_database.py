"""The database that every worker's is a copy of: migrated, with two empty shops; made once, kept between runs.

Running the migrations and making two shops takes half a minute of a slow machine, a copy takes a second. The template
is named for all that shapes it, so a change of a migration makes a new one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import django
import redis
from django.conf import settings
from django.db import connection

from core.tenancy.models import Tenant
from core.tenancy.selectors import forget_hosts
from core.tenancy.services import create_tenant, migrate
from core.testing import CANARY, Shop

PREFIX = "test_template_"
UNFINISHED = f"{PREFIX}unfinished"
MAKERS = 0x7E57
"""Key of the advisory lock of whoever looks for the template, makes it or copies it."""
EMPTY_SHOPS = (("acme", "GBP", "Acme"), ("globex", "USD", CANARY))
"""Name, currency, and the mark that all its texts bear."""


SHAPING = (
    "*/migrations/*.py",
    "core/*/migrations/*.py",
    "core/tenancy/**/*.py",
    "core/db/**/*.py",
    "tests/template_database.py",
)
"""The files that decide what an empty shop looks like."""


def name_of_template() -> str:
    """The name says what is in it."""
    root = Path(settings.BASE_DIR)
    content = sha256(django.__version__.encode())
    for path in sorted({path for pattern in SHAPING for path in root.glob(pattern)}):
        content.update(path.read_bytes())
    return PREFIX + content.hexdigest()[:24]


def copy_template(name: str) -> None:
    """Make the database ``name`` anew as a copy of the template, which is made before if it is not there yet."""
    template = name_of_template()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET lock_timeout = 0; SET statement_timeout = 0")  # one makes it, the others wait for it
        cursor.execute("SELECT pg_advisory_lock(%s)", [MAKERS])  # until this session ends
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        found = {row[0] for row in cursor.fetchall()}
        if template not in found:
            for old in found:
                _drop(cursor, old)
            cursor.execute(f"CREATE DATABASE {UNFINISHED}")
            _fill(UNFINISHED)
            cursor.execute(f"ALTER DATABASE {UNFINISHED} RENAME TO {template}")
        _drop(cursor, name)
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def drop(name: str) -> None:
    """Remove a database, whoever a test left connected to it."""
    with connection._nodb_cursor() as cursor:
        _drop(cursor, name)


def _drop(cursor: Any, name: str) -> None:
    """FORCE would want to end the server's own vacuum too, and may not; without it the server does that itself."""
    cursor.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND usename = current_user",
        [name],
    )
    cursor.execute(f"DROP DATABASE IF EXISTS {name}")


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Everything in here speaks to the database ``name``; Django's own settings say so too, for new connections."""
    own = connection.settings_dict["NAME"]
    for settings_dict in (connection.settings_dict, settings.DATABASES["default"]):
        connection.close()
        settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        for settings_dict in (connection.settings_dict, settings.DATABASES["default"]):
            settings_dict["NAME"] = own
        forget_hosts()


def _fill(database: str) -> None:
    with connected_to(database):
        migrate(None)
        for name, currency, mark in EMPTY_SHOPS:
            create_tenant(name=f"{mark} shop", host=f"{name}.localhost", currency=currency, time_zone="Europe/London")


def empty_shops() -> Iterator[tuple[str, Shop]]:
    """The shops of a copy, by name."""
    for name, _, mark in EMPTY_SHOPS:
        host = f"{name}.localhost"
        yield name, Shop(Tenant.objects.get(domains__domain=host), host, mark)


def forget_what_redis_keeps() -> None:
    """Copies of one template have the same shops: nothing of an earlier run may be found under their names."""
    for address in (settings.CACHES["default"]["LOCATION"], settings.LIVE_REDIS_URL, settings.CELERY_BROKER_URL):
        with redis.Redis.from_url(address) as server:
            server.flushdb()
