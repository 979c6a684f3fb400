"""Every refusal of the API as a problem document (RFC 9457) with a stable code, pointers and the request id."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError
from django.http import Http404
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from core.errors import DomainError
from core.events import plain
from core.web.errors import problem

CODES = {
    exceptions.ParseError: "malformed",
    exceptions.NotAuthenticated: "not-authenticated",
    exceptions.AuthenticationFailed: "authentication-failed",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not-found",
    exceptions.MethodNotAllowed: "method-not-allowed",
    exceptions.NotAcceptable: "not-acceptable",
    exceptions.UnsupportedMediaType: "unsupported-media-type",
    exceptions.Throttled: "too-many-requests",
}
logger = logging.getLogger(__name__)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: an answer for everything we expect, None (a 500 with an id) for the rest."""
    request = context["request"]._request
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, DomainError):
        return _answer(problem(request, error.status, error.code, error.detail, **plain(dict(error.details))))
    if isinstance(error, exceptions.ValidationError):
        errors = list(pointers(error.detail))
        return _answer(problem(request, 422, "invalid", summary(errors), errors=errors))
    if isinstance(error, OperationalError | PoolTimeout):
        logger.error("the database does not answer", exc_info=error)
        return _answer(
            problem(request, 503, "busy", "Too busy right now. Nothing was half done; please try again."),
            {"Retry-After": "2"},
        )
    if isinstance(error, exceptions.APIException):
        headers = {}
        if getattr(error, "wait", None):
            headers["Retry-After"] = f"{max(1, round(error.wait))}"  # type: ignore[attr-defined]
        if getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
        code = next((code for kind, code in CODES.items() if isinstance(error, kind)), "refused")
        return _answer(problem(request, error.status_code, code, str(error.detail)), headers)
    if isinstance(error, DataError):  # passed every check of ours and still does not fit its column
        return _answer(problem(request, 422, "invalid", "A number or a text is too large for us. Nothing was changed."))
    return None


def summary(errors: Sequence[Mapping[str, str]]) -> str:
    """One sentence for a list of errors."""
    return errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} things in the input are wrong."


def _answer(document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(document, status=document["status"], headers=headers or {}, content_type="application/problem+json")


def pointers(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested errors into JSON pointers (RFC 6901)."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from pointers(inner, path if name == "non_field_errors" else f"{path}/{step}")
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            if isinstance(inner, dict | list):
                yield from pointers(inner, f"{path}/{place}")
            else:
                yield from pointers(inner, path)
    else:
        yield {"pointer": path, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}
