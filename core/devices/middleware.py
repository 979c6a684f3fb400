"""Which device a browser is, and what whoever sits at it may do there."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from core.actors import Actor
from core.devices.browser import keep_token, living_device_at, token_of
from core.devices.ceilings import within
from core.devices.models import Device
from core.devices.selectors import device_of_token
from core.devices.services.fleet import note_use
from core.people.middleware import person_at

BOUND = "device"
"""Where a log-in says which device it belongs to."""


class DeviceOfBrowser:
    """Adds ``request.device`` (also a revoked one, or None), found at the first look; holds ``request.actor`` to it.

    A log-in that began on a device ends with it: when it is revoked or expires, and when the browser shows no secret
    or another one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.device = SimpleLazyObject(lambda: _device(request))  # type: ignore[attr-defined]
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        if getattr(request, "keeps_device", False):
            keep_token(response, token_of(request))
        return response


@receiver(user_logged_in)
def bind_log_in(sender: Any, request: HttpRequest, **more: Any) -> None:
    """A log-in that begins on a device belongs to it from its first moment."""
    if device := living_device_at(request):
        request.session[BOUND] = str(device.pk)


def _device(request: HttpRequest) -> Device | None:
    token = token_of(request)
    return device_of_token(token) if token and getattr(request, "tenant", None) is not None else None


def _actor(request: HttpRequest) -> Actor | None:
    actor = person_at(request)
    if actor is None:
        return None
    device, bound = living_device_at(request), request.session.get(BOUND)
    if bound and (device is None or str(device.pk) != bound):
        logout(request)
        return None
    if device is None:
        return actor
    if not bound:
        request.session[BOUND] = str(device.pk)
    # The cookie lives on with the row: both are put off at most once a day.
    request.keeps_device = note_use(device, session_key=request.session.session_key or "")  # type: ignore[attr-defined]
    return within(actor, device)
