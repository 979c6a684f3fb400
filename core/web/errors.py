"""Errors in plain words: a page for people, a problem document for programs."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from core.errors import DomainError
from core.web.requests import wants_json

TITLES = {
    400: "This request makes no sense to us",
    401: "Please log in",
    403: "You may not open this",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "This is not possible now",
    412: "It was changed in the meantime",
    413: "This is too large",
    422: "Something in the input is wrong",
    429: "Please slow down",
    500: "Something went wrong on our side",
    503: "We cannot do this right now",
}


def problem(request: HttpRequest, status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    """A problem document (RFC 9457) with our stable code and the request's id."""
    return {
        "type": f"/api/v1/docs/problems/#{code}",
        "title": TITLES.get(status, "Not possible"),
        "status": status,
        "detail": detail,
        "code": code,
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
        **extra,
    }


def plain_error(request: HttpRequest, status: int, code: str, detail: str, **extra: Any) -> HttpResponse:
    """An error answer that needs neither tenant nor database, in the form the caller reads."""
    document = problem(request, status, code, detail, **extra)
    if wants_json(request):
        return HttpResponse(json.dumps(document), status=status, content_type="application/problem+json")
    page = render_to_string("errors/error.html", {"problem": document, "status": status})
    return HttpResponse(page, status=status)


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """A domain refusal that no view caught."""
    return plain_error(request, refusal.status, refusal.code, refusal.detail)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain_error(request, 400, "bad-request", "The request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain_error(request, 403, "forbidden", "Your role does not include this. Ask the owner of the shop.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain_error(request, 404, "not-found", "The page does not exist, or not any more.")


def server_error(request: HttpRequest) -> HttpResponse:
    return plain_error(
        request, 500, "internal", "We have noted it. Nothing was half done; please try again in a moment."
    )


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    return plain_error(
        request, 403, "csrf", "This page was open for too long or came from elsewhere. Reload it and try again."
    )
