"""Silence means closed: a view without a declared permission answers nobody."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.people.permissions import AUTHENTICATED, PUBLIC
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
        actor = request.user
        return bool(actor) and (needed == AUTHENTICATED or actor.may(needed))  # type: ignore[union-attr]
