"""The test run: same engines, no pool (each test owns its connection), cheap password hashes."""

import os

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403
from .base import CACHES, CHANNEL_LAYERS, STATIC_ROOT, env

DEBUG = False
IS_DEVELOPMENT: bool = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "core.tenancy.files.TenantFileStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # type: ignore[name-defined]

# Tests that run beside each other have a database each from pytest-django, and from here their own three numbers of
# the one Redis. Processes that a test starts inherit the variable, and with it the numbers.
_FIRST = 3 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
if _FIRST > 12:
    raise ImproperlyConfigured("At most five workers: each takes three of a Redis's 16 databases.")
CACHES["default"]["LOCATION"] = env.redis(_FIRST)
LIVE_REDIS_URL = env.redis(_FIRST + 1)
CELERY_BROKER_URL = env.redis(_FIRST + 2)
CHANNEL_LAYERS["default"]["CONFIG"]["hosts"] = [{"address": LIVE_REDIS_URL}]  # type: ignore[index]
