"""As the test settings, with static files straight from their folders: nothing to collect before a browser comes."""

from core.web.small_scripts import all_are_small
from retail_saas.settings.test import *  # noqa: F403
from retail_saas.settings.test import BASE_DIR

SERVESTATIC_USE_FINDERS = True

SERVESTATIC_MAX_AGE = 600
"""As in production, where names carry a hash: a file is fetched once, not once more for every page."""

if all_are_small(BASE_DIR):  # what is tested is what is served; who has just changed a script sees the script
    STATICFILES_DIRS = [("js", BASE_DIR / "build" / "js"), BASE_DIR / "static"]
