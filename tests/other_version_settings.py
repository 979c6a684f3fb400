"""As the browser tests, before a server of another version: it knows sales up to the version ``SALE_VERSION``."""

from tests.browser_settings import *  # noqa: F403

ROOT_URLCONF = "tests.other_version_urls"
