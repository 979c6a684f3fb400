"""Who somebody is and how they came is what our own proxy says, never what they say themselves."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.test import RequestFactory

from core.ids import uuid7
from core.web.requests import client_address
from tests.test_settings import WHOLE

FERNET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

ASK = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.middleware.security import SecurityMiddleware
from django.http import HttpResponse
from django.test import RequestFactory
settings.ALLOWED_HOSTS = ["*"]
def ask(**headers):
    request = RequestFactory().get("/till/", **headers)
    answer = SecurityMiddleware(lambda r: HttpResponse("in"))(request)
    return [request.is_secure(), answer.status_code, answer.headers.get("Location", ""),
            answer.headers.get("Strict-Transport-Security", "")]
print(json.dumps({
    "plain": ask(),
    "says https": ask(HTTP_X_FORWARDED_PROTO="https"),
    "says http": ask(HTTP_X_FORWARDED_PROTO="http"),
    "cookies": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE,
                settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_DOMAIN,
                settings.CSRF_COOKIE_DOMAIN, settings.SESSION_COOKIE_PATH, settings.CSRF_COOKIE_PATH],
}))
"""


def production(proxies: str) -> dict[str, Any]:
    """What the settings of production make of requests, with so many proxies of ours in front."""
    values = {**WHOLE, "FIELD_KEYS": FERNET, "TRUSTED_PROXIES": proxies, "BASE_DOMAIN": "shops.example"}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "DATA_DIR") if name in os.environ}
    run = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**kept, **values, "DJANGO_SETTINGS_MODULE": "retail_saas.settings.prod"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    return found


def test_without_a_proxy_nobody_can_claim_to_have_come_by_https() -> None:
    found = production("0")
    for claim in ("plain", "says https", "says http"):
        assert found[claim] == [False, 301, "https://testserver/till/", ""], claim


def test_behind_our_proxy_its_word_counts() -> None:
    found = production("1")
    secure, status, _, hsts = found["says https"]
    assert (secure, status) == (True, 200)
    assert hsts == "max-age=31536000; includeSubDomains; preload"
    assert found["says http"][:2] == [False, 301] == found["plain"][:2]


def test_cookies_belong_to_one_host_and_travel_encrypted() -> None:
    names, rest = (cookies := production("1")["cookies"])[:2], cookies[2:]
    assert names == ["__Host-session", "__Host-csrf"]
    assert rest == [True, True, True, None, None, "/", "/"]  # what browsers demand of the __Host- prefix


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "", "192.0.2.1"),
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, " , ", "192.0.2.1"),
        (1, "x" * 5000, "x" * 64),
    ],
)
def test_the_address_of_a_client_is_what_our_outermost_proxy_saw(
    settings: Any, proxies: int, forwarded: str, seen: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == seen


def test_a_length_that_is_none_is_not_believed() -> None:
    from core.web.middleware import BodyLimit

    answer = object()
    request = RequestFactory().get("/", CONTENT_LENGTH="\u00b2", HTTP_X_REQUEST_ID=uuid7().hex)
    assert BodyLimit(lambda _: answer)(request) is answer  # type: ignore[arg-type,return-value]
