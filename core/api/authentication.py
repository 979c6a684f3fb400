"""Who calls the API: a person's session cookie, or a machine's key."""

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from core.actors import Actor
from core.devices.browser import device_at
from core.people.selectors import actor_of_key
from core.web.requests import is_own_origin, origin

Identity = tuple[Actor, None]


class DeviceSecret(BaseAuthentication):
    """The secret in a device's cookie, whoever is logged in; for views of permission `DEVICE`.

    Revoked devices are known too: what they still hold is taken. Tenants may be pages of one site, so an unsafe
    method must say the shop's own ``Origin``, as every browser does.
    """

    def authenticate(self, request: Request) -> Identity | None:
        device = device_at(request._request)
        if device is None:
            return None
        if request.method not in SAFE_METHODS and not is_own_origin(request._request):
            raise exceptions.PermissionDenied("This comes from another page than the shop's own.")
        return Actor(kind="device", id=device.pk, label=device.name, **origin(request._request)), None

    def authenticate_header(self, request: Request) -> str:
        return 'Device realm="api"'


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> str:  # type: ignore[override]
        return reason


class SessionActor(BaseAuthentication):
    """The browser's session; unsafe methods need the CSRF token."""

    def authenticate(self, request: Request) -> Identity | None:
        actor = getattr(request._request, "actor", None)
        if not actor:
            return None
        check = _Csrf(lambda r: None)  # type: ignore[arg-type,return-value]
        check.process_request(request._request)
        if check.process_view(request._request, None, (), {}):  # type: ignore[arg-type]
            raise exceptions.PermissionDenied("The CSRF token is missing or wrong.")
        return actor, None


class KeyActor(BaseAuthentication):
    """``Authorization: Bearer rsk_…``: a key of this shop."""

    def authenticate(self, request: Request) -> Identity | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        actor = actor_of_key(token.strip(), **origin(request._request))
        if actor is None:
            raise exceptions.AuthenticationFailed("This key is unknown, expired or revoked.")
        return actor, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
