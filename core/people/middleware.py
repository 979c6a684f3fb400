"""Who sits at this browser: puts an `Actor` (or None) on every request of a shop."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from core.actors import Actor
from core.people.selectors import actor_of_user
from core.web.requests import origin


class ActorFromSession:
    """Adds ``request.actor``: found at the first look, so that pages for anybody cost no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: person_at(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def person_at(request: HttpRequest) -> Actor | None:
    """Who is logged in, with all they hold."""
    if getattr(request, "tenant", None) is None or not request.user.is_authenticated:
        return None
    return actor_of_user(request.user, **origin(request))  # type: ignore[arg-type]
