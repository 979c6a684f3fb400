"""The base of every page: says its permission, gets an actor, renders refusals where the person is."""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.views.generic import View

from core.actors import Actor
from core.errors import Forbidden
from core.outbox.selectors import stream_mark
from core.people.permissions import AUTHENTICATED, PUBLIC
from core.web.requests import visitor


@dataclass(frozen=True, slots=True)
class Live:
    """What a page that changes by itself tells its browser: after which events, about what, and how old it is."""

    events: str
    mark: str
    about: str = ""
    pause: int = 1
    every: int = 0


class Page(View):
    """A page of a shop.

    ``required_permission`` is one permission for every method, or a mapping of method to permission; leaving it out is
    a start-up error (core.E001).

    ``live_events`` are the types of events after which an open page is read anew (``order.* payment.*``), at most once
    in ``live_pause`` seconds; ``live_every`` so many seconds it is read whatever is told, where time itself changes it.
    A context's ``live_about`` narrows the events to those that name one of these identifiers.
    """

    required_permission: ClassVar[str | dict[str, str]]
    template_name: ClassVar[str] = ""
    live_events: ClassVar[str] = ""
    live_pause: ClassVar[int] = 1
    live_every: ClassVar[int] = 0
    live_mark: str | None = None
    actor: Actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        needed = permission_for(self.required_permission, request.method or "GET")
        actor = request.actor or None  # type: ignore[attr-defined]
        if needed != PUBLIC:
            if not actor:
                return redirect(f"{resolve_url('login')}?{urlencode({'next': request.get_full_path()})}")
            if needed != AUTHENTICATED and not actor.may(needed):
                raise Forbidden(actor.why_not(needed) or "Your role does not include this. Ask the owner of the shop.")
        self.actor = actor or visitor(request)
        if self.live_events and request.method == "GET":
            self.live_mark = stream_mark()  # before the page reads anything
        return super().dispatch(request, *args, **kwargs)

    def render(self, context: dict[str, Any] | None = None, *, status: int = 200, template: str = "") -> HttpResponse:
        """The page with its context."""
        given = context or {}
        if self.live_mark is not None:
            about = " ".join(map(str, given.get("live_about", ())))
            given["live"] = Live(self.live_events, self.live_mark, about, self.live_pause, self.live_every)
        return render(self.request, template or self.template_name, given, status=status)


def permission_for(required: str | dict[str, str], method: str) -> str:
    """The permission a method needs; HEAD and OPTIONS need what GET needs, an unnamed method what "*" says."""
    if isinstance(required, str):
        return required
    method = "GET" if method in ("HEAD", "OPTIONS") else method
    return required.get(method) or required["*"] if "*" in required else required.get(method, "nobody")
