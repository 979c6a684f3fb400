"""What every request passes: an id, the health checks, and one last place for refusals."""

import logging
import re
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, DataError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg_pool import PoolTimeout

from core.errors import DomainError
from core.ids import uuid7
from core.tenancy.context import use_public
from core.web.errors import plain_error, refused
from core.web.logs import request_id

Handler = Callable[[HttpRequest], HttpResponse]
OWN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
FORM_BYTES = 1024 * 1024
logger = logging.getLogger(__name__)


class RequestId:
    """Gives every request an id that stands in the answer, the log, the events and the audit rows."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if OWN_ID.match(given) else uuid7().hex  # type: ignore[attr-defined]
        token = request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class Health:
    """Answers load balancers without a tenant: /livez (the process runs), /readyz (its database answers)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            try:
                with use_public(), connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except (DatabaseError, PoolTimeout):
                return JsonResponse({"status": "the database does not answer"}, status=503)
            return JsonResponse({"status": "ok"})
        return self.get_response(request)


class BodyLimit:
    """Refuses a request whose body is announced as larger than any upload may be, before anything reads it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isascii() and announced.isdigit() and int(announced) > settings.UPLOAD_LIMIT_BYTES + FORM_BYTES:
            limit = settings.UPLOAD_LIMIT_BYTES // 2**20
            return plain_error(request, 413, "too-large", f"This is larger than the {limit} MB that can be uploaded.")
        return self.get_response(request)


class LastResort:
    """Turns refusals that no view caught into an answer, and a database that is away into a 503."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return refused(request, exception)
        if isinstance(exception, OperationalError | PoolTimeout):
            logger.error("the database does not answer", exc_info=exception)
            answer = plain_error(request, 503, "database", "The database does not answer. Nothing was half done.")
            answer["Retry-After"] = "5"
            return answer
        if isinstance(exception, DataError):  # passed every check of ours and still does not fit its column
            return plain_error(request, 422, "invalid", "A number or a text is too large for us. Nothing was changed.")
        return None
