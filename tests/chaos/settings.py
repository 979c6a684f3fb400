"""As `make run`, with sweeps that hurry: what a lost message costs half a minute in a shop costs seconds here."""

from retail_saas.settings.dev import *  # noqa: F403
from retail_saas.settings.dev import CELERY_BEAT_SCHEDULE

for _name in ("sweep-jobs", "sweep-webhooks"):
    CELERY_BEAT_SCHEDULE[_name]["schedule"] = 3.0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody types a password here
