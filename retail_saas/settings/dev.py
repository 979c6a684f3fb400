"""One machine: `make run` and the commands beside it."""

from .base import *  # noqa: F403

DEBUG = False
IS_DEVELOPMENT: bool = True
STORAGES = {
    "default": {"BACKEND": "core.tenancy.files.TenantFileStorage"},
    "staticfiles": {"BACKEND": "core.web.storage.PageStorage"},
}
