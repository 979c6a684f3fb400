"""The test run: same engines, no pool (each test owns its connection), cheap password hashes."""

from .base import *  # noqa: F403
from .base import STATIC_ROOT

DEBUG = False
IS_DEVELOPMENT: bool = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "core.tenancy.files.TenantFileStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SERVESTATIC_USE_FINDERS = True  # the browser tests need no collected files
SERVESTATIC_AUTOREFRESH = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # type: ignore[name-defined]
