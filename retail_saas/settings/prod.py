"""Production: every secret and address comes from outside, HTTPS is taken for granted."""

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403
from .base import env

DEBUG = False
IS_DEVELOPMENT: bool = False
if len(env.secret_key) < 50 or not env.field_keys:
    raise ImproperlyConfigured("SECRET_KEY needs at least 50 characters and FIELD_KEYS at least one Fernet key.")
SECURE_SSL_REDIRECT = True
# Without a proxy of ours in front anybody could claim to have come by HTTPS.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.trusted_proxies else None
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz)$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
STORAGES = {
    "default": {"BACKEND": "core.tenancy.files.TenantFileStorage"},
    "staticfiles": {"BACKEND": "core.web.storage.PageStorage"},
}
