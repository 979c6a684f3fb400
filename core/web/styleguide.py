"""Every component in every state, for those who build pages."""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from core.people.permissions import PUBLIC
from core.web.views import Page


class StyleGuide(Page):
    """/styleguide/, in development only."""

    required_permission: ClassVar = PUBLIC
    template_name = "styleguide.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render()
