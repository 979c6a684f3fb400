"""The board, its parts for a refresh, and how the live side is doing."""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from core.people.permissions import AUTHENTICATED, VIEW_EVENTS
from core.web.views import Page
from realtime.board import board_for
from realtime.status import live_status


class BoardPage(Page):
    """GET /: today at a glance."""

    required_permission: ClassVar[str | dict[str, str]] = AUTHENTICATED
    template_name = "realtime/board.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"board": board_for(self.actor)})


class BoardParts(Page):
    """GET /board/data/: the parts of the board as they are now, for a page that is open."""

    required_permission: ClassVar[str | dict[str, str]] = AUTHENTICATED
    template_name = "realtime/_board.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        response = self.render({"board": board_for(self.actor)})
        response["Cache-Control"] = "no-store"
        return response


class LiveStatusPage(Page):
    """GET /live/status/: connected screens, where the stream stands, what waits for a number."""

    required_permission: ClassVar[str | dict[str, str]] = VIEW_EVENTS
    template_name = "realtime/status.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"status": live_status()})
