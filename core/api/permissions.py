"""Silence means closed: a view without a declared permission answers nobody."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.people.permissions import AUTHENTICATED, DEVICE, PUBLIC
from core.web.views import permission_for


class DeclaredPermission(BasePermission):
    """Lets an actor pass who holds the view's ``required_permission``; services check the location."""

    message = "Your role or key does not include this."

    def has_permission(self, request: Request, view: Any) -> bool:
        needed = permission_for(view.required_permission, request.method or "GET")
        if needed == PUBLIC:
            return True
        if getattr(view, (request.method or "GET").lower(), None) is None:
            raise MethodNotAllowed(request.method or "GET")
        actor: Any = request.user
        if not actor or needed == DEVICE:  # who it is was asked by `core.api.authentication.DeviceSecret`
            return bool(actor) and actor.kind == "device"
        self.message = actor.why_not(needed) or self.message
        return needed == AUTHENTICATED or bool(actor.may(needed))
