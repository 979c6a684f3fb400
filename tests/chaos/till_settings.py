"""As the rest of the chaos, with static files straight from their folders: nothing has to be collected."""

from tests.chaos.settings import *  # noqa: F403
from tests.chaos.settings import STORAGES

STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_MAX_AGE = 600
