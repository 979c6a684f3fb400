"""The board, its parts for a refresh, and how the live side is doing."""

from typing import ClassVar

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.people.permissions import AUTHENTICATED, VIEW_EVENTS
from core.people.services import put_away
from core.web.views import Page
from realtime.board import board_for, board_key
from realtime.first_steps import NAME as FIRST_STEPS
from realtime.first_steps import first_steps
from realtime.status import live_status

KEPT_SECONDS = 15  # the clock changes a board too


class BoardPage(Page):
    """GET /: today at a glance."""

    required_permission: ClassVar[str | dict[str, str]] = AUTHENTICATED
    template_name = "realtime/board.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"board": board_for(self.actor), "first_steps": first_steps(self.actor)})


class FirstStepsAway(Page):
    """POST /first-steps/away/: the list of first steps is not shown any more to whoever says so."""

    required_permission: ClassVar[str | dict[str, str]] = AUTHENTICATED
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest) -> HttpResponse:
        put_away(FIRST_STEPS, actor=self.actor)
        messages.success(request, "The first steps are put away.")
        return redirect("board")


class BoardParts(Page):
    """GET /board/data/: the board as it is now, for a page that is open. A hundred screens ask at once after a sale."""

    required_permission: ClassVar[str | dict[str, str]] = AUTHENTICATED
    template_name = "realtime/_board.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        key = board_key(self.actor)
        drawn: bytes | None = cache.get(key)
        if drawn is None:
            drawn = self.render({"board": board_for(self.actor)}).content
            cache.set(key, drawn, KEPT_SECONDS)
        return HttpResponse(drawn, headers={"Cache-Control": "no-store"})


class LiveStatusPage(Page):
    """GET /live/status/: connected screens, where the stream stands, what waits for a number."""

    required_permission: ClassVar[str | dict[str, str]] = VIEW_EVENTS
    template_name = "realtime/status.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"status": live_status()})
