"""Facts about the program that hold on every machine. What differs lives in dev, test and prod."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from retail_saas.env import environment

env = environment()
BASE_DIR = Path(__file__).resolve().parent.parent.parent

# --- apps: a model lives in exactly one schema kind (core.checks refuses anything else)
SHARED_APPS = [
    "core.tenancy",
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
]
TENANT_APPS = [
    "django.contrib.sessions",
    "core.locations",
    "core.people",
    "core.devices",
    "core.audit",
    "core.outbox",
    "core.jobs",
    "core.idempotency",
    "core.sync",
    "inventory",
    "orders",
    "analytics",
    "webhooks",
    "realtime",
]
INSTALLED_APPS = [
    *SHARED_APPS,
    *TENANT_APPS,
    "retail_saas",
    "core",
    "core.web",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

# --- tenancy
TENANT_MODEL = "tenancy.Tenant"
TENANT_DOMAIN_MODEL = "tenancy.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
ORIGINAL_BACKEND = "core.db"  # constraints checked at once, see docs/tenancy.md
TENANT_LIMIT_SET_CALLS = True
ROOT_URLCONF = "retail_saas.urls"
PUBLIC_SCHEMA_URLCONF = "retail_saas.urls_public"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "core.web.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "core.web.middleware.Health",
    "core.web.middleware.BodyLimit",
    "core.web.static.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "core.tenancy.middleware.TenantFromHost",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.people.middleware.ActorFromSession",
    "core.devices.middleware.DeviceOfBrowser",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.web.middleware.LastResort",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # with loaders of our own, Django would compile a template at every use
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "core.web.context_processors.shell",
            ],
            "builtins": ["core.web.templatetags.shell", "django.templatetags.static"],
        },
    }
]

ASGI_APPLICATION = "retail_saas.asgi.application"
WSGI_APPLICATION = "retail_saas.wsgi.application"

# --- people
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["core.people.backends.EmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "login"

# --- sessions and cookies: host-only, in the tenant's schema
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
DEVICE_COOKIE_NAME = "__Host-device"
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.web.errors.csrf_refused"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- security headers
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF, "ws:", "wss:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- language and time: instants in UTC, days in the shop's zone
LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- files
STATIC_URL = "/static/"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [BASE_DIR / "static"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000  # the form of a product with as many variants as it may have
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
UPLOAD_LIMIT_BYTES: int = 60 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["core.api.authentication.KeyActor", "core.api.authentication.SessionActor"],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.renderers.ExactJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.renderers.ExactJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttling.ActorThrottle"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.ProblemAwareSchema",
    "EXCEPTION_HANDLER": "core.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Retail SaaS API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_AUTHENTICATION": None,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": ["core.api.schema.add_event_catalogue"],
    "TAGS": [],
}

# --- jobs: rows with leases remember, the broker only rings (RELIABILITY: the broker may lose everything)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "fast"
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 840, 900
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1800,
    "socket_timeout": 30,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "global_keyprefix": "rs:",
}
CELERY_BROKER_POOL_LIMIT = 4
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 700_000  # kB
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ROUTES = {
    "webhooks.tasks.forget_*": {"queue": "slow"},
    "webhooks.tasks.*": {"queue": "webhooks"},
    "realtime.tasks.*": {"queue": "webhooks"},  # these too wait for receivers outside
}
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "core.jobs.tasks.sweep_jobs", "schedule": 15.0},
    "plan-nightly-work": {"task": "core.jobs.tasks.plan_nightly_work", "schedule": 600.0},
    "look-for-silent-devices": {"task": "core.devices.tasks.look_for_silent_devices", "schedule": 300.0},
    "sweep-webhooks": {"task": "webhooks.tasks.sweep_webhooks", "schedule": 10.0, "options": {"expires": 10}},
    "sweep-push": {"task": "realtime.tasks.sweep_push", "schedule": 10.0, "options": {"expires": 10}},
    "forget-old-deliveries": {"task": "webhooks.tasks.forget_old_deliveries", "schedule": 6 * 3600.0},
}

# auth.W004: e-mail addresses are unique whatever their case, by a constraint over lower(email)
SILENCED_SYSTEM_CHECKS = ["auth.W004"]


# --- what differs from machine to machine
SECRET_KEY: str = env.secret_key
FIELD_KEYS: tuple[str, ...] = env.field_keys
DATA_DIR: Path = Path(env.data_dir)
STATIC_ROOT: Path = DATA_DIR / "static"
PUBLIC_HOSTS: tuple[str, ...] = env.public_hosts
BASE_DOMAIN: str = env.base_domain
PORT: int = env.port
PROCESS_ROLE: str = env.process_role
TRUSTED_PROXIES: int = env.trusted_proxies
WEBHOOK_ALLOW_PRIVATE: bool = env.webhook_allow_private
PUSH_HOSTS: tuple[str, ...] = env.push_hosts
PUSH_SUBJECT: str = env.push_contact()
EMAIL_TIMEOUT = 20
MAIL_FROM: str = env.mail_from if env.mail_url else ""  # empty: there is no way to send mail, and pages say so
if env.mail_url:
    globals().update(env.mail())
ALLOWED_HOSTS: list[str] = [*env.allowed_hosts, *env.public_hosts, "." + env.base_domain]

# A pool keeps the number of a web process's connections at its size; workers keep the one they have.
_pooled = env.process_role in ("web", "sockets") and env.db_pool_size > 0
_limits = {
    "web": " -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s",
    "sockets": " -c statement_timeout=5s -c idle_in_transaction_session_timeout=10s",
}
_database_options: dict[str, Any] = {
    **env.database_options(),
    # random_page_cost: the disks of today; with the default of 4 the month report reads every line ever sold.
    "options": "-c timezone=UTC -c lock_timeout=5s -c random_page_cost=1.1" + _limits.get(env.process_role, ""),
}
if _pooled:
    _database_options["pool"] = {
        "min_size": 1,
        "max_size": env.db_pool_size,
        "timeout": 10,
        "max_lifetime": 900,
        "max_idle": 120,
    }
DATABASES = {
    "default": {
        **env.database(),
        "ENGINE": "django_tenants.postgresql_backend",
        "OPTIONS": _database_options,
        "CONN_MAX_AGE": 0 if _pooled else 300,
        "CONN_HEALTH_CHECKS": not _pooled,
    }
}
CELERY_DB_REUSE_MAX = 500
CELERY_BROKER_URL = env.redis(2)
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "core.tenancy.cache.TenantCache",
        "LOCATION": env.redis(0),
        "KEY_FUNCTION": "core.tenancy.cache.make_key",
        "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2, "health_check_interval": 15},
    }
}
LIVE_REDIS_URL: str = env.redis(1)
FEED_WAITERS = 4  # who may wait at the event feed, per process: half of the threads of a web process (deploy/)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": LIVE_REDIS_URL}], "prefix": "rs"},
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"tenant": {"()": "core.web.logs.TenantFilter"}},
    "formatters": {"line": {"()": "core.web.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["tenant"]}},
    "root": {"handlers": ["stderr"], "level": env.log_level},
    "loggers": {"django.request": {"level": "ERROR"}, "uvicorn": {"level": "WARNING"}},
}
