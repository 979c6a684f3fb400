"""One machine: `make run` and the commands beside it."""

from retail_saas.env import environment

from .base import *  # noqa: F403
from .base import from_environment

DEBUG = False
IS_DEVELOPMENT = True
globals().update(from_environment(environment()))
STORAGES = {
    "default": {"BACKEND": "core.tenancy.files.TenantFileStorage"},
    "staticfiles": {"BACKEND": "core.web.storage.PageStorage"},
}
