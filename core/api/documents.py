"""The API about itself: its schema, a page to try it, and every problem it may answer with.

All three are open to anybody: they tell what the product is and nothing of any shop, and a code generator needs no key.
"""

from functools import cache
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

from core.api.permissions import DeclaredPermission
from core.api.problems import all_problems
from core.people.permissions import PUBLIC
from core.web.views import Page


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI document: the same for every shop and actor, so made once per process."""
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-any-return,no-untyped-call]


@cache
def document(renderer: type[Any]) -> bytes:
    """The OpenAPI document as it travels. Half a second of work as YAML, for an address that is open to anybody."""
    written = renderer().render(schema(), renderer_context={})
    return written if isinstance(written, bytes) else str(written).encode()


class Schema(SpectacularAPIView):  # type: ignore[misc]
    """/schema/: OpenAPI 3.1, as YAML or (``Accept: application/json``) as JSON."""

    required_permission: ClassVar = PUBLIC
    permission_classes = [DeclaredPermission]  # noqa: RUF012  typed so by DRF

    def _get_schema_response(self, request: Request) -> HttpResponse:
        renderer, media_type = self.perform_content_negotiation(request, force=True)
        name = "openapi.json" if "json" in renderer.format else "openapi.yaml"
        headers = {"Content-Disposition": f'inline; filename="{name}"'}
        kind: Any = type(renderer)
        return HttpResponse(document(kind), content_type=f"{media_type}; charset=utf-8", headers=headers)


class Docs(SpectacularSwaggerSplitView):  # type: ignore[misc]
    """/docs/: Swagger UI from our own files; the browser's session is used, so a person can try things at once."""

    required_permission: ClassVar = PUBLIC
    permission_classes = [DeclaredPermission]  # noqa: RUF012  typed so by DRF
    url_name = "api-schema"
    template_name = "api/docs.html"


class Problems(Page):
    """/docs/problems/: what each code means. Every problem document links here."""

    required_permission: ClassVar = PUBLIC
    template_name = "api/problems.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"problems": all_problems()})
