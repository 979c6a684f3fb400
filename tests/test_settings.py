"""The environment is typed and loud, and production refuses to start without its secrets."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from retail_saas.env import parse

WHOLE = {
    "DATABASE_URL": "postgresql://app:p%40ss@db:6432/retail?sslmode=require",
    "REDIS_URL": "redis://:secret@cache:6379",
    "SECRET_KEY": "x" * 60,
    "FIELD_KEYS": "a,b",
}


def test_addresses_are_taken_apart() -> None:
    env = parse(WHOLE)
    assert env.database() == {"NAME": "retail", "USER": "app", "PASSWORD": "p@ss", "HOST": "db", "PORT": "6432"}
    assert env.database_options() == {"sslmode": "require"}
    assert (env.redis(2), env.field_keys) == ("redis://:secret@cache:6379/2", ("a", "b"))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"DB_POOL_SIZE": "many"}, "DB_POOL_SIZE"),
        ({"PORT": "-1"}, "PORT"),
        ({"WEBHOOK_ALLOW_PRIVATE": "maybe"}, "WEBHOOK_ALLOW_PRIVATE"),
        ({"PROCESS_ROLE": "boss"}, "PROCESS_ROLE"),
    ],
)
def test_nonsense_is_named(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        parse({**WHOLE, **wrong})


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host"])
def test_a_database_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        parse({**WHOLE, "DATABASE_URL": url}).database()


def production(**given: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    address = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env={**kept, **address, "DJANGO_SETTINGS_MODULE": "retail_saas.settings.prod", **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_production_refuses_to_start_without_secrets() -> None:
    bare = production()
    assert bare.returncode != 0 and "SECRET_KEY" in bare.stderr
    short = production(SECRET_KEY="short", FIELD_KEYS="a")
    assert short.returncode != 0 and "SECRET_KEY" in short.stderr
    assert "Traceback" not in bare.stderr + short.stderr


def test_production_settings_pass_djangos_own_inspection() -> None:
    from cryptography.fernet import Fernet
    from django.utils.crypto import get_random_string

    done = production(
        SECRET_KEY=get_random_string(64), FIELD_KEYS=Fernet.generate_key().decode(), BASE_DOMAIN="shops.example"
    )
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr


def test_mail_is_one_address_and_nonsense_is_named() -> None:
    given = {**WHOLE, "MAIL_URL": "smtp://me:p%40ss@mail.test:2525?tls=none", "MAIL_FROM": "till@acme.test"}
    assert parse(given).mail() == {
        "EMAIL_HOST": "mail.test",
        "EMAIL_PORT": 2525,
        "EMAIL_HOST_USER": "me",
        "EMAIL_HOST_PASSWORD": "p@ss",
        "EMAIL_USE_TLS": False,
        "EMAIL_USE_SSL": False,
    }
    assert parse({**given, "MAIL_URL": "smtp://mail.test?tls=tls"}).mail()["EMAIL_PORT"] == 465
    for wrong, named in ((("MAIL_URL", "http://mail.test"), "MAIL_URL"), (("MAIL_FROM", "me"), "MAIL_FROM")):
        with pytest.raises(ImproperlyConfigured, match=named):
            parse({**given, wrong[0]: wrong[1]}).mail()
