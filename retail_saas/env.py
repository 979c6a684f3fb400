"""Everything the program reads from its environment: typed, documented, loud on nonsense.

`.env.example` documents the same names; a test holds the two together.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import cache
from typing import Literal, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from retail_saas.embedded import home, read_environment

ProcessRole = Literal["web", "sockets", "worker", "scheduler", "relay", "manage"]


PUSH_HOSTS = "fcm.googleapis.com,*.google.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"
"""The push services of the browsers that there are. Chromium's addresses change their first word now and then."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings that differ from machine to machine."""

    database_url: str
    redis_url: str
    secret_key: str
    field_keys: tuple[str, ...]
    process_role: ProcessRole = "manage"
    port: int = 8000
    base_domain: str = "localhost"
    public_hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    db_pool_size: int = 8
    data_dir: str = ""
    log_level: str = "INFO"
    webhook_allow_private: bool = False
    mail_url: str = ""
    mail_from: str = ""
    push_hosts: tuple[str, ...] = ()
    push_subject: str = ""

    def mail(self) -> dict[str, str | int | bool]:
        """``MAIL_URL`` as Django's settings: ``smtp://user:password@host:587?tls=starttls`` (or ``tls``, or ``none``).

        Without it nothing can be mailed; ``MAIL_FROM`` must say who writes.
        """
        url = urlsplit(self.mail_url)
        tls = dict(parse_qsl(url.query)).get("tls", "starttls")
        if url.scheme != "smtp" or not url.hostname or tls not in ("starttls", "tls", "none"):
            raise ImproperlyConfigured("MAIL_URL must look like smtp://user:password@host:587?tls=starttls")
        if "@" not in self.mail_from:
            raise ImproperlyConfigured("MAIL_FROM must be the address that mail comes from, such as till@example.com.")
        return {
            "EMAIL_HOST": url.hostname,
            "EMAIL_PORT": url.port or (465 if tls == "tls" else 587),
            "EMAIL_HOST_USER": unquote(url.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
            "EMAIL_USE_TLS": tls == "starttls",
            "EMAIL_USE_SSL": tls == "tls",
        }

    def push_contact(self) -> str:
        """Whom a push service may write to about our messages: ``PUSH_SUBJECT``, else who mail comes from."""
        contact = self.push_subject or (f"mailto:{parseaddr(self.mail_from)[1]}" if self.mail_from else "")
        contact = contact or f"https://{self.base_domain}"
        if not contact.startswith(("mailto:", "https://")):
            raise ImproperlyConfigured("PUSH_SUBJECT must be mailto:somebody@example.com or an https address.")
        return contact

    def database(self) -> dict[str, str]:
        """The parts of ``DATABASE_URL`` as Django wants them."""
        url = urlsplit(self.database_url)
        if url.scheme not in ("postgres", "postgresql") or not url.path.strip("/"):
            raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user:password@host:5432/name")
        query = dict(parse_qsl(url.query))
        return {
            "NAME": unquote(url.path.strip("/")),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": query.pop("host", None) or url.hostname or "",
            "PORT": str(url.port or ""),
        }

    def database_options(self) -> dict[str, str]:
        """Connection parameters that stand in the query of ``DATABASE_URL``, such as ``sslmode``."""
        return {k: v for k, v in parse_qsl(urlsplit(self.database_url).query) if k != "host"}

    def redis(self, number: int) -> str:
        """The Redis address with database ``number``: 0 cache, 1 live events, 2 broker."""
        url = urlsplit(self.redis_url)
        if url.scheme not in ("redis", "rediss"):
            raise ImproperlyConfigured("REDIS_URL must look like redis://:password@host:6379")
        return f"{url.scheme}://{url.netloc}/{number}"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one typed value at a time and names the variable in every complaint."""

    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, "").strip() or default
        if value is None:
            raise ImproperlyConfigured(f"{name} is not set. Start with `make run`, or see .env.example.")
        return value

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit():
            raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
        return int(value)

    def flag(self, name: str) -> bool:
        value = self.text(name, "0").lower()
        if value not in ("0", "1", "true", "false", "yes", "no"):
            raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
        return value in ("1", "true", "yes")

    def words(self, name: str, default: str = "") -> tuple[str, ...]:
        return tuple(word.strip() for word in self.values.get(name, default).split(",") if word.strip())


def parse(values: Mapping[str, str]) -> Environment:
    """Turn raw variables into an ``Environment``; raises ``ImproperlyConfigured`` naming the culprit."""
    read = Reader(values)
    role = read.text("PROCESS_ROLE", "manage")
    if role not in get_args(ProcessRole):
        raise ImproperlyConfigured(f"PROCESS_ROLE must be one of {', '.join(get_args(ProcessRole))}, not {role!r}.")
    return Environment(
        database_url=read.text("DATABASE_URL"),
        redis_url=read.text("REDIS_URL"),
        secret_key=read.text("SECRET_KEY"),
        field_keys=read.words("FIELD_KEYS"),
        process_role=role,  # type: ignore[arg-type]
        port=read.number("PORT", 8000),
        base_domain=read.text("BASE_DOMAIN", "localhost"),
        public_hosts=read.words("PUBLIC_HOSTS", "localhost,127.0.0.1"),
        allowed_hosts=read.words("ALLOWED_HOSTS"),
        trusted_proxies=read.number("TRUSTED_PROXIES", 0),
        db_pool_size=read.number("DB_POOL_SIZE", 8),
        data_dir=read.text("DATA_DIR", str(home())),
        log_level=read.text("LOG_LEVEL", "INFO").upper(),
        webhook_allow_private=read.flag("WEBHOOK_ALLOW_PRIVATE"),
        mail_url=read.text("MAIL_URL", ""),
        mail_from=read.text("MAIL_FROM", ""),
        push_hosts=tuple(host.lower() for host in read.words("PUSH_HOSTS", PUSH_HOSTS)),
        push_subject=read.text("PUSH_SUBJECT", ""),
    )


@cache
def environment() -> Environment:
    """The process's environment. Outside production the embedded stack's file fills what is not set."""
    given = {name: value for name, value in os.environ.items() if value}
    is_production = given.get("DJANGO_SETTINGS_MODULE", "").endswith(".prod")
    return parse(given if is_production else {**read_environment(home()), **given})
