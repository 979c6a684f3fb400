"""What a request says of where it came from."""

from typing import TypedDict

from django.conf import settings
from django.http import HttpRequest

from core.actors import Actor


def client_address(request: HttpRequest) -> str:
    """The client's address; behind ``TRUSTED_PROXIES`` proxies, what the outermost of them saw."""
    hops = settings.TRUSTED_PROXIES
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if hops and len(forwarded) >= hops:
        return forwarded[-hops][:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


class Origin(TypedDict):
    """Where a request came from, as an `Actor` carries it."""

    address: str
    client: str
    request_id: str


def origin(request: HttpRequest) -> Origin:
    """Address, client and request id, as an `Actor` carries them."""
    return {
        "address": client_address(request),
        "client": request.headers.get("User-Agent", "")[:300],
        "request_id": getattr(request, "request_id", ""),
    }


def is_own_origin(request: HttpRequest) -> bool:
    """Whether a browser says that a page of this very shop asks."""
    return request.headers.get("Origin", "").partition("://")[2].lower() == request.get_host().lower()


def visitor(request: HttpRequest) -> Actor:
    """Somebody nobody knows yet."""
    return Actor(kind="system", id=None, label="visitor", **origin(request))


def wants_json(request: HttpRequest) -> bool:
    """Whether the answer is for a program: the API, or a caller that accepts no HTML."""
    return request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", "text/html")
