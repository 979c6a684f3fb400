"""Every refusal of the API as a problem document (RFC 9457) with a stable code, pointers and the request id."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError
from django.http import Http404
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from core.errors import DomainError
from core.events import plain
from core.web.errors import TITLES, problem

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
EDGES: dict[str, tuple[int, str]] = {
    "malformed": (400, "The body is not what its media type says; nothing was read of it."),
    "bad-request": (400, "The request could not be understood at all."),
    "bad-host": (400, "This host name is not served here."),
    "not-authenticated": (401, "Neither a session nor a key came with the request."),
    "authentication-failed": (401, "The key is unknown, expired or revoked."),
    "csrf": (403, "A browser's form came from elsewhere, or its page was open for too long."),
    "no-such-shop": (404, "There is no shop at this host name."),
    "method-not-allowed": (405, "This resource does not know the method."),
    "not-acceptable": (406, "None of the media types you accept can be given."),
    "unsupported-media-type": (415, "Send application/json."),
    "too-many-requests": (429, "Your budget is used up. `Retry-After` says when to come back."),
    "internal": (500, "Our fault. Nothing was half done; quote the request id."),
    "database": (503, "The database does not answer. Nothing was half done; try again."),
    "shop-preparing": (503, "The shop is being made."),
    "shop-suspended": (503, "The shop is closed at the moment."),
}
"""Codes that come from the edges of the product rather than from its rules: status and meaning."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """A code as the documentation explains it."""

    code: str
    status: int
    title: str
    meaning: str


def all_problems() -> list[Problem]:
    """Every code the product may answer with, by code: the refusals of its rules and those of its edges."""
    found = {
        code: Problem(code, status, TITLES.get(status, "Not possible"), meaning)
        for code, (status, meaning) in EDGES.items()
    }
    for kind in _refusals(DomainError):
        if kind.__module__.partition(".")[0] != "tests":
            meaning = " ".join((kind.__doc__ or "").replace("``", "").split())
            found[kind.code] = Problem(kind.code, kind.status, kind.title, meaning)
    return sorted(found.values(), key=lambda problem: problem.code)


def _refusals(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _refusals(inner)


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
