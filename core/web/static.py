"""Static files: read and sent in one go, before any other part of the product is asked."""

from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from servestatic.middleware import ServeStaticMiddleware

from core.web.middleware import Handler

WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
"""A worker is under the policy of its own script, not of its page. Only workers may run WebAssembly."""

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class File(NamedTuple):
    """An answer to be sent as it is. Our files are small, so none is sent in parts."""

    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: bytes


def static_file(path: str, method: str, headers: dict[str, str]) -> File | None:
    """What lies at an address below ``STATIC_URL`` (servestatic knows the files, their compressed forms, ranges and
    what is not modified), or None. ``headers`` as WSGI names them.
    """
    if not path.startswith(settings.STATIC_URL):
        return None
    files = _files()
    found = files.find_file(path) if files.autorefresh else files.files.get(path)
    if found is None:
        return None
    response = found.get_response(method, headers)
    sent = [(name, value) for name, value in response.headers if value is not None]
    sent.append(("X-Content-Type-Options", "nosniff"))
    if path.endswith(".js"):
        sent.append(("Content-Security-Policy", WORKER_POLICY))
    if response.file is None:
        return File(HTTPStatus(response.status), sent, b"")
    with response.file as opened:
        return File(HTTPStatus(response.status), sent, opened.read())


class StaticFiles:
    """Middleware that answers addresses of static files, for servers that give each request a thread."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        _files()  # read now, not by the first who asks

    def __call__(self, request: HttpRequest) -> HttpResponse:
        file = static_file(request.path_info, request.method or "GET", request.META)
        if file is None:
            return self.get_response(request)
        return HttpResponse(file.body, status=file.status, headers=dict(file.headers))


def static_first(application: Asgi) -> Asgi:
    """The same in front of an ASGI application: Django would start a thread for each of the sixty files of a page."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        file = None
        if scope["type"] == "http":
            headers = {
                f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
                for name, value in scope["headers"]
            }
            file = static_file(scope["path"], scope["method"], headers)
        if file is None:
            return await application(scope, receive, send)
        sent = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in file.headers]
        await send({"type": "http.response.start", "status": file.status, "headers": sent})
        await send({"type": "http.response.body", "body": file.body})
        return None

    return answer


@cache
def _files() -> ServeStaticMiddleware:
    """The files that the settings name. Only this class reads those; its own way to answer costs a thread per file."""

    async def nothing(request: HttpRequest) -> HttpResponse:
        raise NotImplementedError

    return ServeStaticMiddleware(nothing)
