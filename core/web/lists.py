"""Lists on pages: what can be asked of one, a window of its rows, and whether anything was asked."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse

from core.web.cursors import window_of
from core.web.views import Page


class ListPage(Page):
    """A list that opens anywhere at the same price; a question that cannot be read is answered with status 422.

    The template gets ``form`` (None where nothing can be asked), ``window``, ``is_filtered`` and what `more` adds.
    """

    by: ClassVar[tuple[str, ...]]
    """The order of the rows: a unique tuple of fields, as `core.web.cursors.window_of` takes it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form, wanted = self.filter_form(), dict[str, Any]()
        context = {"form": form, **self.more()}
        if form is not None:
            if not form.is_valid():
                return self.render(context, status=422)
            wanted = form.cleaned_data
        window = window_of(self.rows(wanted), by=self.by, query=request.GET.dict())
        self.dress(window.rows)
        return self.render({**context, "window": window, "is_filtered": any(wanted.values())})

    def filter_form(self) -> Form | None:
        """The question of the query string."""
        return None

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Any]:
        """What was asked for."""
        raise NotImplementedError

    def dress(self, rows: list[Any]) -> None:
        """Give the rows of the window what their template shows beside them."""

    def more(self) -> dict[str, Any]:
        """What the template needs beside the list."""
        return {}
