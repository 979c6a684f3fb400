"""The secret of a device in its browser: a cookie that scripts cannot read."""

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.devices.models import Device

LIFE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep any cookie; how long the device may rest is decided by its row."""
NEXT_SECONDS = 20 * 60


def token_of(request: HttpRequest) -> str:
    """The secret that a browser shows, "" for none."""
    return request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")


def device_at(request: HttpRequest) -> Device | None:
    """The device whose secret the browser shows, also a revoked one."""
    return getattr(request, "device", None) or None


def living_device_at(request: HttpRequest) -> Device | None:
    """The device the browser is, if it opens anything."""
    device = device_at(request)
    return device if device is not None and device.is_living else None


def keep_token(response: HttpResponse, token: str) -> None:
    """Have the browser keep its secret."""
    _set(response, settings.DEVICE_COOKIE_NAME, token, LIFE_SECONDS)


def offer_token(request: HttpRequest, response: HttpResponse) -> None:
    """Give a browser the secret that it will have as a device, before it is one.

    It asks with it, so an answer that was lost can be asked for again, and a browser that keeps no cookies is found
    out before anything is made.
    """
    _set(response, _next_name(), offered_token(request) or secrets.token_urlsafe(32), NEXT_SECONDS)


def offered_token(request: HttpRequest) -> str:
    """What `offer_token` gave this browser, "" where it kept nothing."""
    return request.COOKIES.get(_next_name(), "")


def _next_name() -> str:
    return f"{settings.DEVICE_COOKIE_NAME}-next"


def _set(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(name, value, max_age=seconds, secure=True, httponly=True, samesite="Strict")
