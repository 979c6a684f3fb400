"""Static files, served without making every other request pay for it."""

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from servestatic.middleware import ServeStaticMiddleware

from core.web.middleware import Handler

WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
"""A worker is under the policy of its own script, not of its page. Only workers may run WebAssembly."""


class StaticFiles:
    """Hands addresses below ``STATIC_URL`` to servestatic, whose asynchronous middleware costs a thread per request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.serve = async_to_sync(ServeStaticMiddleware(sync_to_async(get_response)))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(settings.STATIC_URL):
            response: HttpResponseBase = self.serve(request)
            if request.path_info.endswith(".js"):
                response.setdefault("Content-Security-Policy", WORKER_POLICY)
            return response
        return self.get_response(request)
