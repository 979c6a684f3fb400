"""As the test settings, with static files straight from their folders: nothing to collect before a browser comes."""

from retail_saas.settings.test import *  # noqa: F403

SERVESTATIC_AUTOREFRESH = True
SERVESTATIC_USE_FINDERS = True

SERVESTATIC_MAX_AGE = 600
"""As in production, where names carry a hash: a file is fetched once, not once more for every page."""
